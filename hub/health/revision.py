"""A revision of a tenant's scoring: its cards in order, and all that they have in common.

Not to be shaped by anyone: health grows from 0 (worst) to 100 (best), points add up to it, and
every value says where it is from.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, Literal

from hub.health import defaults
from hub.health.checks import check, known_keys, number, whole, words
from hub.health.lifecycle import Facts, When, dated, when_of
from hub.health.measures import KEYS
from hub.health.scorecard import Scorecard, at_tenure, from_document
from hub.health.windows import LONGEST
from mappings.canonical import ENTITIES
from mappings.money import EXPONENTS

Document = dict[str, Any]
SHARED = ("caps", "bands", "hysteresis")
CARD = ("key", "when", "dimensions", "scaled_by_tenure")
SETTINGS = tuple(defaults.document())
CSAT_RATE = 0.9


@dataclass(frozen=True, slots=True)
class Card:
    """A scorecard and when it counts; None for the one that is left for everybody else."""

    scorecard: Scorecard
    when: When | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Revision:
    """A checked revision, `name/number`.

    key_features, ignored_events: names as the events carry them. internal_domains: e-mail domains
    whose people are our own. seats_field: the account's own field; with seat_source `account` it
    counts alone. rates: units of `currency` for one unit of each currency. csat_rate: frozen.
    """

    name: str
    number: int
    cards: tuple[Card, ...]
    key_features: tuple[str, ...] = ()
    ignored_events: frozenset[str] = frozenset()
    internal_domains: frozenset[str] = frozenset()
    seat_source: Literal["subscription", "account"] = "subscription"
    seats_field: str = "seats"
    go_live_field: str | None = None
    pulse_full_days: int = 60
    pulse_gone_days: int = 90
    windows: Mapping[str, int] = field(default_factory=dict)
    currency: str | None = None
    rates: Mapping[str, float] = field(default_factory=dict)
    csat_rate: float = CSAT_RATE

    @property
    def label(self) -> str:
        return f"{self.name}/{self.number}"

    def card_for(self, facts: Facts, today: date) -> Scorecard:
        """The first card whose predicate fits on this day, as it asks an account of its tenure.

        `facts` are those of `lifecycle.facts_of`, which an explanation keeps as `lifecycle`.
        """
        now = dated(facts, today)
        fitting = (c.scorecard for c in self.cards if c.when is None or c.when.fits(now))
        return at_tenure(next(fitting), now.get("tenure_days"))

    @property
    def whens(self) -> tuple[When, ...]:
        return tuple(card.when for card in self.cards if card.when is not None)


@lru_cache(maxsize=1)
def default() -> Revision:
    """`hub-default/1`, which counts until the tenant activates a revision of its own."""
    return check_document(defaults.NAME, defaults.NUMBER, defaults.document())


def check_document(
    name: str,
    number: int,
    document: Mapping[str, Any],
    frozen: Mapping[str, Any] | None = None,
    known: Collection[str] | None = KEYS,
) -> Revision:
    """The revision that a document describes.

    `frozen`: {"references": {card: {measure: score}}, "csat_rate": share} of the tenant then.
    `known` are the measures there are; None takes any. Raises CorrectInput; its `field` says where.
    """
    known_keys(document, SETTINGS, "")
    frozen = frozen or {}
    windows = _windows(document.get("windows", {}))
    currency, rates = _rates(document.get("currency"), document.get("rates", {}))
    full, gone = _pulse(document.get("pulse", {}))
    source, seats_field = _seats(document.get("seats", {}))
    return Revision(
        name=name,
        number=number,
        cards=_cards(name, number, document, frozen, known),
        key_features=words(document.get("key_features", ()), "key_features"),
        ignored_events=frozenset(words(document.get("ignored_events", ()), "ignored_events")),
        internal_domains=_domains(document.get("internal_domains", ())),
        seat_source=source,
        seats_field=seats_field,
        go_live_field=_go_live(document.get("go_live_field")),
        pulse_full_days=full,
        pulse_gone_days=gone,
        windows=windows,
        currency=currency,
        rates=rates,
        csat_rate=float(frozen.get("csat_rate", CSAT_RATE)),
    )


def _cards(
    name: str,
    number: int,
    document: Mapping[str, Any],
    frozen: Mapping[str, Any],
    known: Collection[str] | None,
) -> tuple[Card, ...]:
    given = document.get("scorecards", ())
    check(isinstance(given, list) and bool(given), "scorecards", "at least one scorecard is due")
    keys = [str(card.get("key", "")) for card in given if isinstance(card, Mapping)]
    check(len(set(keys)) == len(given) and all(keys), "scorecards", "each needs a key of its own")
    found = []
    for place, card in enumerate(given):
        known_keys(card, CARD, f"scorecards.{keys[place]}")
        last = place == len(given) - 1
        found.append(_card(name, number, document, card, last, frozen, known))
    return tuple(found)


def _card(
    name: str,
    number: int,
    document: Mapping[str, Any],
    given: Mapping[str, Any],
    last: bool,
    frozen: Mapping[str, Any],
    known: Collection[str] | None,
) -> Card:
    key = str(given["key"])
    place = f"scorecards.{key}.when"
    check(last or "when" in given, place, "only the last scorecard is for everybody: say when")
    check(
        not last or "when" not in given, place, "the last scorecard is for everybody: leave it out"
    )
    shared = {part: document[part] for part in SHARED if part in document}
    label = f"{name}/{number}" if last else f"{name}/{number}#{key}"
    references = frozen.get("references", {}).get(key, {})
    scorecard = from_document({**given, **shared, "revision": label}, references, known)
    return Card(scorecard, None if last else when_of(given["when"], place))


def _windows(given: Mapping[str, Any]) -> dict[str, int]:
    known_keys(given, tuple(LONGEST), "windows")
    for key, days in given.items():
        most = LONGEST[key]
        check(whole(days, 1, most), f"windows.{key}", f"1 to {most} days are due")
    return dict(given)


def _rates(currency: object, rates: Mapping[str, Any]) -> tuple[str | None, dict[str, float]]:
    check(isinstance(rates, Mapping), "rates", 'an object such as {"USD": 0.92} is due')
    if currency is None:
        check(not rates, "currency", "rates are units of one currency: name it")
        return None, {}
    check(currency in EXPONENTS, "currency", "an ISO 4217 code such as EUR is due")
    for code, rate in rates.items():
        check(code in EXPONENTS, f"rates.{code}", "an ISO 4217 code such as USD is due")
        check(number(rate) and rate > 0, f"rates.{code}", "a rate is a number above zero")
    own = rates.get(str(currency), 1)
    check(own == 1, f"rates.{currency}", "one unit of the reporting currency is one unit of it")
    return str(currency), {**{c: float(r) for c, r in rates.items()}, str(currency): 1.0}


def _pulse(given: Mapping[str, Any]) -> tuple[int, int]:
    known_keys(given, ("full_days", "gone_days"), "pulse")
    full, gone = given.get("full_days", 60), given.get("gone_days", 90)
    right = whole(full, 1, 365) and whole(gone, 2, 366) and full < gone
    check(right, "pulse", "1 <= full_days < gone_days <= 366 has to hold")
    return full, gone


def _seats(given: Mapping[str, Any]) -> tuple[Literal["subscription", "account"], str]:
    known_keys(given, ("source", "field"), "seats")
    source, name = given.get("source", "subscription"), given.get("field", "seats")
    check(source in ("subscription", "account"), "seats.source", "subscription or account is due")
    fields = [f.name for f in ENTITIES["account"].fields.values() if f.type == "integer"]
    check(
        name in fields, "seats.field", f"a whole number of the account is due: {', '.join(fields)}"
    )
    return source, name


def _go_live(name: object) -> str | None:
    if name is None:
        return None
    kinds = ("day", "timestamp")
    fields = [f.name for f in ENTITIES["account"].fields.values() if f.type in kinds]
    check(name in fields, "go_live_field", f"a day of the account is due: {', '.join(fields)}")
    return str(name)


def _domains(given: object) -> frozenset[str]:
    found = [domain.strip().lower() for domain in words(given, "internal_domains")]
    for domain in found:
        right = "." in domain and "@" not in domain and " " not in domain
        check(right, "internal_domains", f"{domain!r} is no domain such as example.com")
    return frozenset(found)
