"""Rules on trouble in the middle, on nothing at all, on very much, and on what is asked by id."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import urllib3
from urllib3.connectionpool import HTTPConnectionPool

from hub.api import Page, RetryLater, Stream
from hub.conform.editing import desks
from hub.conform.ground import Ground
from hub.conform.rule import Broken, NothingToCheck, require, rule
from hub.sandbox import Sandbox

MIDDLES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("limit", {"retry_after": 30}),
    ("error", {"status": 503}),
    ("half", {}),
    ("hang", {"seconds": 0.0}),
)
PATIENCE_S, SILENCE_S = 0.15, 0.5
LONG = 'Very long \u2014 "\u00e4\\\U0001f319" ' * 2_000
UNKNOWN = 999_999_000
SINGLE = 3
"""So many ids show whether a vendor is asked one by one; then no full batch is needed."""


@rule(
    "middle", "silver", "Trouble in the middle of a listing stops it, and it goes on with the rest"
)
def goes_on(ground: Ground) -> None:
    long = [s for s in ground.filled() if len(ground.pages(s)) > 1]
    if not long:
        raise NothingToCheck("No stream of the sandbox has two pages.")
    for place, stream in enumerate(long):
        whole = _ids(ground, stream, ground.pages(stream))
        for kind, details in MIDDLES[place % len(MIDDLES) :][:1] if place else MIDDLES:
            first = _interrupted(ground, stream, kind, details)
            cursor = json.loads(json.dumps(first[-1].cursor))
            rest = _ids(ground, stream, ground.read(stream, cursor))
            lost = len(whole - rest - _ids(ground, stream, first))
            said = f"{stream.name} loses {lost} records when it goes on behind {kind}."
            require(not lost, said, _streams(ground))


def _interrupted(ground: Ground, stream: Stream, kind: str, details: dict[str, Any]) -> list[Page]:
    """The pages that come before the trouble that begins behind the first."""
    reading, got = ground.read(stream, client=ground.client()), []
    try:
        for page in reading:
            got.append(page)
            if len(got) == 1:
                ground.vendor.faults.add(kind, **details)
    except RetryLater as error:
        ground.heard(error)
    except Exception as error:
        said = f"{stream.name}: {kind} behind its first page raised {type(error).__name__}."
        raise Broken(said, _streams(ground)) from None
    else:
        said = f"{stream.name}: {kind} behind its first page was not noticed."
        raise Broken(said, _streams(ground))
    finally:
        ground.vendor.faults.clear()
    return got


@rule("slow", "silver", "Every call has a time-out, and a vendor that is silent is RetryLater")
def slow(ground: Ground) -> None:
    for stream in ground.filled()[:2]:
        ground.vendor.faults.add("hang", seconds=SILENCE_S)
        try:
            with _impatient(ground):
                next(iter(ground.read(stream, client=ground.client())), None)
        except RetryLater as error:
            ground.heard(error)
        except Broken:
            raise
        except Exception as error:
            said = f"{stream.name}: a silent vendor raised {type(error).__name__}."
            raise Broken(said, _streams(ground)) from None
        else:
            raise Broken(f"{stream.name}: silence was not noticed.", _streams(ground))
        finally:
            ground.vendor.faults.clear()


@contextmanager
def _impatient(ground: Ground) -> Iterator[None]:
    """Every time-out is a moment, whoever set it; a call without one is Broken.

    All clients of Python's field, requests and the vendors' own, call through this one method.
    """
    real: Callable[..., Any] = HTTPConnectionPool.urlopen

    def urlopen(pool: Any, *args: Any, **options: Any) -> Any:
        given = options.get("timeout")
        read = given.read_timeout if isinstance(given, urllib3.Timeout) else given
        if not isinstance(read, int | float):
            raise Broken("A call has no time-out.", str(ground.folder / "client.py"))
        options["timeout"] = urllib3.Timeout(connect=PATIENCE_S, read=PATIENCE_S)
        return real(pool, *args, **options)

    HTTPConnectionPool.urlopen = urlopen  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        HTTPConnectionPool.urlopen = real  # type: ignore[method-assign]


@rule(
    "empty",
    "silver",
    "An account with nobody but its users connects, is listed to its end, and goes on",
)
def empty(ground: Ground) -> None:
    with Sandbox([type(ground.vendor)], accounts=1) as sandbox:
        (vendor,) = sandbox.vendors.values()
        for desk in desks(ground):
            if desk.stream.entity != "user":
                vendor.table(desk.table.name).clear()
        bare = ground.beside(vendor)
        bare.account()
        for stream in ground.connector.streams:
            pages = bare.pages(stream)
            require(pages, f"{stream.name} brings no page, so nothing is saved.", _streams(ground))
            again = list(bare.read(stream, json.loads(json.dumps(pages[-1].cursor))))
            said = f"{stream.name} does not go on where an empty account ended."
            require(again, said, _streams(ground))
            found = list(stream.fetch(bare.usual(), [])) if stream.fetch else []
            require(not found, f"{stream.name} reads what nobody asked for.", _streams(ground))


@rule("wide", "silver", "Very long texts arrive whole")
def wide(ground: Ground) -> None:
    for desk in [desk for desk in desks(ground) if desk.path]:
        native_id = desk.ids[len(desk.ids) // 2]
        kept = dict(desk.table.get(native_id) or {})
        desk.edit(native_id, LONG)
        try:
            shown = [
                desk.shown(record)
                for page in ground.read(desk.stream)
                for record in page.records
                if ground.native_id(desk.stream, record) == native_id
            ]
        finally:
            desk.table.put(native_id, kept)
        said = f"{desk.stream.name} cuts or loses a text of {len(LONG)} letters."
        require(shown == [LONG], said, _streams(ground))


@rule("batches", "silver", "A whole batch read by id loses none")
def batches(ground: Ground) -> None:
    for stream in ground.filled():
        if stream.fetch is None:
            continue
        require(stream.fetch_batch > 0, f"{stream.name} reads in batches of none.")
        known = sorted(_ids(ground, stream, ground.pages(stream)))[: stream.fetch_batch]
        some = known[:SINGLE]
        if _calls(ground, stream, some) < len(some) or len(some) < SINGLE:
            spare = [str(UNKNOWN + n) for n in range(stream.fetch_batch - len(known))]
            half = len(known) // 2
            known, asked = known, [*known[:half], *spare, *known[half:]]
        else:
            asked = known
        alone = {i for i in known if _fetched(ground, stream, [i])} if len(known) < 4 else None
        found = _fetched(ground, stream, asked)
        lost = [i for i in (alone if alone is not None else known) if i not in found]
        said = f"{stream.name} loses {len(lost)} of {len(asked)} records that are read together."
        require(len(lost) < len(known) and not lost, said, _streams(ground))


def _calls(ground: Ground, stream: Stream, ids: list[str]) -> int:
    before = sum(ground.vendor.calls.values())
    _fetched(ground, stream, ids)
    return sum(ground.vendor.calls.values()) - before


def _fetched(ground: Ground, stream: Stream, ids: list[str]) -> set[str]:
    """Native ids that come back, as records or as changes."""
    assert stream.fetch is not None
    return {
        one.native_id if hasattr(one, "native_id") else ground.native_id(stream, one)
        for one in stream.fetch(ground.usual(), ids)
    }


def _ids(ground: Ground, stream: Stream, pages: Any) -> set[str]:
    return {ground.native_id(stream, record) for page in pages for record in page.records}


def _streams(ground: Ground) -> str:
    streams = ground.folder / "streams.py"
    return str(streams if streams.is_file() else ground.folder / "client.py")
