"""Bugs in reads by id, and in records as such."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from hub.api import Change, Page, Record, Stream
from hub.conform.bugs.subject import Pages, Subject, bug

TWO_FIFTY_FIVE = 255


@bug("a record that is read by id lacks a field", "fetch", "fresh")
def lacking(subject: Subject) -> Subject | None:
    def change(stream: Stream, found: Iterable[Any], ids: Any) -> Iterator[Any]:
        for one in found:
            yield one if isinstance(one, Change) else dict(list(one.items())[:-1])

    return subject.fetches(change)


@bug("what is unknown is made up", "fetch")
def made_up(subject: Subject) -> Subject | None:
    def change(stream: Stream, found: Iterable[Any], ids: Any) -> Iterator[Any]:
        records = [one for one in found if not isinstance(one, Change)]
        yield from records
        for native_id in ids if records else ():
            if not any(_names(one, native_id) for one in records):
                yield _renamed(records[0], native_id)

    return subject.fetches(change)


def _names(record: Record, native_id: str) -> bool:
    return any(str(value) == native_id for value in record.values())


def _renamed(record: Record, native_id: str) -> Record:
    """A copy whose id (the first of its values that looks like one) is another."""
    key = next((k for k in ("id", "Id", "gid", "accountId") if k in record), next(iter(record)))
    value = int(native_id) if isinstance(record[key], int) and native_id.isdigit() else native_id
    return {**record, key: value}


@bug("half of a batch is read", "batches", "fetch")
def half_batch(subject: Subject) -> Subject | None:
    def wrapped(stream: Stream) -> Mapping[str, Any]:
        real = stream.fetch
        if real is None:
            return {}
        return {"fetch": lambda client, ids: real(client, list(ids)[: max(1, len(ids) // 2)])}

    some = any(stream.fetch for stream in subject.connector.streams)
    return subject.streams(wrapped) if some else None


@bug("a read by id answers what was read before", "fresh")
def stale(subject: Subject) -> Subject | None:
    """A cache that nobody empties, filled by the listing."""
    kept: dict[tuple[str, str], Record] = {}

    def listed(stream: Stream, pages: Pages, cursor: Any) -> Iterator[Page]:
        for page in pages:
            for record in page.records if cursor is None else ():
                for value in record.values():
                    if isinstance(value, str | int) and not isinstance(value, bool):
                        kept.setdefault((stream.object, str(value)), record)
            yield page

    def read(stream: Stream, found: Iterable[Any], ids: Any) -> Iterator[Any]:
        fresh = list(found)
        old = [kept[stream.object, i] for i in ids if (stream.object, i) in kept]
        known = [i for i in ids if (stream.object, i) in kept]
        yield from old
        yield from (o for o in fresh if isinstance(o, Change) or not _any(o, known))

    return subject.pages(listed).fetches(read)


def _any(record: Record, ids: list[str]) -> bool:
    return any(_names(record, native_id) for native_id in ids)


@bug("a record has lost its id", "map", "list")
def nameless(subject: Subject) -> Subject | None:
    def change(stream: Stream, record: Record) -> Record:
        mapping = subject.mappings.get(stream.object)
        path = str(mapping.definition["id"].get("from")) if mapping else "id"
        return {k: v for k, v in record.items() if k != path.split(".")[0]}

    return subject.records(change)


@bug("a long text is cut", "wide")
def cut(subject: Subject) -> Subject | None:
    return subject.records(lambda stream, record: _short(record))


def _short(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _short(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_short(inner) for inner in value]
    return value[:TWO_FIFTY_FIVE] if isinstance(value, str) else value


@bug("a partial record is told as the whole", "fresh", "converge")
def partial_record(subject: Subject) -> Subject | None:
    """What the listing showed first, without the second half of its fields, in each event."""
    kept: dict[tuple[str, str], Record] = {}

    def listed(stream: Stream, pages: Pages, cursor: Any) -> Iterator[Page]:
        for page in pages:
            for record in page.records:
                for value in record.values():
                    kept.setdefault((stream.object, str(value)), record)
            yield page

    def change(told: Change) -> Change:
        whole = kept.get((told.object, told.native_id))
        if told.kind != "upsert" or told.rule or told.record or whole is None:
            return told
        return replace(told, record=dict(list(whole.items())[: -(len(whole) // 2) or None]))

    return subject.pages(listed).changes(change)
