"""Where an account stands in its life, and which scorecard of a revision asks about it.

A condition is one fact and one test: {"fact": "tenure_days", "below": 90},
{"fact": "lifecycle", "in": ["trial"]}, {"fact": "go_live", "unset": true}. A fact that is not known
fits no condition but `unset`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from hub.health.checks import check, known_keys, words
from hub.health.context import HealthContext
from hub.health.state import renewal_on, seats

Facts = Mapping[str, Any]
NUMBERS = ("tenure_days", "days_to_renewal", "seats", "employees")
WORDS = ("lifecycle", "tier", "industry", "country")
UNSET = ("go_live",)
FACTS = (*NUMBERS, *WORDS, *UNSET)
TESTS = ("below", "at_most", "at_least")
ENDED = ("canceled", "incomplete_expired")


@dataclass(frozen=True, slots=True)
class Condition:
    """One fact and what has to hold of it."""

    fact: str
    test: Literal["below", "at_most", "at_least", "in", "unset"]
    value: Any

    def fits(self, facts: Facts) -> bool:
        if self.test == "unset":
            return facts.get(self.fact) == "" if self.value else bool(facts.get(self.fact))
        known = facts.get(self.fact)
        if known is None or known == "":
            return False
        if self.test == "in":
            return known in self.value
        if self.test == "below":
            return bool(known < self.value)
        return bool(known <= self.value if self.test == "at_most" else known >= self.value)


@dataclass(frozen=True, slots=True)
class When:
    """When a card is the one that counts: any of the conditions, or all of them."""

    way: Literal["any", "all"]
    conditions: tuple[Condition, ...]

    def fits(self, facts: Facts) -> bool:
        held = (condition.fits(facts) for condition in self.conditions)
        return any(held) if self.way == "any" else all(held)


def when_of(document: Mapping[str, Any], field: str) -> When:
    """Check the predicate of a card. Raises CorrectInput."""
    known_keys(document, ("any", "all"), field)
    check(len(document) == 1, field, "give either `any` or `all`, a list of conditions")
    way, given = next(iter(document.items()))
    check(
        isinstance(given, list) and bool(given), f"{field}.{way}", "at least one condition is due"
    )
    conditions = tuple(_condition(c, f"{field}.{way}.{n}") for n, c in enumerate(given))
    return When("any" if way == "any" else "all", conditions)


def _condition(given: Mapping[str, Any], field: str) -> Condition:
    known_keys(given, ("fact", *TESTS, "in", "unset"), field)
    fact = given.get("fact")
    check(fact in FACTS, f"{field}.fact", f"no such fact; there are {', '.join(FACTS)}")
    tests = [key for key in given if key != "fact"]
    check(len(tests) == 1, field, "one test is due: below, at_most, at_least, in or unset")
    test, value = tests[0], given[tests[0]]
    if test in TESTS:
        sentence = f"`{test}` is for the numbers {', '.join(NUMBERS)}"
        check(fact in NUMBERS and _plain_number(value), f"{field}.{test}", sentence)
    elif test == "in":
        check(fact in WORDS, f"{field}.in", f"`in` is for {', '.join(WORDS)}")
        value = words(value, f"{field}.in")
    else:
        check(fact in UNSET and isinstance(value, bool), f"{field}.unset", "`unset` is for go_live")
    return Condition(str(fact), test, value)  # type: ignore[arg-type]


def _plain_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9


def facts_of(
    state: Mapping[str, Any],
    flat: Mapping[str, Any],
    context: HealthContext,
    today: date,
    go_live_field: str | None = None,
) -> dict[str, Any]:
    """What is known of the account's life; what is not known is left out.

    Days and not ages, so that the facts of a quiet account stay the same: `dated` makes ages of
    them. subscribed_on: when the first subscription began. renewal_on: see `state.renewal_on`.
    go_live: the day, "" when the tenant names a field for it and the account has none. trial: on
    trial by its lifecycle, or because nothing but trials is subscribed.
    """
    subscriptions = list(state.get("items", {}).get("subscriptions", {}).values())
    found: dict[str, Any] = {
        "subscribed_on": min(
            [s["started_day"] for s in subscriptions if "started_day" in s], default=None
        ),
        "renewal_on": renewal_on(subscriptions, context, today.isoformat()),
        "seats": seats(state, context),
        **{name: flat.get(name) for name in ("employees", *WORDS)},
        "trial": _on_trial(subscriptions, flat) or None,
    }
    if go_live_field:
        found["go_live"] = str(flat.get(go_live_field) or "")[:10]
    return {name: value for name, value in found.items() if value is not None}


def dated(facts: Facts, today: date) -> Facts:
    """The facts with the two ages that conditions ask for, as of a day.

    tenure_days: since the first subscription began. days_to_renewal: below nought when it passed.
    """
    found = dict(facts)
    if "subscribed_on" in facts:
        found["tenure_days"] = max(0, -_days_to(facts["subscribed_on"], today))
    if "renewal_on" in facts:
        found["days_to_renewal"] = _days_to(facts["renewal_on"], today)
    return found


def _days_to(day: str, today: date) -> int:
    return date.fromisoformat(day[:10]).toordinal() - today.toordinal()


def _on_trial(subscriptions: Sequence[Mapping[str, Any]], flat: Mapping[str, Any]) -> bool:
    live = [s.get("status") for s in subscriptions if s.get("status") not in ENDED]
    return flat.get("lifecycle") == "trial" or (bool(live) and set(live) == {"trialing"})


def turning_days(whens: Sequence[When], facts: Facts, today: date) -> Iterator[date]:
    """The days on which time alone can make a condition hold or fail."""
    facts = dated(facts, today)
    for condition in (c for when in whens for c in when.conditions):
        if condition.test in TESTS and condition.fact in facts:
            edge = int(condition.value)
            if condition.fact == "tenure_days":
                yield from _around(today + timedelta(days=edge - facts["tenure_days"]))
            elif condition.fact == "days_to_renewal":
                yield from _around(today + timedelta(days=facts["days_to_renewal"] - edge))


def _around(day: date) -> Iterator[date]:
    """A number may turn on the day of its edge or on the next one, by how it is compared."""
    yield day
    yield day + timedelta(days=1)
