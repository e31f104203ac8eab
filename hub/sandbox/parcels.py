"""What is sent to whom: events, subscriptions, parcels, and the count of what became of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(slots=True)
class Event:
    """Something a vendor tells. `id` is given when queued; `attempt` counts its sendings."""

    topic: str
    data: Any
    key: str = ""
    id: int = 0
    attempt: int = 0
    at: datetime | None = None


@dataclass(slots=True)
class Subscription:
    """Who wants to be told: a URL, the secret to sign with, topics (empty = all)."""

    id: str
    url: str
    secret: str
    events: tuple[str, ...]
    extra: dict[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Parcel:
    """One body on its way. `id` holds over retries; `attempt` counts from 1."""

    subscription: Subscription
    events: tuple[Event, ...]
    attempt: int
    id: str
    at: datetime


class Post(Protocol):
    """What the sender asks its vendor."""

    batch_size: int
    regroups: bool

    def moment(self) -> datetime:
        """The sandbox time."""

    def render(self, parcel: Parcel) -> bytes:
        """The body."""

    def sign(self, parcel: Parcel, body: bytes) -> dict[str, str]:
        """The headers."""

    def acknowledged(self, parcel: Parcel, status: int, body: bytes) -> bool:
        """Whether the answer is the one the vendor wants."""

    def retry_delay(self, attempt: int) -> float | None:
        """Vendor's seconds to wait after a failed attempt."""


@dataclass(slots=True)
class Tally:
    """What became of the sendings so far."""

    events: int = 0
    attempts: int = 0
    acked: int = 0
    acked_events: int = 0
    refused: int = 0
    gave_up: int = 0
    overflow: int = 0
    by_status: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        """Plain numbers; `by_status` has `none` for attempts without an answer."""
        names = ("events", "attempts", "acked", "acked_events", "refused", "gave_up", "overflow")
        return {n: getattr(self, n) for n in names} | {"by_status": dict(self.by_status)}
