"""The records behind a measure: those whose contributions were counted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hub.lineage import sent
from hub.lineage.chain import Tracer
from hub.lineage.definitions import DEFINITIONS, Definition
from hub.store.client import Doc

SHOWN = 20
MOST_SCANNED = 20_000
SPAN = re.compile(r"^([a-z_]+):(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})$")
RECORD = re.compile(r"^[^:\s]+:[^:\s]+:.+$")
TITLES = ("full_name", "subject", "title", "name", "label", "user_key")
ALONE = Definition("", "none")


@dataclass(frozen=True, slots=True)
class Counted:
    """One record, how much it counts, and the day on which it does (the latest of several)."""

    key: str
    counts: int
    day: str | None
    named: tuple[str, ...] = ()
    """What stands behind the | of its counters: people, features, types or labels."""


def gather(tracer: Tracer, account: Doc, row: Doc, window_days: int | None) -> Doc:
    """{"since", "until", "looked_at", "counted", "records", "more", "others"} of one measure.

    looked_at: records of these kinds that the account has; counted: what those within the days
    add up to; records: the first of them with their own lineage; others: evidence that is no
    record, such as a pulse or a feature. `row` is the measure's line of the explanation.
    """
    definition = DEFINITIONS.get(row["key"], ALONE)
    since, until = _days(row, account, window_days, definition)
    named = [one for one in row["evidence"] if RECORD.match(one) and not SPAN.match(one)]
    looked_at, found = _scan(tracer, account, definition, row, (since, until))
    if definition.part != "counters" or not found:
        known = {one.key: one for one in found}
        found = [known.get(key, Counted(key, 1, None)) for key in named] or found
    records = tracer.records(one.key for one in found[:SHOWN])
    return {
        "since": since,
        "until": until,
        "looked_at": looked_at,
        "counted": sum(one.counts for one in found),
        "records": [
            _shown(tracer, records[one.key], one, definition, (since, until))
            for one in found[:SHOWN]
            if one.key in records
        ],
        "more": max(0, _all(row, definition, found) - SHOWN),
        "others": _others(tracer, row, definition, named, found),
    }


def _others(
    tracer: Tracer, row: Doc, definition: Definition, named: list[str], found: list[Counted]
) -> list[Doc]:
    """[{"kind": contact | pulse | name, "id", "words"}]: evidence that is no record."""
    rest = [one for one in row["evidence"] if one not in named and not SPAN.match(one)]
    if definition.lists:
        rest += sorted({name for one in found for name in one.named})
    wanted = {"_id": {"$in": rest}}
    known = tracer.store.contacts.find(wanted, {"flat": 1}) if rest else ()
    people = {contact["_id"]: contact for contact in known}
    return [_other(one, people.get(one), row) for one in rest]


def _other(one: str, person: Doc | None, row: Doc) -> Doc:
    if person is not None:
        flat = person.get("flat") or {}
        name = flat.get("full_name") or next(iter(flat.get("emails") or ()), one)
        return {"kind": "contact", "id": one, "words": name}
    if one.startswith("pulse:"):
        return {"kind": "pulse", "id": one, "words": row["text"]}
    return {"kind": "name", "id": one, "words": one}


def _all(row: Doc, definition: Definition, found: list[Counted]) -> int:
    """How many records there are; an explanation itself names no more than a page of them."""
    counts_records = definition.part == "items" and row["unit"] in ("tickets", "items")
    return int(row["value"]) if counts_records and row["value"] else len(found)


def _days(
    row: Doc, account: Doc, window_days: int | None, definition: Definition
) -> tuple[str | None, str | None]:
    """The days that the evidence names, else the measure's window up to the day of the score.

    A trend compares its window with the one before, which is evidence too.
    """
    spans = [match for one in row["evidence"] if (match := SPAN.match(one))]
    if spans:
        since = date.fromisoformat(min(m[2] for m in spans))
        before = timedelta(days=window_days) if definition.trend and window_days else timedelta()
        return (since - before).isoformat(), max(m[3] for m in spans)
    as_of = account["health"].get("as_of")
    if window_days is None or as_of is None:
        return None, None
    return (date.fromisoformat(as_of) - timedelta(days=window_days - 1)).isoformat(), as_of


def _scan(
    tracer: Tracer,
    account: Doc,
    definition: Definition,
    row: Doc,
    days: tuple[str | None, str | None],
) -> tuple[int, list[Counted]]:
    """(records of these kinds, those that were counted: latest first)."""
    if not definition.entities:
        return 0, []
    mine = {"account_id": account["_id"], "entity": {"$in": list(definition.entities)}}
    fields = {"contribution": 1, "life.deleted": 1}
    docs = tracer.store.records.find(mine, fields).sort("moved_at", -1).limit(MOST_SCANNED)
    living = [doc for doc in docs if not (doc.get("life") or {}).get("deleted")]
    found = [one for doc in living if (one := _counted(doc, definition, row, days))]
    return len(living), sorted(found, key=lambda one: (one.day or "", one.key), reverse=True)


def _counted(
    doc: Doc, definition: Definition, row: Doc, days: tuple[str | None, str | None]
) -> Counted | None:
    parts = (doc.get("contribution") or {}).get(definition.part) or {}
    if definition.part == "items":
        listed = set(row["evidence"])
        held = doc["_id"] in listed and any(
            doc["_id"] in parts.get(n, ()) for n in definition.names
        )
        return Counted(doc["_id"], 1, None) if held else None
    found = list(_buckets(parts, definition.names, days))
    if not found:
        return None
    behind = tuple(dict.fromkeys(name.partition("|")[2] for name, _, _ in found))
    return Counted(doc["_id"], sum(n for _, _, n in found), max(d for _, d, _ in found), behind)


def _buckets(
    parts: Mapping[str, Any], names: Iterable[str], days: tuple[str | None, str | None]
) -> Iterator[tuple[str, str, int]]:
    """(counter, day, how many) of the counters of these names, within the days."""
    since, until = days
    for wanted in names:
        for name, buckets in parts.items():
            if name == wanted or (wanted.endswith("|") and name.startswith(wanted)):
                for day, n in buckets.items():
                    if since is not None and until is not None and since <= day <= until:
                        yield name, day, n


def _shown(
    tracer: Tracer,
    record: Doc,
    counted: Counted,
    definition: Definition,
    days: tuple[str | None, str | None],
) -> Doc:
    """A record with what it counts, and the chains of the values that made it count."""
    values = record.get("values") or {}
    names = [name for name in definition.fields if values.get(name) is not None]
    return {
        "counts": counted.counts,
        "day": counted.day,
        "title": next((str(values[n]) for n in TITLES if values.get(n)), None),
        "linked_by": record.get("account_path"),
        "values": [tracer.brief(record, name) for name in names],
        "events": sent.events_of(tracer.store, record, *days),
        **tracer.head(record),
    }
