"""Bugs in listings: what is lost, doubled, swallowed, or gone on from at the wrong place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from hub.api import GiveUp, HubError, Page, Reconnect, RetryLater, Stream
from hub.conform.bugs.subject import Pages, Subject, bug
from mappings.errors import Unmappable
from mappings.language import Context


@bug("a page comes twice", "list")
def doubled(subject: Subject) -> Subject | None:
    return subject.pages(lambda s, pages, cursor: (p for page in pages for p in (page, page)))


@bug("the last record of each page is lost", "list")
def short(subject: Subject) -> Subject | None:
    def change(stream: Stream, pages: Pages, cursor: Any) -> Pages:
        return (replace(p, records=list(p.records)[:-1]) for p in pages)

    return subject.pages(change)


@bug("the last page is lost", "list", "incremental")
def last_lost(subject: Subject) -> Subject | None:
    def change(stream: Stream, pages: Pages, cursor: Any) -> Iterator[Page]:
        whole = list(pages)
        full = [n for n, page in enumerate(whole) if page.records]
        for number, page in enumerate(whole):
            yield replace(page, records=()) if full and number == full[-1] else page

    return subject.pages(change)


@bug("the second page is lost", "list")
def second_lost(subject: Subject) -> Subject | None:
    def change(stream: Stream, pages: Pages, cursor: Any) -> Iterator[Page]:
        for number, page in enumerate(pages):
            yield replace(page, records=()) if number == 1 and cursor is None else page

    return subject.pages(change)


@bug("the cursor is saved before the page", "resume")
def ahead(subject: Subject) -> Subject | None:
    def change(stream: Stream, pages: Pages, cursor: Any) -> Iterator[Page]:
        whole = list(pages)
        cursors = [page.cursor for page in whole[1:]] + [whole[-1].cursor]
        yield from (replace(p, cursor=c) for p, c in zip(whole, cursors, strict=True))

    return subject.pages(change)


@bug("a cursor holds a time", "cursors")
def timed_cursor(subject: Subject) -> Subject | None:
    return subject.pages(
        lambda s, pages, cursor: (replace(p, cursor={"at": datetime.now()}) for p in pages)
    )


@bug("an error of the vendor is taken for the end", "half", "down")
def swallowed(subject: Subject) -> Subject | None:
    def change(stream: Stream, pages: Pages, cursor: Any) -> Iterator[Page]:
        try:
            yield from pages
        except RetryLater:
            yield Page((), cursor)

    return subject.pages(change)


@bug("an error in the middle is taken for the end", "middle")
def swallowed_late(subject: Subject) -> Subject | None:
    def change(stream: Stream, pages: Pages, cursor: Any) -> Iterator[Page]:
        last = None
        try:
            for last in pages:
                yield last
        except RetryLater:
            if last is None:
                raise

    return subject.pages(change)


@bug("a limit gives up", "limit")
def gives_up(subject: Subject) -> Subject | None:
    return subject.pages(_instead(RetryLater, GiveUp))


@bug("a vendor that is down is a plain exception", "down", "slow")
def raw_error(subject: Subject) -> Subject | None:
    return subject.pages(_instead(RetryLater, RuntimeError))


@bug("ended credentials are tried again for ever", "expired")
def tried_again(subject: Subject) -> Subject | None:
    return subject.pages(_instead(Reconnect, RetryLater))


def _instead(found: type[HubError], other: type[Exception]) -> Any:
    def change(stream: Stream, pages: Pages, cursor: Any) -> Iterator[Page]:
        try:
            yield from pages
        except found:
            raise other("The vendor said no.") from None

    return change


@bug("an empty list breaks the listing", "empty")
def needs_rows(subject: Subject) -> Subject | None:
    def change(stream: Stream, pages: Pages, cursor: Any) -> Iterator[Page]:
        whole = list(pages)
        if cursor is None and not any(page.records for page in whole):
            raise IndexError("list index out of range")
        yield from whole

    return subject.pages(change)


@bug("an empty list brings no page", "empty")
def no_page(subject: Subject) -> Subject | None:
    return subject.pages(lambda s, pages, cursor: (p for p in pages if p.records or cursor))


@bug("the next run begins behind all that happens", "incremental")
def deaf(subject: Subject) -> Subject | None:
    ends: set[str] = set()

    def change(stream: Stream, pages: Pages, cursor: Any) -> Iterator[Page]:
        if cursor is not None and _mark(stream, cursor) in ends:
            yield Page((), cursor)
            return
        last = None
        for last in pages:
            yield last
        if last is not None and last.cursor is not None:
            ends.add(_mark(stream, last.cursor))

    return subject.pages(change)


@bug("> for >= at the boundary", "boundary")
def strictly_later(subject: Subject) -> Subject | None:
    """The next run leaves out what bears the newest stamp of the run before, to the second."""
    newest: dict[str, int] = {}

    def stamp(stream: Stream, record: Any) -> int:
        try:
            found = subject.mappings[stream.object].apply(record, Context()).version
        except (Unmappable, KeyError):
            return 0
        return int(found.timestamp()) if found else 0

    def change(stream: Stream, pages: Pages, cursor: Any) -> Iterator[Page]:
        since, seen = newest.get(_mark(stream, cursor), 0), 0
        last = None
        for last in pages:
            stamps = [stamp(stream, r) for r in last.records]
            seen = max([seen, *stamps])
            later = [r for r, at in zip(last.records, stamps, strict=True) if not at or at > since]
            yield replace(last, records=later)
        if last is not None and last.cursor is not None:
            newest[_mark(stream, last.cursor)] = max(seen, since)

    stamped = any("modified_at" in m.definition for m in subject.mappings.values())
    return subject.pages(change) if stamped else None


@bug("what is deleted is passed over", "deleted")
def deletes_lost(subject: Subject) -> Subject | None:
    """Only where a stream is to tell of its deletes by itself, and no webhook does."""
    if not any(s.deletes == "events" for s in subject.connector.streams):
        return None

    def gone(stream: Stream, record: Any) -> bool:
        try:
            return subject.mappings[stream.object].apply(record, Context()).deleted
        except (Unmappable, KeyError):
            return False

    def change(stream: Stream, pages: Pages, cursor: Any) -> Iterator[Page]:
        for page in pages:
            yield replace(
                page, changes=(), records=[r for r in page.records if not gone(stream, r)]
            )

    def read(stream: Stream, found: Any, ids: Any) -> Iterator[Any]:
        return (one for one in found if not (hasattr(one, "kind") or gone(stream, one)))

    made = subject.pages(change)
    return (made.fetches(read) or made).changes(
        lambda c: replace(c, kind="upsert") if c.kind == "delete" else c
    )


def _mark(stream: Stream, cursor: Any) -> str:
    return f"{stream.name}:{json.dumps(cursor, sort_keys=True, default=str)}"
