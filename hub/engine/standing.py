"""What stands beside an account's score: its urgency, the override, and when these move."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from hub.health.context import Money
from hub.health.lifecycle import turning_days
from hub.health.measures import Measure
from hub.health.revision import Revision
from hub.health.scorecard import Scorecard
from hub.health.signals import Signal
from hub.health.urgency import urgency
from hub.store.client import Doc

SOON, FAR = 30, 180
"""Between these days to the renewal urgency grows every day."""


def put(account: Doc, override: Doc | None, today: date) -> None:
    """Put `urgency`, and the `override` that is in force, on an account that has been scored."""
    rollup = account["rollup"]
    health = account["health"]["health"]
    apart = rollup.get("mrr_apart", ())
    account["urgency"] = urgency(health, rollup["mrr"], rollup["renewal_on"], today, apart)
    if override is None:
        account.pop("override", None)
    else:
        account["override"] = override


def due_days(
    account: Doc,
    revision: Revision,
    card: Scorecard,
    measures: Mapping[str, Measure],
    signals: Iterable[Signal],
    today: date,
) -> Iterator[date]:
    """The days on which time alone moves the scorecard, the urgency or the override."""
    facts = account["health"]["lifecycle"]
    tomorrow = today + timedelta(days=1)
    yield from (day for day in turning_days(revision.whens, facts, today) if day > today)
    if card.tenure and _is_growing(card, facts, measures, today):
        yield tomorrow
    if any(signal.daily for signal in signals):
        yield tomorrow
    if "override" in account:
        yield account["override"]["expires_at"].date()
    yield from _renewal_days(account["urgency"], today)


def _is_growing(
    card: Scorecard, facts: Mapping[str, Any], measures: Mapping[str, Measure], today: date
) -> bool:
    """A new account is asked for more every day."""
    since = facts.get("subscribed_on")
    if card.tenure is None or since is None:
        return False
    young = today < date.fromisoformat(since) + timedelta(days=card.tenure.days)
    return young and any(
        k in measures and measures[k].value is not None for k in card.tenure.measures
    )


def _renewal_days(urgency: Mapping[str, Any], today: date) -> Iterator[date]:
    renewal_on = urgency["renewal_on"]
    if not renewal_on:
        return
    renewal = date.fromisoformat(renewal_on)
    yield from (day for day in (renewal + timedelta(days=1),) if day > today)
    if urgency["priority"] is not None and renewal > today + timedelta(days=SOON):
        yield max(today + timedelta(days=1), renewal - timedelta(days=FAR - 1))


def amount_key(money: Money | None) -> str:
    """A text that sorts amounts, those of each currency together; "" for none."""
    if money is None:
        return ""
    micro = money["minor"] * 10 ** (6 - money["exponent"])
    return f"{money['currency']}{micro:024d}" if micro >= 0 else f"{money['currency']}-"
