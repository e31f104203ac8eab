"""Rules on streams: whole, resumed anywhere, mapped, read by id, and what trouble looks like."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from hub.api import GiveUp, HubError, Reconnect, RetryLater, Stream
from hub.conform.editing import desks
from hub.conform.ground import Ground
from hub.conform.rule import Broken, NothingToCheck, require, rule
from hub.conform.typed import wrong
from mappings.errors import Unmappable

SAMPLE = 25
FEW = 0.02
UNKNOWN = "999999999"
FEW_CURSORS = 3


@rule("list", "bronze", "Every stream pages to its end, and every record comes once")
def lists(ground: Ground) -> None:
    for stream in _pulled(ground):
        ids = [ground.native_id(stream, r) for r in ground.records(stream)]
        twice = len(ids) - len(set(ids))
        require(not twice, f"{stream.name} listed {twice} records twice.", _file(ground))
        pages = ground.pages(stream)
        total = max((page.total or 0 for page in pages), default=0)
        told = len(ids) + sum(len(page.changes) for page in pages)
        said = f"{stream.name} listed {told} records and changes; the vendor counts {total}."
        require(told >= total, said, _file(ground))
    for name, lost in _unlisted(ground).items():
        said = f"{lost} records of the sandbox's {name} are in no listing."
        raise Broken(said, _file(ground))


def _unlisted(ground: Ground) -> dict[str, int]:
    """Records that the sandbox keeps and no stream lists.

    Some users a vendor hides, and a few records a connector may leave out by its own rule, such as
    a device that is nobody's.
    """
    listed: dict[str, set[str]] = {}
    for desk in desks(ground):
        found = {ground.native_id(desk.stream, r) for r in ground.records(desk.stream)}
        listed.setdefault(desk.table.name, set()).update(found)
    kinds = {(desk.table.name, desk.stream.entity == "user") for desk in desks(ground)}
    listed = {name: ids for name, ids in listed.items() if (name, False) in kinds}
    tables = {name: set(ground.vendor.table(name).ids()) for name in listed}
    lost = {name: len(tables[name] - listed[name]) for name in listed}
    return {name: count for name, count in lost.items() if count > FEW * len(tables[name])}


@rule("map", "bronze", "Every record maps, to typed values, without being changed by it")
def maps(ground: Ground) -> None:
    context, where = ground.source().context, str(ground.connector.mapping)
    for stream in _pulled(ground):
        for record in ground.records(stream):
            kept = copy.deepcopy(record)
            try:
                mapped = ground.mappings[stream.object].apply(record, context)
            except Unmappable as problem:
                raise Broken(f"{stream.name}: {problem.path}: {problem}", where) from None
            require(record == kept, f"Mapping a record of {stream.name} changes it.", where)
            problem_found = wrong(mapped.entity, mapped.values) if mapped.entity else ""
            require(not problem_found, problem_found, where)


@rule("cursors", "bronze", "Every cursor is plain JSON")
def cursors(ground: Ground) -> None:
    for stream in _pulled(ground):
        for page in ground.pages(stream):
            try:
                same = json.loads(json.dumps(page.cursor)) == page.cursor
            except TypeError:
                same = False
            require(same, f"A cursor of {stream.name} is no plain JSON.", _file(ground))


@rule("resume", "silver", "From every cursor a new client reads exactly the rest")
def resumes(ground: Ground) -> None:
    for stream in _pulled(ground):
        pages = ground.pages(stream)
        for place in _spread(len(pages) - 1):
            page = pages[place]
            cursor, client = json.loads(json.dumps(page.cursor)), ground.client()
            rest = {
                _id(ground, stream, r)
                for p in ground.read(stream, cursor, client)
                for r in p.records
            }
            wanted = {_id(ground, stream, r) for p in pages[place + 1 :] for r in p.records}
            lost = len(wanted - rest)
            said = f"{stream.name} loses {lost} records when it goes on behind page {place + 1}."
            require(not lost, said, _file(ground))


@rule("fetch", "silver", "A record read by id is the record that was listed")
def fetches(ground: Ground) -> None:
    streams = [s for s in _pulled(ground) if s.fetch is not None]
    if not streams:
        raise NothingToCheck("No stream is read by id.")
    for stream in streams:
        listed = {_id(ground, stream, r): r for r in ground.records(stream)[:SAMPLE]}
        assert stream.fetch is not None
        found = list(stream.fetch(ground.usual(), [*listed, UNKNOWN]))
        by_id = {_id(ground, stream, r): r for r in found if isinstance(r, dict)}
        require(UNKNOWN not in by_id, f"{stream.name} fetches what is not there.", _file(ground))
        for native_id, record in listed.items():
            if native_id in by_id:
                said = f"{stream.name} {native_id} has another shape when it is fetched."
                require(set(by_id[native_id]) == set(record), said, _file(ground))
        require(by_id, f"{stream.name} fetched nothing that it had listed.", _file(ground))


def _trouble(kind: str, wanted: tuple[type[HubError], ...], **fault: Any) -> Callable[..., None]:
    """A rule body: while the vendor misbehaves so, the first page raises one of these."""

    def check(ground: Ground) -> None:
        for stream in _pulled(ground)[:2]:
            ground.vendor.faults.add(kind, **fault)
            try:
                next(iter(ground.read(stream, client=ground.client())), None)
            except wanted as error:
                ground.heard(error)
            except Exception as error:
                raise Broken(
                    f"{stream.name}: {kind} raised {type(error).__name__}.", _file(ground)
                ) from None
            else:
                raise Broken(f"{stream.name}: {kind} was not noticed.", _file(ground))
            finally:
                ground.vendor.faults.clear()

    return check


rule("limit", "silver", "A limit is RetryLater, with the vendor's own waiting time")(
    _trouble("limit", (RetryLater,), retry_after=30)
)
rule("down", "silver", "A vendor that is down is RetryLater")(
    _trouble("error", (RetryLater,), status=503)
)
rule("half", "silver", "Half an answer is RetryLater, never half the records")(
    _trouble("half", (RetryLater,))
)
rule("expired", "silver", "Ended credentials are Reconnect")(_trouble("expired", (Reconnect,)))


@rule("circle", "silver", "A vendor that leads in a circle is an error")
def circles(ground: Ground) -> None:
    longest = max(_pulled(ground), key=lambda stream: len(ground.pages(stream)))
    if len(ground.pages(longest)) < 2:
        raise NothingToCheck("No stream of the sandbox has two pages.")
    ground.vendor.faults.add("repeat_cursor")
    try:
        for _ in ground.read(longest, client=ground.client()):
            pass
    except (RetryLater, GiveUp) as error:
        ground.heard(error)
    except RuntimeError:
        raise Broken(f"{longest.name} never ends when a cursor repeats.", _file(ground)) from None
    finally:
        ground.vendor.faults.clear()


def _pulled(ground: Ground) -> list[Stream]:
    """Streams that bring records; a source that only sends has none."""
    if not any(stream.object in ground.mappings for stream in ground.connector.streams):
        raise NothingToCheck("Nothing is pulled: this source only sends.")
    filled = ground.filled()
    require(bool(filled), "No stream brings any record of the sandbox.", _file(ground))
    return filled


def _spread(count: int) -> list[int]:
    """Some places among so many, the first and the last always."""
    steps = min(FEW_CURSORS, count)
    return sorted({round(n * (count - 1) / max(steps - 1, 1)) for n in range(steps)})


def _id(ground: Ground, stream: Stream, record: Any) -> str:
    return ground.native_id(stream, record)


def _file(ground: Ground) -> str:
    streams = ground.folder / "streams.py"
    return str(streams if streams.is_file() else ground.folder / "client.py")
