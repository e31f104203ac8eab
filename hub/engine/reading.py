"""Reading current records from a vendor by id, in batches, for events that carry none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.api import Change
from hub.engine import registers
from hub.engine.incoming import Incoming, Source, from_record
from hub.engine.registers import Life
from hub.errors import GiveUp, HubError, Reconnect, RetryLater

End = tuple[str, str]


@dataclass(slots=True)
class Read:
    """What a round of fetching brought, per (object, native id)."""

    found: dict[End, Incoming] = field(default_factory=dict)
    missing: set[End] = field(default_factory=set)
    later: dict[End, RetryLater] = field(default_factory=dict)
    refused: dict[End, HubError] = field(default_factory=dict)
    reconnect: Reconnect | None = None


def unread(wanted: Iterable[End], error: Reconnect | RetryLater) -> Read:
    """Nothing could be asked for: everything is to be read later."""
    later = error if isinstance(error, RetryLater) else RetryLater(error.sentence)
    lost = error if isinstance(error, Reconnect) else None
    return Read(later=dict.fromkeys(wanted, later), reconnect=lost)


def read(
    source: Source,
    client: Any,
    wanted: Mapping[End, Life | None],
    now: Callable[[], datetime],
    origin: Mapping[str, str],
    between: Callable[[], None] = lambda: None,
) -> Read:
    """Fetch each wanted record once, with a call of `between` between two calls of the vendor.

    Vendor trouble is reported per record, never raised.
    """
    result = Read()
    by_object: dict[str, list[str]] = defaultdict(list)
    for object, native_id in wanted:
        by_object[object].append(native_id)
    calls = 0
    for object, ids in by_object.items():
        stream = source.stream(object)
        if stream is None or stream.fetch is None:
            result.refused |= {(object, i): GiveUp(f"{object} cannot be read by id.") for i in ids}
            continue
        for start in range(0, len(ids), stream.fetch_batch):
            some = ids[start : start + stream.fetch_batch]
            if calls:
                between()
            calls += 1
            _read_some(source, client, object, some, wanted, now, origin, result)
    return result


def _read_some(
    source: Source,
    client: Any,
    object: str,
    ids: list[str],
    wanted: Mapping[End, Life | None],
    now: Callable[[], datetime],
    origin: Mapping[str, str],
    result: Read,
) -> None:
    stream = source.stream(object)
    assert stream is not None
    assert stream.fetch is not None
    asked = now()
    ends = [(object, i) for i in ids]
    try:
        answer = list(stream.fetch(client, ids))
    except RetryLater as error:
        result.later |= dict.fromkeys(ends, error)
    except Reconnect as error:
        result.reconnect = error
        result.later |= dict.fromkeys(ends, RetryLater(error.sentence))
    except GiveUp as error:
        result.refused |= dict.fromkeys(ends, error)
    else:
        found = {
            (i.object, i.native_id): i for i in _arrivals(source, object, answer, asked, origin)
        }
        for end, item in found.items():
            item.life = registers.livelier(item.life, _seen(item, wanted.get(end)))
        result.found |= found
        result.missing |= {end for end in ends if end not in found}


def _seen(item: Incoming, evidence: Life | None) -> Life | None:
    """What an event said of a record, now that the record has been read."""
    alive = item.life is not None and not item.life.deleted
    return registers.seen(evidence) if evidence is not None and alive else evidence


def _arrivals(
    source: Source, object: str, answer: Iterable[Any], asked: datetime, origin: Mapping[str, str]
) -> Iterable[Incoming]:
    for one in answer:
        if not isinstance(one, Change):
            yield from_record(source, object, one, asked, origin)
            continue
        yield from from_change(source, one, asked, origin)


def from_change(
    source: Source, change: Change, asked: datetime, origin: Mapping[str, str]
) -> Iterable[Incoming]:
    """A change that a pull has seen: a delete, a merge, or an upsert with its record."""
    if change.record is not None:
        yield from_record(source, change.object, change.record, asked, origin)
    elif change.kind == "delete":
        yield Incoming(
            change.object,
            change.native_id,
            life=registers.deleted(change.occurred_at),
            origin=origin,
        )
    elif change.kind == "privacy_delete":
        yield Incoming(change.object, change.native_id, life=registers.erased(), origin=origin)
    elif change.kind == "merge" and change.into:
        life = registers.merged(change.occurred_at, source.key(change.object, change.into))
        for loser in change.losers or (change.native_id,):
            if loser != change.into:
                yield Incoming(change.object, loser, life=life, origin=origin)
