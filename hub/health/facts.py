"""What one canonical record contributes to the health of its account.

A contribution is BSON-plain and has up to three parts; a record that matters to nothing gives {}:
`counters` {name: {day: count}}, `items` {name: {record key: facts}}, `totals` {name: count}.
It is a function of the record alone, so that it can be stored beside the record, subtracted exactly
and added anew. Days are UTC calendar days as "YYYY-MM-DD".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

Contribution = dict[str, dict[str, Any]]
Values = Mapping[str, Any]

OPEN_TICKET = frozenset({"new", "open", "pending", "on_hold"})
WAITING_ON_US = frozenset({"new", "open"})
OPENED = "tickets_opened|"
"""Counter prefix, followed by the ticket's type."""
CSAT = "csat|"
"""Counter prefix, followed by the label of the rating."""
TOUCH = "touch|"
"""Counter prefix, followed by the key of the external contact."""
FEATURE = "feature|"
"""Counter prefix, followed by the feature: contacts by the day on which they last used it."""

CONTACT = "contact|"
"""Prefix of a total, followed by the key of the person."""


def contribution(
    entity: str,
    values: Values,
    record_key: str,
    deleted: bool,
    contact_keys: Sequence[str] = (),
) -> Contribution:
    """What this record adds to the state of its account.

    `values` are canonical values; `record_key` is "connection:object:native_id";
    `contact_keys` are the *external* contacts of a ticket, activity or survey answer (requester,
    participants, respondent), in any stable key; of a contact's record, the person that it is, so
    that several records of one person count once. Deleted records, and entities that no measure
    reads (account, opportunity, user, usage_event), contribute {}.
    """
    facts = _FACTS.get(entity)
    if deleted or facts is None:
        return {}
    return facts(values, record_key, sorted(set(contact_keys)))


def contact_usage(
    active_days: Iterable[str], feature_days: Mapping[str, Iterable[str]] | None = None
) -> Contribution:
    """What the product use of one external contact adds to its account.

    `active_days`: the distinct days with at least one qualifying event; `feature_days`: the same
    per feature. The intake of events keeps these per contact, which makes distinct contacts and
    user-days exact without keeping every contact in the state.
    """
    days = sorted(set(active_days))
    if not days:
        return {}
    counters = {"active_user_days": dict.fromkeys(days, 1), "last_active": {days[-1]: 1}}
    for feature, used in sorted((feature_days or {}).items()):
        last = max(used, default=None)
        if last is not None:
            counters[FEATURE + feature] = {last: 1}
    return {"counters": counters}


def day_of(value: datetime | str | None) -> str | None:
    """The UTC calendar day of a timestamp or day; a naive timestamp is taken as UTC."""
    if value is None or isinstance(value, str):
        return value[:10] if value else None
    aware = value if value.tzinfo is None else value.astimezone(UTC)
    return aware.date().isoformat()


def _ticket(values: Values, record_key: str, contacts: list[str]) -> Contribution:
    if values.get("is_spam") or values.get("merged"):
        return {}
    opened = day_of(values.get("opened_at"))
    counters: dict[str, dict[str, int]] = {}
    if opened:
        counters[OPENED + (values.get("type") or "other")] = {opened: 1}
    reopened = _reopen_day(values)
    if values.get("reopen_count") and reopened:
        counters["reopens"] = {reopened: values["reopen_count"]}
    spoken = day_of(values.get("last_customer_message_at"))
    counters.update(_touches(spoken, contacts))
    item = _open_ticket(values, opened)
    return _parts(counters, {"tickets": {record_key: item}} if item else {})


def _reopen_day(values: Values) -> str | None:
    """Vendors say how often, not when: the last solving, else closing, else opening stands in."""
    stamp = values.get("solved_at") or values.get("closed_at") or values.get("opened_at")
    return day_of(stamp)


def _open_ticket(values: Values, opened: str | None) -> dict[str, Any]:
    status = values.get("status")
    if status not in OPEN_TICKET:
        return {}
    item = {
        "open": True,
        "priority": values.get("priority"),
        "escalated": bool(values.get("escalated")),
        "opened_day": opened,
    }
    if status in WAITING_ON_US:
        item["waiting_since"] = day_of(values.get("last_customer_message_at")) or opened
    return {key: value for key, value in item.items() if value is not None}


def _touches(day: str | None, contacts: Sequence[str]) -> dict[str, dict[str, int]]:
    """A two-way touch counts once for the account and once for each external contact in it."""
    if day is None:
        return {}
    return {"touch_days": {day: 1}} | {TOUCH + contact: {day: 1} for contact in contacts}


def _activity(values: Values, record_key: str, contacts: list[str]) -> Contribution:
    if not _two_way(values):
        return {}
    return _parts(_touches(day_of(values.get("started_at")), contacts), {})


def _two_way(values: Values) -> bool:
    """Held meetings, answered calls, inbound e-mail and chat; a mapped `touch` decides."""
    if values.get("touch") is not None:
        return bool(values["touch"])
    kind = values.get("kind")
    if kind in ("meeting", "call"):
        return values.get("outcome") == "held"
    return kind in ("email", "chat") and values.get("direction") == "inbound"


def _work_item(values: Values, record_key: str, contacts: list[str]) -> Contribution:
    if values.get("status_category") == "done":
        return {}
    item: dict[str, str] = {}
    if values.get("customer_visible") and values.get("due_on"):
        item["due_on"] = values["due_on"]
    opened = day_of(values.get("opened_at"))
    if values.get("kind") == "bug" and opened:
        item["bug_since"] = opened
    return _parts({}, {"work_items": {record_key: item}} if item else {})


def _satisfaction(values: Values, record_key: str, contacts: list[str]) -> Contribution:
    day = day_of(values.get("responded_at"))
    if day is None:
        return {}
    if values.get("kind") == "csat" and values.get("label"):
        return _parts({CSAT + values["label"]: {day: 1}}, {})
    points = _nps_points(values) if values.get("kind") == "nps" else None
    if points is None:
        return {}
    item = {"contact": contacts[0] if contacts else record_key, "points": points, "day": day}
    return _parts({}, {"nps": {record_key: item | {"at": _stamp(values["responded_at"])}}})


def _nps_points(values: Values) -> float | None:
    """An answer on NPS's own scale of 0 to 10."""
    if (values.get("scale_min"), values.get("scale_max")) in ((0, 10), (None, None)):
        raw = values.get("score_raw")
        return None if raw is None else float(raw)
    norm = values.get("score_norm")
    return None if norm is None else float(norm) / 10


def _stamp(value: datetime | str) -> str:
    if isinstance(value, str):
        return value
    aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return aware.isoformat(timespec="milliseconds")


def _subscription(values: Values, record_key: str, contacts: list[str]) -> Contribution:
    cancels = values.get("cancel_at") or values.get("cancel_at_period_end")
    item = {
        "status": values.get("status"),
        "mrr": values.get("mrr"),
        "seats": values.get("seats"),
        "started_day": day_of(values.get("started_at")),
        "period_end": day_of(values.get("period_end")),
        "cancels": True if cancels else None,
    }
    kept = {key: value for key, value in item.items() if value is not None}
    return _parts({}, {"subscriptions": {record_key: kept}})


def _invoice(values: Values, record_key: str, contacts: list[str]) -> Contribution:
    status = values.get("status")
    if status not in ("open", "uncollectible"):
        return {}
    # A charged automatically invoice has no due day: its first attempt follows the issue at once.
    due = values.get("due_on")
    if due is None and values.get("attempt_count"):
        due = day_of(values.get("issued_at"))
    item = {"status": status} | ({"due_on": due} if due else {})
    return _parts({}, {"invoices": {record_key: item}})


def _contact(values: Values, record_key: str, contacts: list[str]) -> Contribution:
    if values.get("is_internal") or values.get("status") in ("left", "erased"):
        return {}
    return {"totals": {CONTACT + (contacts[0] if contacts else record_key): 1}}


def _parts(counters: dict[str, Any], items: dict[str, Any]) -> Contribution:
    parts = {"counters": counters, "items": items}
    return {name: part for name, part in parts.items() if part}


_FACTS: Mapping[str, Callable[[Values, str, list[str]], Contribution]] = {
    "ticket": _ticket,
    "activity": _activity,
    "work_item": _work_item,
    "satisfaction": _satisfaction,
    "subscription": _subscription,
    "invoice": _invoice,
    "contact": _contact,
}
