"""Why an account's health moved between any two days, with what happened in between."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from hub.bootstrap import Hub
from hub.errors import CorrectInput, NotFound
from hub.health.between import between, cap_words, sentences
from hub.health.closes import CHANGE_DAYS, measures_of
from hub.health.history import Kept, close_of
from hub.health.rebase import rebased
from hub.reads import cards, history
from hub.reads.timeline import TITLES
from hub.store.client import Doc
from hub.store.tenant import TenantStore

MOST_RECORDS = 20
ENTITIES: Mapping[str, tuple[str, ...]] = {
    "open_urgent": ("ticket",),
    "ticket_load": ("ticket",),
    "oldest_waiting": ("ticket",),
    "reopens": ("ticket",),
    "payment": ("invoice", "subscription"),
    "mrr_trend": ("subscription",),
    "csat": ("satisfaction",),
    "nps": ("satisfaction",),
    "last_interaction": ("activity", "ticket"),
    "engaged_contacts": ("activity", "ticket"),
    "overdue_items": ("work_item",),
    "oldest_bug": ("work_item",),
}
"""The records whose changes can move a measure; usage is counted by day, from events."""


def why(
    hub: Hub,
    store: TenantStore,
    account_id: str,
    since: str | None = None,
    until: str | None = None,
) -> Doc:
    """Points by measure between the ends of two days, which sum to the difference; see `between`.

    With `evidence` for each part: the records that stirred after `since` and until `until`. Raises
    NotFound for a day that nobody computed, CorrectInput.
    """
    today = hub.now(store.tenant_id).date()
    last = history.day_of(until, "to") or today
    start, end = history.span_of(
        since or (last - timedelta(days=CHANGE_DAYS)).isoformat(), until, today
    )
    if start == end:
        raise CorrectInput("Two different days are needed.", field="from")
    past = history.read(hub, store, account_id, start.isoformat())
    before, after = _known(past, start, "from"), _known(past, end, "to")
    then, now = close_of(before, start.isoformat()), close_of(after, end.isoformat())
    ground = None
    card = cards.card(store, after, end.isoformat())
    if before["revision"] != after["revision"] and card is not None and "raw" in before:
        ground = close_of(rebased(before, start.isoformat(), card), start.isoformat())
    found = between(then, now, ground)
    units = {m["key"]: m["unit"] for m in measures_of(past.account["health"])}
    parts = [
        {**p, "unit": units.get(p["key"], ""), "evidence": _evidence(past, p, start, end)}
        for p in found["by"]
    ]
    return {
        **found,
        "account_id": past.account["_id"],
        "from": {"day": start.isoformat(), **history.shown(then)},
        "to": {"day": end.isoformat(), **history.shown(now)},
        "by": parts,
        "caps": {side: cap_words(keys) for side, keys in found["caps"].items()},
        "words": sentences(found, start.isoformat(), end.isoformat()),
    }


def _known(past: history.Past, day: date, field: str) -> Kept:
    kept, state = past.on(day.isoformat()), past.state(day.isoformat())
    if kept is None or state in ("missing", "gone", "none"):
        reasons = {"missing": "the score was not computed", "gone": "the account was not listed"}
        reason = reasons.get(state, "the account had no score yet")
        raise NotFound(f"Nothing is known of {day}: {reason} on that day.", field=field)
    return kept


def _evidence(past: history.Past, part: Doc, since: date, until: date) -> list[Doc]:
    entities = ENTITIES.get(part["key"])
    if not entities:
        return []
    first = datetime.combine(since + timedelta(days=1), time.min, UTC)
    span = {"$gte": first, "$lt": datetime.combine(until + timedelta(days=1), time.min, UTC)}
    mine: Doc = {"account_id": past.account["_id"], "entity": {"$in": list(entities)}}
    wanted = {"entity": 1, "source": 1, "url": 1, "moments": 1, "moved_at": 1} | {
        f"values.{name}": 1 for name in TITLES
    }
    found = past.store.records.find({**mine, "moved_at": {"$gte": first}}, wanted)
    stirred = found.sort("moved_at", -1).limit(MOST_RECORDS * 2)
    told = [_record(doc, span) for doc in stirred]
    return [entry for entry in told if entry is not None][:MOST_RECORDS]


def _record(doc: Doc, span: Mapping[str, datetime]) -> Doc | None:
    """The record by its last moment of the span."""
    moments = [m for m in doc.get("moments", ()) if span["$gte"] <= m["at"] < span["$lt"]]
    if not moments:
        return None
    values = doc.get("values") or {}
    return {
        "record": doc["_id"],
        "kind": doc["entity"],
        "source": doc["source"],
        "title": next((values[name] for name in TITLES if values.get(name)), None),
        "url": doc.get("url"),
        "what": moments[-1]["what"],
        "at": moments[-1]["at"],
    }
