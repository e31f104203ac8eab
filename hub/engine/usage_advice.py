"""What could be better about the names of events: warnings with a suggestion, no refusal. Pure.

A good name is an object and what was done to it, in the manner of writing that most of the
tenant's names have ("Report Exported"), and says nothing that belongs into a property.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from hub.engine.usage_derive import plain_name
from hub.engine.usage_person import OTHER

FEWEST = 3
"""So many names of one manner make it the tenant's own."""
_TAIL = re.compile(r"\d{3,}|[0-9a-f]{8,}|@|://", re.IGNORECASE)
_STYLES: Mapping[str, tuple[re.Pattern[str], Callable[[list[str]], str]]] = {
    "Title Case": (
        re.compile(r"[A-Z][^\W_]*(?: [A-Z0-9][^\W_]*)*"),
        lambda words: " ".join(w[:1].upper() + w[1:] for w in words),
    ),
    "snake_case": (re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*"), "_".join),
    "kebab-case": (re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+"), "-".join),
    "camelCase": (
        re.compile(r"[a-z]+[a-z0-9]*(?:[A-Z][a-z0-9]*)+"),
        lambda words: words[0] + "".join(w[:1].upper() + w[1:] for w in words[1:]),
    ),
    "Sentence case": (
        re.compile(r"[A-Z][^\W_]*(?: [a-z0-9][^\W_]*)+"),
        lambda words: " ".join(words).capitalize(),
    ),
}


@dataclass(frozen=True, slots=True)
class Named:
    """One name of the catalogue."""

    id: str
    kind: str
    name: str
    volume: int


@dataclass(frozen=True, slots=True)
class Advice:
    """`rule`: twin, varying, style. `suggestion` may be empty."""

    rule: str
    sentence: str
    suggestion: str = ""


def advise(names: Iterable[Named]) -> dict[str, list[Advice]]:
    """{id: warnings} for the track calls of one source; names that are well are left out."""
    tracked = [n for n in names if n.kind == "track" and n.name not in (OTHER, "(track)")]
    manner = style_of_most(n.name for n in tracked)
    twins: dict[str, list[Named]] = {}
    for one in tracked:
        twins.setdefault(plain_name(one.name), []).append(one)
    found = {}
    for one in tracked:
        advice = [*_twin(one, twins[plain_name(one.name)]), *_varying(one), *_style(one, manner)]
        if advice:
            found[one.id] = advice
    return found


def style_of(name: str) -> str:
    """The manner of writing; "" for a mixture."""
    return next((s for s, (pattern, _) in _STYLES.items() if pattern.fullmatch(name)), "")


def style_of_most(names: Iterable[str]) -> str:
    """The manner that most names have; Title Case while there are few."""
    counts = Counter(filter(None, map(style_of, names)))
    best = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:1]
    return best[0][0] if best and best[0][1] >= FEWEST else "Title Case"


def written(name: str, manner: str) -> str:
    """The name in another manner of writing."""
    words = plain_name(name).split()
    return _STYLES[manner][1](words) if words else name


def _twin(one: Named, same: list[Named]) -> list[Advice]:
    if len(same) < 2:
        return []
    most = max(same, key=lambda n: (n.volume, n.name))
    others = ", ".join(sorted(n.name for n in same if n.id != one.id))
    if most.id == one.id:
        return [Advice("twin", f"It is also written {others}; they are counted apart.")]
    return [Advice("twin", f"It seems to be the same as {others}.", most.name)]


def _varying(one: Named) -> list[Advice]:
    if not _TAIL.search(one.name):
        return []
    fixed = " ".join(w for w in one.name.split() if not _TAIL.search(w))
    return [
        Advice("varying", "It holds a number, an id or an address: say that in a property.", fixed)
    ]


def _style(one: Named, manner: str) -> list[Advice]:
    if style_of(one.name) == manner:
        return []
    return [Advice("style", f"Most names are in {manner}.", written(one.name, manner))]
