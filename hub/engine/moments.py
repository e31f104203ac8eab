"""What a record puts on its account's timeline: a pure function of its current canonical values.

Because nothing is stored besides the record, a replay or a late change cannot tell a story twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

Moment = dict[str, Any]

STEPS: dict[str, tuple[tuple[str, str], ...]] = {
    "ticket": (
        ("opened_at", "ticket opened"),
        ("solved_at", "ticket solved"),
        ("closed_at", "ticket closed"),
    ),
    "work_item": (("opened_at", "work item opened"), ("done_at", "work item done")),
    "opportunity": (("created_at", "opportunity created"), ("closed_at", "opportunity closed")),
    "activity": (("started_at", "activity"),),
    "satisfaction": (("responded_at", "rating given"),),
    "contact": (("created_at", "contact added"),),
    "invoice": (("issued_at", "invoice issued"), ("paid_at", "invoice paid")),
    "subscription": (("started_at", "subscription started"), ("ended_at", "subscription ended")),
}


def moments(entity: str, values: Mapping[str, Any], created_at: datetime | None) -> list[Moment]:
    """[{"at": UTC datetime, "what": words}], oldest first; empty for entities without a story."""
    at = {**values, "created_at": created_at}
    found = [
        {"at": at[field], "what": what}
        for field, what in STEPS.get(entity, ())
        if isinstance(at.get(field), datetime)
    ]
    return sorted(found, key=lambda moment: moment["at"])


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moved_at(found: list[Moment], modified_at: datetime | None) -> datetime:
    """When the record last stirred: its latest moment, else its modified stamp."""
    if found:
        latest: datetime = found[-1]["at"]
        return latest
    return modified_at or EPOCH
