"""A scorecard document as a form: every value a text in a named field, and back."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from hub.errors import CorrectInput
from hub.store.client import Doc

Texts = dict[str, str]
LISTS = ("key_features", "ignored_events", "internal_domains")


def texts(document: Doc) -> Texts:
    """{field name: text} of a document; `read` is the way back."""
    found: Texts = {
        "bands.yellow": _number(document["bands"]["yellow"]),
        "bands.green": _number(document["bands"]["green"]),
        "currency": document.get("currency") or "",
        "go_live_field": document.get("go_live_field") or "",
        "rates": "\n".join(f"{code} {_number(r)}" for code, r in document.get("rates", {}).items()),
        "windows": "\n".join(f"{key} {days}" for key, days in document.get("windows", {}).items()),
        **{name: "\n".join(document.get(name, ())) for name in LISTS},
    }
    for group in ("hysteresis", "pulse", "seats", "caps"):
        for key, value in document.get(group, {}).items():
            found[f"{group}.{key}"] = value if isinstance(value, str) else _number(value)
    for card in document["scorecards"]:
        found |= _card_texts(card)
    return found


def _card_texts(card: Doc) -> Texts:
    key = card["key"]
    found = {f"{key}.when": json.dumps(card["when"], indent=1)} if "when" in card else {}
    for dimension in card["dimensions"]:
        place = f"{key}.{dimension['key']}"
        found[place] = _number(dimension["weight"])
        for rule in dimension["measures"]:
            here = f"{place}.{rule['key']}"
            found[f"{here}.weight"] = _number(rule["weight"])
            found[f"{here}.curve"] = ", ".join(
                f"{_number(x)}:{_number(y)}" for x, y in rule["curve"]
            )
            reference = rule.get("reference")
            found[f"{here}.reference"] = "" if reference is None else _number(reference)
    return found


def with_signals(document: Doc, signals: Sequence[Mapping[str, Any]]) -> Doc:
    """The document with every signal of a plugin in its dimension, without weight where it has
    none, so that the form offers it."""
    made: Doc = json.loads(json.dumps(document))
    for card in made["scorecards"]:
        present = {rule["key"] for d in card["dimensions"] for rule in d["measures"]}
        for signal in signals:
            if signal["key"] not in present:
                _offer(card, signal)
    return made


def _offer(card: Doc, signal: Mapping[str, Any]) -> None:
    home = next((d for d in card["dimensions"] if d["key"] == signal["dimension"]), None)
    if home is None:
        home = {"key": signal["dimension"], "weight": 0, "measures": []}
        card["dimensions"].append(home)
    home["measures"].append({"key": signal["key"], "weight": 0, "curve": signal["curve"]})


def read(base: Doc, given: Mapping[str, str]) -> Doc:
    """The document that a filled form describes; `base` says which fields there are.

    Raises CorrectInput with the field where a text is no number or no curve.
    """
    made: Doc = {name: _lines(given.get(name, "")) for name in LISTS}
    made["bands"] = {key: _float(given, f"bands.{key}") for key in ("yellow", "green")}
    made["hysteresis"] = {
        "points": _float(given, "hysteresis.points"),
        "closes": _whole(given, "hysteresis.closes"),
    }
    made["pulse"] = {key: _whole(given, f"pulse.{key}") for key in ("full_days", "gone_days")}
    made["seats"] = {key: given.get(f"seats.{key}", "") for key in ("source", "field")}
    made["caps"] = {
        key: _float(given, f"caps.{key}") for key in base["caps"] if given.get(f"caps.{key}", "")
    }
    made["windows"] = {k: _whole_of(v, "windows") for k, v in _pairs(given, "windows")}
    made["currency"] = given.get("currency", "").strip().upper() or None
    made["rates"] = {k.upper(): _float_of(v, "rates") for k, v in _pairs(given, "rates")}
    made["go_live_field"] = given.get("go_live_field", "").strip() or None
    made["scorecards"] = [_card(card, given) for card in base["scorecards"]]
    return made


def _card(base: Doc, given: Mapping[str, str]) -> Doc:
    key = base["key"]
    made: Doc = {"key": key}
    if "when" in base:
        made["when"] = _json(given.get(f"{key}.when", ""), f"{key}.when")
    if "scaled_by_tenure" in base:
        made["scaled_by_tenure"] = base["scaled_by_tenure"]
    dimensions = [_dimension(f"{key}.{d['key']}", d, given) for d in base["dimensions"]]
    made["dimensions"] = [d for d in dimensions if d["measures"]]
    return made


def _dimension(place: str, base: Doc, given: Mapping[str, str]) -> Doc:
    rules = [_rule(f"{place}.{rule['key']}", rule["key"], given) for rule in base["measures"]]
    weighty = [rule for rule in rules if rule["weight"]]
    return {"key": base["key"], "weight": _float(given, place), "measures": weighty}


def _rule(place: str, key: str, given: Mapping[str, str]) -> Doc:
    made = {
        "key": key,
        "weight": _float(given, f"{place}.weight"),
        "curve": _curve(given.get(f"{place}.curve", ""), f"{place}.curve"),
    }
    if given.get(f"{place}.reference", "").strip():
        made["reference"] = _float(given, f"{place}.reference")
    return made


def _curve(text: str, field: str) -> list[list[float]]:
    try:
        pairs = [part.split(":") for part in text.split(",")]
        return [[_plain(float(x)), _plain(float(y))] for x, y in pairs]
    except ValueError:
        sentence = f"{field}: points such as 0:0, 0.5:50, 1:100 are due, not {text[:80]!r}."
        raise CorrectInput(sentence, field=field) from None


def _json(text: str, field: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        sentence = f'{field}: a condition such as {{"any": [...]}} is due, as JSON.'
        raise CorrectInput(sentence, field=field) from None


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _pairs(given: Mapping[str, str], field: str) -> list[tuple[str, str]]:
    found = []
    for line in _lines(given.get(field, "")):
        name, _, value = line.replace("=", " ").replace(":", " ").partition(" ")
        found.append((name, value.strip()))
    return found


def _float(given: Mapping[str, str], field: str) -> float:
    return _float_of(given.get(field, ""), field)


def _float_of(text: str, field: str) -> float:
    try:
        found = float(text)
    except ValueError:
        raise CorrectInput(f"{field}: a number is due, not {text[:40]!r}.", field=field) from None
    if not math.isfinite(found):
        raise CorrectInput(f"{field}: a number is due, not {text[:40]!r}.", field=field)
    return _plain(found)


def _whole(given: Mapping[str, str], field: str) -> int:
    return _whole_of(given.get(field, ""), field)


def _whole_of(text: str, field: str) -> int:
    found = _float_of(text, field)
    if not float(found).is_integer():
        raise CorrectInput(f"{field}: a whole number is due, not {text[:40]!r}.", field=field)
    return int(found)


def _plain(value: float) -> float:
    """A whole number is stored as one, so that nothing seems changed that was not."""
    return int(value) if value.is_integer() else value


def _number(value: float) -> str:
    return f"{value:.10g}"
