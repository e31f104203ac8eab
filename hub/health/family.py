"""A parent account's health by its children: their mean weighted by revenue, and the worst one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.health.context import Money

DEEPEST = 10
"""Levels above an account beyond which its own children are not counted."""


@dataclass(frozen=True, slots=True)
class Child:
    """A child as its parent counts it; `health` is that of its own family where that counts."""

    id: str
    name: str
    health: float | None
    band: str
    mrr: Money | None = None
    trial: bool = False


def family(
    own: float | None, own_seats: bool, mrr: Money | None, children: Sequence[Child]
) -> dict[str, Any]:
    """What a parent shows beside its own score.

    {"basis": "own" when it has seats of its own, else "children"; "health", "mean": of children;
    "children", "counted", "left_out": [[reason, n], ...], "weights": "mrr" or "equal",
    "worst_child": {"id", "name", "health", "band"} or None, "mrr": money or None, "sentence"}.
    """
    counted = [child for child in children if _reason(child) is None]
    weights, by_mrr = _weights(counted)
    mean = _mean(counted, weights)
    worst = min(counted, key=lambda c: (c.health or 0.0, c.name, c.id), default=None)
    basis = "own" if own_seats else "children"
    found = {
        "basis": basis,
        "health": own if own_seats else mean,
        "mean": mean,
        "children": len(children),
        "counted": len(counted),
        "left_out": _left_out(children),
        "weights": "mrr" if by_mrr else "equal",
        "worst_child": _card(worst) if worst else None,
        "mrr": _total([mrr, *(child.mrr for child in children)]),
    }
    return {**found, "sentence": _sentence(found)}


def _reason(child: Child) -> str | None:
    if child.band == "churned":
        return "left"
    if child.trial:
        return "on trial"
    return "health not known" if child.health is None else None


def _left_out(children: Sequence[Child]) -> list[list[Any]]:
    reasons = [reason for child in children if (reason := _reason(child))]
    return [[reason, reasons.count(reason)] for reason in sorted(set(reasons))]


def _weights(children: Sequence[Child]) -> tuple[list[float], bool]:
    """By revenue where all amounts are known in one currency and one is above nought."""
    amounts = [child.mrr for child in children]
    known = [money for money in amounts if money is not None]
    units = {money["currency"] for money in known}
    if len(known) == len(amounts) and len(units) == 1 and any(m["minor"] > 0 for m in known):
        return [max(0, m["minor"]) / 10 ** m["exponent"] for m in known], True
    return [1.0] * len(children), False


def _mean(children: Sequence[Child], weights: Sequence[float]) -> float | None:
    if not children:
        return None
    weighted = math.fsum((c.health or 0.0) * w for c, w in zip(children, weights, strict=True))
    return weighted / math.fsum(weights)


def _total(amounts: Sequence[Money | None]) -> dict[str, Any] | None:
    known = [money for money in amounts if money is not None]
    if not known or len({(m["currency"], m["exponent"]) for m in known}) > 1:
        return None
    return {**known[0], "minor": sum(money["minor"] for money in known)}


def _card(child: Child) -> dict[str, Any]:
    return {"id": child.id, "name": child.name, "health": child.health, "band": child.band}


def _sentence(found: Mapping[str, Any]) -> str:
    n, counted = found["children"], found["counted"]
    left = "; ".join(f"{count} {reason}" for reason, count in found["left_out"])
    left = f" ({left})" if left else ""
    if not counted:
        return f"None of {n} child accounts can be counted{left}."
    how = "weighted by monthly revenue" if found["weights"] == "mrr" else "each counting alike"
    mean = f"Its {counted} of {n} child accounts{left} have a mean health of {found['mean']:.1f}"
    own = "; it has seats of its own, so its own score counts" if found["basis"] == "own" else ""
    return f"{mean}, {how}{own}."
