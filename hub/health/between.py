"""Why a score moved between any two days: points by measure that add up to the difference."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from hub.health.closes import Close
from hub.health.shown import half_up
from hub.health.words import CAPS, TITLES

REVISION, CAP = "scorecard", "cap"
Part = dict[str, Any]


def between(before: Close, after: Close, rebased: Close | None = None) -> dict[str, Any]:
    """{"delta", "delta_shown", "by": [parts], "caps": {"before", "after"}}, largest part first.

    `rebased` is `before` under the scorecard of `after`, where they differ: what the change of
    scorecard alone did is then a part of its own, and the measures are compared like for like.
    A part: {"key", "points", "points_shown", "before", "after"}, where before and after are
    {"value", "state", "points"} of a measure (None where it was not configured). math.fsum of the
    points is `delta`; the shown points, in tenths, sum to `delta_shown`. With an unknown score on
    either side both are None, and points None.
    """
    ground = rebased or before
    keys = [*after["measures"], *(k for k in ground["measures"] if k not in after["measures"])]
    parts = [_measure(key, before, ground, after) for key in keys]
    parts.append(_part(CAP, after["cap_points"] - ground["cap_points"]))
    if rebased is not None and before["health"] is not None and rebased["health"] is not None:
        parts.append(_part(REVISION, rebased["health"] - before["health"]))
    known = None not in (before["health"], after["health"], ground["health"])
    moved = [part for part in parts if part["points"] or _differs(part)]
    if not known:
        moved = [{**part, "points": None, "points_shown": None} for part in moved]
    else:
        _show(moved)
    return {
        "delta": math.fsum(p["points"] for p in moved) if known else None,
        "delta_shown": sum_shown(moved) if known else None,
        "by": sorted(moved, key=lambda p: (-abs(p["points"] or 0), p["key"])),
        "caps": {"before": _caps(before), "after": _caps(after)},
    }


def sum_shown(parts: Sequence[Part]) -> float:
    """Tenths summed as whole numbers."""
    return float(sum(round(part["points_shown"] * 10) for part in parts)) / 10


def _measure(key: str, before: Close, ground: Close, after: Close) -> Part:
    now, then = after["measures"].get(key), ground["measures"].get(key)
    points = (now or {}).get("points", 0.0) - (then or {}).get("points", 0.0)
    known = before["measures"].get(key)
    return _part(key, points) | {"before": _side(known), "after": _side(now)}


def _part(key: str, points: float) -> Part:
    return {"key": key, "points": points, "before": None, "after": None}


def _side(measure: Mapping[str, Any] | None) -> Part | None:
    return {name: measure[name] for name in ("value", "state", "points")} if measure else None


def _differs(part: Part) -> bool:
    before, after = part["before"] or {}, part["after"] or {}
    return before.get("value") != after.get("value") or before.get("state") != after.get("state")


def _show(parts: Sequence[Part]) -> None:
    """Tenths by largest remainder, so that they sum to the rounded difference."""
    tenths = [part["points"] * 10 for part in parts]
    floors = [math.floor(t) for t in tenths]
    total = int(half_up(math.fsum(tenths)))
    order = sorted(range(len(parts)), key=lambda i: (floors[i] - tenths[i], i))
    for i in order[: total - sum(floors)]:
        floors[i] += 1
    for part, shown in zip(parts, floors, strict=True):
        part["points_shown"] = shown / 10


def _caps(close: Close) -> list[str]:
    return sorted({cap for measure in close["measures"].values() for cap in measure["kept_caps"]})


def sentences(found: Mapping[str, Any], since: str, until: str) -> list[str]:
    """The same in words, one line for each part; lines of parts begin with two spaces."""
    if found["delta"] is None:
        return [f"Between {since} and {until} the score was unknown on one of the two days."]
    if not found["delta_shown"] and not any(p["points_shown"] for p in found["by"]):
        return [f"Between {since} and {until} the score did not move."]
    head = f"Between {since} and {until} the score moved by {found['delta_shown']:+.1f}:"
    return [head, *(f"  {_sentence(p)}" for p in found["by"] if p["points_shown"])]


def _sentence(part: Part) -> str:
    points = f"{part['points_shown']:+.1f}"
    if part["key"] == REVISION:
        return f"{points} another scorecard came into force"
    if part["key"] == CAP:
        return f"{points} caps"
    title = TITLES.get(part["key"], part["key"])
    return f"{points} {title}: {_value(part['before'])} -> {_value(part['after'])}"


def _value(side: Part | None) -> str:
    if side is None:
        return "not configured"
    if side["value"] is None:
        return str(side["state"]).replace("_", " ")
    return f"{half_up(side['value'], 2):g}"


def cap_words(keys: Sequence[str]) -> list[str]:
    """Why the score was held down."""
    return [CAPS.get(key, key) for key in keys]
