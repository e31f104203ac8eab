"""Whether a score told who would leave: pure, deterministic, and shy of claims.

A snapshot is a score as it was known on a day, with what happened in the days after. Everything
that is reported rests on snapshots alone; which measures *are* the outcome, and who was leaving
already, is for the caller to leave out.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from statistics import fmean, median
from typing import Any

LEAST_CHURNERS = 20
PASSES_ABOVE = 0.6
"""Where the interval of a tenant's AUC has to begin before its scores are called tested."""
ROUNDS, FEWEST_ROUNDS, MOST_STEPS = 300, 60, 20_000_000
DECILES = 10
Scores = Mapping[str, float]
Rate = Callable[["Snapshot"], float]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One account on one day. `measures` holds each measure's score of 0 to 100, None for one that
    rests on its reference value, which is in `references` then.

    left: whether the account left within the horizon; `lead` after how many days. `others` are
    scores of the same day by other means, such as the revision before.
    """

    account: str
    day: str
    health: float
    band: str
    left: bool
    lead: int | None = None
    coverage: float = 1.0
    measures: Mapping[str, float | None] = field(default_factory=dict)
    references: Scores = field(default_factory=dict)
    others: Scores = field(default_factory=dict)


def auc(pairs: Iterable[tuple[float, bool, float]]) -> float | None:
    """How often one who left had the lower score, ties counting a half; None without both kinds.

    `pairs` are (score, left, weight).
    """
    tied: dict[float, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for score, left, weight in pairs:
        tied[score][left] += weight
    return _area([tied[score] for score in sorted(tied)])


def _area(groups: Iterable[Sequence[float]]) -> float | None:
    """From the lowest score on: [weight of those who stayed, of those who left]."""
    below = wins = stayed_all = 0.0
    for stayed, left in groups:
        wins += stayed * (below + left / 2)
        below += left
        stayed_all += stayed
    return wins / (below * stayed_all) if below and stayed_all else None


def interval(
    snapshots: Sequence[Snapshot], rate: Rate, seed: int, rounds: int = ROUNDS
) -> tuple[float, float] | None:
    """95 % by a bootstrap over accounts: all snapshots of an account are drawn together."""
    mine: dict[str, int] = {}
    rows = [(rate(s), s.left, mine.setdefault(s.account, len(mine))) for s in snapshots]
    ranks = {score: n for n, score in enumerate(sorted({row[0] for row in rows}))}
    ranked = [(ranks[score], left, account) for score, left, account in rows]
    rng, found = random.Random(seed), []
    rounds = min(rounds, max(FEWEST_ROUNDS, MOST_STEPS // max(len(rows), 1)))
    for _ in range(rounds):
        drawn = [0] * len(mine)
        for account in rng.choices(range(len(mine)), k=len(mine)):
            drawn[account] += 1
        groups = [[0.0, 0.0] for _ in ranks]
        for rank, left, account in ranked:
            groups[rank][left] += drawn[account]
        area = _area(groups)
        if area is not None:
            found.append(area)
    found.sort()
    return (_at(found, 0.025), _at(found, 0.975)) if len(found) > rounds / 2 else None


def hanley_mcneil(area: float, left: int, stayed: int) -> float:
    """The standard error of an AUC by its size and the two counts alone."""
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    spread = (left - 1) * (one - area**2) + (stayed - 1) * (two - area**2)
    return math.sqrt((area * (1 - area) + spread) / (left * stayed))


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def by_health(snapshot: Snapshot) -> float:
    return snapshot.health


def by_equal_weights(snapshot: Snapshot) -> float:
    """All measures count alike; what is not known rests on its reference."""
    return fmean(_filled(snapshot).values()) if snapshot.measures else snapshot.health


def _filled(snapshot: Snapshot) -> dict[str, float]:
    usual = snapshot.references
    return {k: usual.get(k, 60.0) if v is None else v for k, v in snapshot.measures.items()}


def _by_measure(key: str, snapshot: Snapshot) -> float:
    return _filled(snapshot).get(key, 60.0)


def _by_other(name: str, snapshot: Snapshot) -> float:
    return snapshot.others[name]


def report(
    snapshots: Sequence[Snapshot], horizon: int, seed: int = 1, rounds: int = ROUNDS
) -> dict[str, Any]:
    """Counts always; the rest only with 20 accounts that left, else "refused" says why.

    {"horizon", "seed", "snapshots", "accounts", "left", "base_rate", "by_coverage", "refused",
    "auc", "auc_interval", "hanley_mcneil", "compared", "deciles", "map", "lift", "red",
    "lead_days", "green_before", "passes"}. `left` are accounts.
    """
    ordered = sorted(snapshots, key=lambda s: (s.day, s.account))
    gone = {s.account for s in ordered if s.left}
    found: dict[str, Any] = {
        "horizon": horizon,
        "seed": seed,
        "snapshots": len(ordered),
        "accounts": len({s.account for s in ordered}),
        "left": len(gone),
        "base_rate": fmean(s.left for s in ordered) if ordered else None,
        "by_coverage": by_coverage(ordered),
        "passes": False,
        "refused": None,
    }
    if len(gone) < LEAST_CHURNERS or all(s.left for s in ordered):
        found["refused"] = (
            f"{len(gone)} accounts left; with fewer than {LEAST_CHURNERS}, and some that stayed, "
            "nothing can be claimed of the score."
        )
        return found
    found |= _measured(ordered, seed, rounds)
    found["passes"] = found["auc_interval"] is not None and found["auc_interval"][0] > PASSES_ABOVE
    return found


def _measured(snapshots: Sequence[Snapshot], seed: int, rounds: int) -> dict[str, Any]:
    area = _auc_of(snapshots, by_health)
    left = sum(s.left for s in snapshots)
    return {
        "auc": area,
        "auc_interval": interval(snapshots, by_health, seed, rounds),
        "hanley_mcneil": hanley_mcneil(area or 0.5, left, len(snapshots) - left),
        "compared": compared(snapshots),
        "deciles": deciles(snapshots),
        "map": isotonic(snapshots),
        "lift": lift(snapshots),
        "red": red(snapshots),
        "lead_days": lead_days(snapshots),
        "green_before": green_before(snapshots),
    }


def _auc_of(snapshots: Iterable[Snapshot], rate: Rate) -> float | None:
    return auc((rate(s), s.left, 1.0) for s in snapshots)


def compared(snapshots: Sequence[Snapshot]) -> dict[str, Any]:
    """What simpler means would have reached on the same snapshots.

    The best single measure is chosen after the fact, which flatters it.
    """
    keys = sorted({key for s in snapshots for key in s.measures})
    single = {key: _auc_of(snapshots, partial(_by_measure, key)) for key in keys}
    known = {key: area for key, area in single.items() if area is not None}
    best = max(known, key=lambda key: (known[key], key)) if known else None
    others = sorted({name for s in snapshots for name in s.others})
    return {
        "equal_weights": _auc_of(snapshots, by_equal_weights),
        "best_measure": {"key": best, "auc": known[best]} if best else None,
        "measures": known,
        **{
            name: _auc_of([s for s in snapshots if name in s.others], partial(_by_other, name))
            for name in others
        },
    }


def deciles(snapshots: Sequence[Snapshot]) -> list[dict[str, Any]]:
    """Ten groups of like size from the lowest health on: how many left of each."""
    ordered = sorted(snapshots, key=lambda s: (s.health, s.account, s.day))
    found = []
    for n in range(DECILES):
        first, last = (n * len(ordered) // DECILES, (n + 1) * len(ordered) // DECILES)
        group = ordered[first:last]
        if group:
            rate = fmean(s.left for s in group)
            low, high = group[0].health, group[-1].health
            found.append({"from": low, "to": high, "snapshots": len(group), "rate": rate})
    return found


def isotonic(snapshots: Sequence[Snapshot]) -> list[dict[str, float]]:
    """Health to the chance of leaving, never rising with health: steps {"from", "rate"}."""
    groups: dict[float, list[int]] = defaultdict(lambda: [0, 0])
    for s in snapshots:
        groups[s.health][0] += s.left
        groups[s.health][1] += 1
    steps: list[list[float]] = []
    for health in sorted(groups):
        steps.append([health, float(groups[health][0]), float(groups[health][1])])
        while len(steps) > 1 and steps[-1][1] / steps[-1][2] >= steps[-2][1] / steps[-2][2]:
            _, left, count = steps.pop()
            steps[-1][1] += left
            steps[-1][2] += count
    return [{"from": health, "rate": left / count} for health, left, count in steps]


def lift(snapshots: Sequence[Snapshot]) -> float | None:
    """How many times more often than all those of the worst decile left."""
    base, worst = fmean(s.left for s in snapshots), deciles(snapshots)[0]
    return float(worst["rate"]) / base if base else None


def red(snapshots: Sequence[Snapshot]) -> dict[str, Any]:
    """Precision: those red who left. Recall: those leaving who were red. Of snapshots."""
    called = [s for s in snapshots if s.band == "red"]
    hits = sum(s.left for s in called)
    left = sum(s.left for s in snapshots)
    return {
        "snapshots": len(called),
        "precision": hits / len(called) if called else None,
        "recall": hits / left if left else None,
    }


def lead_days(snapshots: Sequence[Snapshot]) -> dict[str, Any]:
    """Days between an account's first red snapshot of the horizon and its leaving."""
    first: dict[str, int] = {}
    for s in snapshots:
        if s.left and s.band == "red" and s.lead is not None:
            first[s.account] = max(first.get(s.account, 0), s.lead)
    return {"accounts": len(first), "median": median(first.values()) if first else None}


def green_before(snapshots: Sequence[Snapshot]) -> dict[str, Any]:
    """The share of those who left that were green when last seen."""
    last: dict[str, Snapshot] = {}
    for s in snapshots:
        if s.left and (s.account not in last or s.day > last[s.account].day):
            last[s.account] = s
    green = sum(s.band == "green" for s in last.values())
    return {"accounts": green, "share": green / len(last) if last else None}


def by_coverage(snapshots: Sequence[Snapshot]) -> list[dict[str, Any]]:
    """How often those left of whom much, or little, is known: silence may be a sign by itself."""
    edges = ((0.75, 1.01), (0.5, 0.75), (0.3, 0.5))
    found = []
    for low, high in edges:
        group = [s for s in snapshots if low <= s.coverage < high]
        rate = fmean(s.left for s in group) if group else None
        found.append({"from": low, "to": min(high, 1.0), "snapshots": len(group), "rate": rate})
    return found


def chance(steps: Sequence[Mapping[str, float]], health: float) -> float | None:
    """The chance of leaving that an isotonic map gives a health."""
    below = [step["rate"] for step in steps if step["from"] <= health]
    return below[-1] if below else (steps[0]["rate"] if steps else None)


def falls(steps: Sequence[Mapping[str, float]]) -> bool:
    """Whether a map never rises."""
    return all(a["rate"] >= b["rate"] for a, b in pairwise(steps))
