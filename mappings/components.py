"""Connected components under constraints: who may still join whom.

Constraints are checked on whole components, since two harmless pairs can make a forbidden triple.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from mappings.evidence import Decision

SIZE_CAP = 50
"""The most records one component may hold."""


class Components:
    """A union-find over record keys that knows each component's size and live records.

    `guarded` gives, for each live record of an authoritative source, its connection; at most one
    such record of a connection may be in a component. `apart`: decisions that keep their two sides
    in different components.
    """

    def __init__(
        self,
        keys: Iterable[str],
        living: frozenset[str],
        guarded: Mapping[str, str],
        apart: Sequence[Decision] = (),
    ) -> None:
        self._parent = {key: key for key in keys}
        self._size = dict.fromkeys(self._parent, 1)
        self._living = {key: key in living for key in self._parent}
        self._guarded = {key: {connection} for key, connection in guarded.items()}
        self._sides = _sides(self._parent, apart)

    def together(self, a: str, b: str) -> bool:
        """Whether two records are in one component already."""
        return self._root(a) == self._root(b)

    def refusal(self, a: str, b: str) -> str | None:
        """Why the components of two records may not become one; None when they may."""
        one, other = self._root(a), self._root(b)
        twice = self._guarded.get(one, set()) & self._guarded.get(other, set())
        if twice:
            return f"it would put two live records of connection {min(twice)} into one"
        if self._size[one] + self._size[other] > SIZE_CAP:
            return f"it would make one of more than {SIZE_CAP} records"
        return None

    def forbidden(self, a: str, b: str) -> str | None:
        """Why a person does not let the components of two records become one; None if nobody."""
        one, other = self._root(a), self._root(b)
        if one == other:
            return None
        against = {(name, not side) for name, side in self._sides.get(other, ())}
        kept = self._sides.get(one, set()) & against
        return f"a person said that they are not the same ({min(kept)[0]})" if kept else None

    def both_live(self, a: str, b: str) -> bool:
        """Whether each of the two components holds a live record."""
        return self._living[self._root(a)] and self._living[self._root(b)]

    def join(self, a: str, b: str) -> None:
        """Make the components of two records one."""
        one, other = self._root(a), self._root(b)
        if one == other:
            return
        self._parent[other] = one
        self._size[one] += self._size[other]
        self._living[one] = self._living[one] or self._living[other]
        self._guarded[one] = self._guarded.get(one, set()) | self._guarded.get(other, set())
        if other in self._sides:
            self._sides[one] = self._sides.get(one, set()) | self._sides[other]

    def all(self) -> list[frozenset[str]]:
        """Every component, ordered by its smallest key."""
        members: dict[str, set[str]] = defaultdict(set)
        for key in self._parent:
            members[self._root(key)].add(key)
        return sorted(map(frozenset, members.values()), key=min)

    def _root(self, key: str) -> str:
        while self._parent[key] != key:
            self._parent[key] = key = self._parent[self._parent[key]]
        return key


def _sides(known: Mapping[str, str], apart: Iterable[Decision]) -> dict[str, set[tuple[str, bool]]]:
    """Of each record the decisions that keep it from others, each with the side it is on."""
    found: dict[str, set[tuple[str, bool]]] = defaultdict(set)
    for decision in apart:
        for side, keys in ((False, decision.left), (True, decision.right)):
            for key in keys:
                if key in known:
                    found[key].add((decision.id, side))
    return dict(found)
