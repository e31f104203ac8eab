"""Which record's value a profile shows, field by field, and who else says what.

A field is decided by the order of source kinds, by recency, or, for lists, by union.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, Final

from mappings.canonical import ENTITIES, FieldSpec

Answer = dict[str, Any]
"""{"v": value, "src": source, "rec": record key, "at": modified or None, "rule": name of the rule,
"also": [{"v", "src", "rec", "at"}]}: the losing values that differ; of a union every other list."""

_CRM_FIRST: Final = ("crm", "billing", "support", "usage", "work")
_BILLING_FIRST: Final = ("billing", "crm", "support", "usage", "work")
_LOGIN_FIRST: Final = ("usage", "crm", "support", "billing", "work")

ORDER: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    **{
        ("account", name): _BILLING_FIRST
        for name in ("mrr", "seats", "renewal_at", "churned_at", "churn_reason", "tax_ids")
    },
    ("contact", "emails"): _LOGIN_FIRST,
    ("contact", "user_ids"): _LOGIN_FIRST,
}
"""The order of source kinds for (entity, field); all others are CRM first."""

MOST_RECENT: Final = frozenset(
    {("account", "phone"), ("contact", "title"), ("contact", "department"), ("contact", "phones")}
)
"""Fields whose latest value wins; of a list it comes first."""


def order_of(entity: str, name: str) -> tuple[str, ...]:
    """The kinds of sources for a field, first the one whose word counts most."""
    return ORDER.get((entity, name), _CRM_FIRST)


@dataclass(frozen=True, slots=True)
class Member:
    """One source record of an entity. source: connector name; source_kind: crm, billing, support,
    usage or work; modified_at: the vendor's stamp, UTC."""

    key: str
    source: str
    source_kind: str
    connection: str
    modified_at: datetime | None
    deleted: bool
    values: Mapping[str, Any]


def survive(entity: str, members: Iterable[Member]) -> dict[str, Answer]:
    """The surviving value of every canonical field that any member has.

    The order of members does not matter. Deleted members count only when all are deleted; absent
    and blank values never win. Ties are settled by the order of source kinds, then the source's
    name, then the record key. Raises KeyError for an unknown entity.
    """
    distinct = sorted({member.key: member for member in members}.values(), key=_by_key)
    pool = [member for member in distinct if not member.deleted] or distinct
    found: dict[str, Answer] = {}
    for name, field in ENTITIES[entity].fields.items():
        holders = [member for member in pool if _has(member, name)]
        if holders:
            found[name] = _decide(entity, field, holders)
    return found


def _decide(entity: str, field: FieldSpec, holders: Sequence[Member]) -> Answer:
    order = order_of(entity, field.name)
    ranked = sorted(holders, key=lambda member: _rank(member, order))
    recent = (entity, field.name) in MOST_RECENT
    if recent:
        ranked.sort(key=_recency, reverse=True)
    first, *others = ranked
    if field.many:
        value = _union(member.values[field.name] for member in ranked)
        return _seen(first, value) | {"rule": "union", "also": _also(others, field.name)}
    value = first.values[field.name]
    losers = [member for member in others if member.values[field.name] != value]
    rule = "most_recent" if recent else "source_order"
    return _seen(first, value) | {"rule": rule, "also": _also(losers, field.name)}


def _has(member: Member, name: str) -> bool:
    value = member.values.get(name)
    return value is not None and value != "" and value != []


def _rank(member: Member, order: Sequence[str]) -> tuple[int, str, str]:
    known = member.source_kind in order
    place = order.index(member.source_kind) if known else len(order)
    return place, member.source, member.key


def _recency(member: Member) -> float:
    return member.modified_at.timestamp() if member.modified_at else float("-inf")


def _by_key(member: Member) -> str:
    return member.key


def _union(lists: Iterable[Sequence[Any]]) -> list[Any]:
    found: list[Any] = []
    for item in chain.from_iterable(lists):
        if item not in found:
            found.append(item)
    return found


def _seen(member: Member, value: Any) -> Answer:
    return {"v": value, "src": member.source, "rec": member.key, "at": member.modified_at}


def _also(members: Iterable[Member], name: str) -> list[Answer]:
    return [_seen(member, member.values[name]) for member in members]
