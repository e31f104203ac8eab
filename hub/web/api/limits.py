"""What a connection's vendor account allows, in the API's shapes."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from hub.web.api.shapes import Model


class WindowOut(Model):
    """One limit: `calls` in `per_s` seconds; `learnt` = an answer of the vendor's said so."""

    title: str
    per_s: float
    only: str
    calls: int
    used: int
    left: int
    learnt: bool
    heard_at: datetime | None
    resets_at: datetime | None


class AtOnce(Model):
    now: int
    most: int | None


class Pause(Model):
    until: datetime
    reason: str


class WaitingOut(Model):
    """A call of this connection that waits for its turn: first, next (incremental) or last."""

    purpose: Literal["first", "next", "last"]
    why: str
    since: datetime
    until: datetime


class BreakerOut(Model):
    state: Literal["closed", "open", "probing"]
    until: datetime | None
    failures: int


class LimitsOut(Model):
    """Shared by everything that uses the same vendor account."""

    windows: list[WindowOut]
    at_once: AtOnce
    pause: Pause | None
    waiting: list[WaitingOut]
    others_waiting: int
    breaker: BreakerOut


class Turn(Model):
    """Why a stream's run waits, which is no failure."""

    sentence: str
    until: datetime
