"""How a connection's subscriptions do, as the API says it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from hub.web.api.shapes import Model


class AtVendor(Model):
    """What the vendor itself said of it when it was last listed."""

    seen_at: datetime
    active: bool
    failures: int
    failing_since: datetime | None
    ends_at: datetime | None = Field(description="When the vendor will end it")
    reason: str


class LastRefusal(Model):
    at: datetime
    reason: str
    sentence: str


class SubscriptionHealth(Model):
    """`deliveries` and `failed` are of the last 24 hours; `more`: only the latest were counted."""

    word: str
    tone: Literal["ok", "wait", "warn", "bad"]
    says: str
    do: str
    deliveries: int
    failed: int
    more: bool
    last_refusal: LastRefusal | None
    vendor: AtVendor | None
    expires_at: datetime | None
    renewal_at: datetime | None


class Trouble(Model):
    reason: str
    sentence: str
    at: datetime


class Silence(Model):
    since: datetime
    noticed_at: datetime = Field(description="When its streams were read because of it")
    why: str


class Watch(Model):
    """The hub's looks after a connection's subscriptions."""

    looked_at: datetime | None
    next_at: datetime | None
    listed_at: datetime | None = Field(description="When the vendor last listed them")
    list_at: datetime | None
    last_at: datetime | None = Field(description="The last delivery of any webhook, within an hour")
    trouble: Trouble | None
    silence: Silence | None
    unlisted: dict[str, str] = Field(description="Webhooks that the vendor does not list, and why")
    taken_back: int = Field(description="Left-over subscriptions that the last listing removed")


class MissedRecord(Model):
    id: str
    native_id: str
    version: datetime = Field(description="The vendor's stamp of what was found")
    found_at: datetime


class MissedDay(Model):
    """`records` are the latest fifty; all are counted."""

    stream: str
    day: str
    count: int
    records: list[MissedRecord]


class Missed(Model):
    """What incremental polls of the last thirty days found that no webhook had told of."""

    count: int
    days: list[MissedDay]
