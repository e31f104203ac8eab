"""Pairwise precision and recall: what was found to be one, against what is one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations


@dataclass(frozen=True, slots=True)
class Held:
    """One living record: its system, who it really is, its kind of mess, and where it was put."""

    key: str
    system: str
    truth: str
    mess: str
    home: str


@dataclass(slots=True)
class Score:
    """Pairs of records of different systems: found and right, found and wrong, not found."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)

    @property
    def precision(self) -> float:
        """The share of the pairs found that are right; 1 where nothing was found."""
        found = self.right.total() + self.wrong.total()
        return self.right.total() / found if found else 1.0

    @property
    def recall(self) -> float:
        """The share of the pairs that are one which were found; 1 where there is none."""
        wanted = self.right.total() + self.missed.total()
        return self.right.total() / wanted if wanted else 1.0

    def of(self, mess: str) -> tuple[float, float]:
        """(precision, recall) of one kind of mess."""
        right, wrong, missed = (c[mess] for c in (self.right, self.wrong, self.missed))
        return right / (right + wrong or 1) if right + wrong else 1.0, right / (right + missed or 1)


def score(records: Iterable[Held], moved: Mapping[str, str] | None = None) -> Score:
    """Count the pairs. moved: homes that became another, such as by decisions of people.

    A wrong pair counts for the mess of both its records (once where that is the same), so that
    the sum over the kinds may be more than all wrong pairs; `Score.wrong` counts each pair once
    under the mess of the first record by key.
    """
    moved = moved or {}
    by_truth: dict[str, list[Held]] = defaultdict(list)
    by_home: dict[str, list[Held]] = defaultdict(list)
    for record in sorted(records, key=lambda r: r.key):
        by_truth[record.truth].append(record)
        by_home[moved.get(record.home, record.home)].append(record)
    made = Score()
    for found in by_home.values():
        for a, b in _apart(found):
            (made.right if a.truth == b.truth else made.wrong)[a.mess] += 1
    for one in by_truth.values():
        for a, b in _apart(one):
            if moved.get(a.home, a.home) != moved.get(b.home, b.home):
                made.missed[a.mess] += 1
    return made


def _apart(records: Sequence[Held]) -> Iterable[tuple[Held, Held]]:
    return ((a, b) for a, b in combinations(records, 2) if a.system != b.system)


def joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Home -> the home that stands for it, after each of these pairs has become one."""
    root: dict[str, str] = {}

    def top(one: str) -> str:
        while one in root:
            one = root[one]
        return one

    for a, b in pairs:
        if top(a) != top(b):
            root[top(b)] = top(a)
    return {one: top(one) for one in root}
