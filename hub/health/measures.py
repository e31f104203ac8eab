"""The 17 measures of an account and the signals of plugins, each in one of five states.

ok: computed; a connected, linked source with no rows is a real zero.
not_configured: the tenant has no source or list for it, so it is left out for the whole tenant.
unlinked: the source does not know this account, or is not whole yet, or has been stale for a week.
no_answer: the source knows the account and has no answer (no rating, too young).
stale: past the freshness limit; the value is as of the day on which the source was last fresh, so
that time passing over a broken source moves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Literal, NamedTuple

from hub.health import adoption, commercial, delivery, relationship, sentiment, support
from hub.health.context import UNLINKED_AFTER, HealthContext, SourceFreshness
from hub.health.signals import Answer, Observed, Signal
from hub.health.view import Reading, View, no_answer

MeasureState = Literal["ok", "not_configured", "unlinked", "no_answer", "stale"]
STALE_KNOWN = 0.5


class Measure(NamedTuple):
    """One measure of one account on one day.

    `known`: share of its weight that counts as covered (ok 1, stale a half, none 0, a fading pulse
    between). `caps`: guard rails raised by its facts. `broken`: it lost its value because a source
    that knows the account has been stale for too long, or is not whole yet.
    `blend`: share of the measure's score that comes from `value`; the rest is the reference.
    `ages`: with nothing new, the value is one more tomorrow.
    """

    key: str
    state: MeasureState
    value: float | None
    unit: str
    text: str
    evidence: tuple[str, ...] = ()
    source: str | None = None
    fresh_at: datetime | None = None
    known: float = 0.0
    caps: tuple[str, ...] = ()
    broken: bool = False
    blend: float = 1.0
    ages: bool = False
    title: str = ""
    """Of a signal; our own measures have theirs in `words`."""


@dataclass(frozen=True, slots=True)
class _Supply:
    """What stands behind a measure: whether it can be read, as of which day, and from where."""

    state: Literal["ok", "stale", "unlinked", "not_configured"]
    as_of: date
    text: str = ""
    source: str | None = None
    fresh_at: datetime | None = None
    broken: bool = False


_TOUCHES = ("activity", "ticket")
_MEASURES: tuple[tuple[str, str, tuple[str, ...], Callable[[View], Reading]], ...] = (
    ("seat_utilisation", "ratio", ("usage",), adoption.seat_utilisation),
    ("usage_trend", "ratio", ("usage",), adoption.usage_trend),
    ("usage_recency", "days", ("usage",), adoption.usage_recency),
    ("feature_breadth", "ratio", ("usage",), adoption.feature_breadth),
    ("open_urgent", "tickets", ("ticket",), support.open_urgent),
    ("ticket_load", "tickets per 25 seats", ("ticket",), support.ticket_load),
    ("oldest_waiting", "days", ("ticket",), support.oldest_waiting),
    ("reopens", "reopenings", ("ticket",), support.reopens),
    ("payment", "days", ("invoice",), commercial.payment),
    ("mrr_trend", "ratio", ("subscription",), commercial.mrr_trend),
    ("csm_pulse", "level", (), sentiment.csm_pulse),
    ("csat", "ratio", ("satisfaction",), sentiment.csat),
    ("nps", "points", ("satisfaction",), sentiment.nps),
    ("last_interaction", "days", _TOUCHES, relationship.last_interaction),
    ("engaged_contacts", "contacts", _TOUCHES, relationship.engaged_contacts),
    ("overdue_items", "items", ("work_item",), delivery.overdue_items),
    ("oldest_bug", "days", ("work_item",), delivery.oldest_bug),
)
KEYS = tuple(key for key, *_ in _MEASURES)
_GROUPS = tuple(dict.fromkeys(group for _, _, group, _ in _MEASURES))


def measure(
    state: Mapping[str, Any],
    context: HealthContext,
    today: date,
    signals: Sequence[Signal] = (),
    observed: Observed | None = None,
) -> dict[str, Measure]:
    """All 17 measures by key, in the order of the scorecard, and then the signals.

    `observed` is what the signals are given; a signal's `compute` may also answer with a sentence
    that says why it could not.
    """
    supplies = {group: _supply(group, context, today) for group in _GROUPS}
    usable = frozenset(g[0] for g, s in supplies.items() if len(g) == 1 and _readable(s))
    views: dict[date, View] = {}
    found = {}
    for key, unit, group, read in _MEASURES:
        supply = supplies[group]
        if supply.as_of not in views:
            views[supply.as_of] = View(state, context, supply.as_of, usable)
        reading = read(views[supply.as_of]) if _readable(supply) else None
        found[key] = _measured(key, unit, supply, reading)
    for signal in signals if observed is not None else ():
        found[signal.name] = _signalled(signal, observed, context, today)
    return found


def _signalled(
    signal: Signal, observed: Observed | None, context: HealthContext, today: date
) -> Measure:
    assert observed is not None
    supply = _supply(signal.needs, context, today)
    if not signal.needs:
        supply = replace(supply, source=signal.plugin or None)
    reading = None
    if _readable(supply):
        said: object = signal.compute(observed, supply.as_of)
        if isinstance(said, Answer):
            reading = Reading(said.value, said.text, tuple(said.evidence))
        else:
            reading = no_answer(said if isinstance(said, str) else "the signal has no answer")
    return _measured(signal.name, signal.unit, supply, reading)._replace(title=signal.title)


def _readable(supply: _Supply) -> bool:
    return supply.state in ("ok", "stale")


def _measured(key: str, unit: str, supply: _Supply, reading: Reading | None) -> Measure:
    source, fresh_at = supply.source, supply.fresh_at
    if reading is None:
        lost = supply.broken
        return Measure(
            key, supply.state, None, unit, supply.text, (), source, fresh_at, broken=lost
        )
    state = reading.missing or supply.state
    known = reading.known * (STALE_KNOWN if supply.state == "stale" else 1.0)
    return Measure(
        key,
        state,
        reading.value,
        unit,
        reading.text,
        reading.evidence,
        source,
        fresh_at,
        known,
        reading.caps,
        blend=reading.known,
        ages=reading.ages and supply.state == "ok",
    )


def _supply(group: tuple[str, ...], context: HealthContext, today: date) -> _Supply:
    """The worst of the sources that know the account; one of several broken could hide a fact."""
    if not group:
        return _Supply("ok", today, source="manual")
    connected = [c for c in group if c in context.sources and context.sources[c].connected]
    if not connected:
        return _Supply("not_configured", today, "no source for this is connected")
    linked = [context.sources[c] for c in connected if c in context.linked]
    if not linked:
        names = ", ".join(sorted({context.sources[c].source or c for c in connected}))
        return _Supply("unlinked", today, f"{names} does not know this account", names)
    return max(
        (_one_supply(source, context.now, today) for source in linked),
        key=lambda supply: (_RANK[supply.state], -supply.as_of.toordinal()),
    )


_RANK = {"ok": 0, "stale": 1, "unlinked": 2}


def _one_supply(source: SourceFreshness, now: datetime, today: date) -> _Supply:
    name, fresh_at = source.source or None, source.fresh_at
    if fresh_at is None:
        text = f"{name or 'the source'} has not been read whole yet"
        return _Supply("unlinked", today, text, name, broken=True)
    late_s = (now - fresh_at).total_seconds() - source.stale_after_s
    if late_s <= 0:
        return _Supply("ok", today, "", name, fresh_at)
    if late_s > UNLINKED_AFTER.total_seconds():
        text = f"{name or 'the source'} was last fresh on {fresh_at:%Y-%m-%d}"
        return _Supply("unlinked", today, text, name, fresh_at, broken=True)
    as_of = min(today, fresh_at.astimezone(UTC).date())
    return _Supply("stale", as_of, "", name, fresh_at)
