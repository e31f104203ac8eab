"""What a score needs that is not in the account's state: sources, links, and the tenant's facts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal

from hub.health.windows import WINDOWS
from mappings.money import EXPONENTS

Capability = Literal[
    "ticket", "satisfaction", "activity", "work_item", "subscription", "invoice", "usage"
]
Money = Mapping[str, Any]
"""{"minor": int, "currency": "EUR", "exponent": 2}"""

STALE_FLOOR_S = 86_400
UNLINKED_AFTER = timedelta(days=7)


def stale_after(interval_s: float) -> float:
    """Seconds until a source that syncs every `interval_s` is stale: three times, min 24 h."""
    return max(3 * interval_s, STALE_FLOOR_S)


@dataclass(frozen=True, slots=True)
class SourceFreshness:
    """How one capability of the tenant is fed.

    `fresh_at`: when the source was last known to be complete (None: never yet);
    `broken_since`: when its connection began to fail, for the words only; `source`: its name.
    """

    connected: bool
    fresh_at: datetime | None = None
    stale_after_s: float = STALE_FLOOR_S
    broken_since: datetime | None = None
    source: str = ""


def combine(sources: Iterable[SourceFreshness]) -> SourceFreshness:
    """Several connections that feed one capability of one account, as the worst of them."""
    connected = [source for source in sources if source.connected]
    if not connected:
        return SourceFreshness(connected=False)
    worst = min(connected, key=_goes_stale)
    names = ", ".join(sorted({source.source for source in connected if source.source}))
    return SourceFreshness(True, worst.fresh_at, worst.stale_after_s, worst.broken_since, names)


def _goes_stale(source: SourceFreshness) -> float:
    if source.fresh_at is None:
        return -math.inf
    return source.fresh_at.timestamp() + source.stale_after_s


@dataclass(frozen=True, slots=True)
class Pulse:
    """A customer success manager's own judgement: green, yellow or red, on a day."""

    level: Literal["green", "yellow", "red"]
    day: date
    by: str = ""


@dataclass(frozen=True, slots=True)
class HealthContext:
    """What the measures need beside the state. One per account and computation.

    now: the moment of the computation, for freshness only (UTC).
    sources: per capability, for this account (see `combine`); a missing one is not configured.
    linked: capabilities whose source knows this account, with or without rows: a company in the
      help desk makes `ticket` linked even with no ticket, and then no ticket is a real zero.
    seats, mrr, renewal_on: the tenant's own fields on the account, used when no subscription says.
    seats_field: whether the tenant names such a field for seats at all.
    seat_source: `account` counts that field alone, `subscription` only without subscribed seats.
    windows: days of a measure where the scorecard says otherwise than `windows.WINDOWS`.
    pulse_full_days, pulse_gone_days: a pulse counts whole so long, and not at all from then on.
    mrr_then: MRR at the day close 90 days ago; None when the account is younger.
    rates: reporting currency units per unit of a currency, frozen per scorecard revision.
    csat_rate: the tenant's share of positive ratings, frozen per scorecard revision.
    """

    now: datetime
    sources: Mapping[str, SourceFreshness] = field(default_factory=dict)
    linked: frozenset[str] = frozenset()
    seats: int | None = None
    seats_field: bool = False
    mrr: Money | None = None
    mrr_then: Money | None = None
    renewal_on: str | None = None
    currency: str | None = None
    rates: Mapping[str, float] = field(default_factory=dict)
    key_features: tuple[str, ...] = ()
    pulse: Pulse | None = None
    csat_rate: float = 0.9
    seat_source: Literal["subscription", "account"] = "subscription"
    windows: Mapping[str, int] = field(default_factory=dict)
    pulse_full_days: int = 60
    pulse_gone_days: int = 90

    def window(self, key: str) -> int:
        """Days that this measure looks back."""
        return self.windows.get(key) or WINDOWS[key]


def reporting_mrr(
    subscriptions: Iterable[Mapping[str, Any]], context: HealthContext
) -> Money | None:
    """Monthly revenue of active and past-due subscriptions, else the tenant's field.

    Converted to `context.currency` where the tenant gives rates for all of it. Else one currency
    stays as it is, and None for several. Subscriptions that have all ended are a revenue of nought.
    """
    sums: dict[tuple[str, int], int] = {}
    for subscription in subscriptions:
        if money := subscription.get("mrr"):
            unit = (money["currency"], money["exponent"])
            live = subscription.get("status") in ("active", "past_due")
            sums[unit] = sums.get(unit, 0) + (money["minor"] if live else 0)
    if not sums:
        return _reported(context.mrr, context)
    earning = {unit: minor for unit, minor in sums.items() if minor} or dict([min(sums.items())])
    if len(earning) > 1:
        return _converted(earning, context)
    (currency, exponent), minor = earning.popitem()
    return _reported({"minor": minor, "currency": currency, "exponent": exponent}, context)


def _reported(money: Money | None, context: HealthContext) -> Money | None:
    """In the reporting currency if a rate is known, else as it is."""
    if money is None or money["currency"] == context.currency:
        return money
    unit = (money["currency"], money["exponent"])
    return _converted({unit: money["minor"]}, context) or money


def apart_mrr(subscriptions: Iterable[Mapping[str, Any]], context: HealthContext) -> list[Money]:
    """Monthly revenue by currency, where there are several and no rates that join them."""
    paid = [s for s in subscriptions if s.get("status") in ("active", "past_due") and s.get("mrr")]
    if reporting_mrr(paid, context) is not None:
        return []
    sums: dict[tuple[str, int], int] = {}
    for unit, minor in (
        ((m["currency"], m["exponent"]), m["minor"]) for m in (s["mrr"] for s in paid)
    ):
        sums[unit] = sums.get(unit, 0) + minor
    return [{"minor": n, "currency": c, "exponent": e} for (c, e), n in sorted(sums.items())]


def _converted(sums: Mapping[tuple[str, int], int], context: HealthContext) -> Money | None:
    if context.currency is None or any(c not in context.rates for c, _ in sums):
        return None
    major = math.fsum(n / 10**e * context.rates[c] for (c, e), n in sorted(sums.items()))
    exponent = EXPONENTS.get(context.currency, 2)
    minor = math.floor(major * 10**exponent + 0.5)
    return {"minor": minor, "currency": context.currency, "exponent": exponent}


def ratio(now: Money, then: Money, rates: Mapping[str, float]) -> float | None:
    """How many times `then` `now` is, at today's rates for both; None if that cannot be said."""
    if not then["minor"]:
        return None
    worth = [money["minor"] / 10 ** money["exponent"] for money in (now, then)]
    if now["currency"] == then["currency"]:
        return float(worth[0] / worth[1])
    if now["currency"] not in rates or then["currency"] not in rates:
        return None
    return float(worth[0] * rates[now["currency"]] / (worth[1] * rates[then["currency"]]))
