"""What a vendor account allows and what is used of it, as the screen, CLI and API show it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hub.bootstrap import Hub
from hub.breaker import Breaker
from hub.store.client import Doc

WORDS = {1: "a second", 60: "a minute", 3600: "an hour", 86_400: "a day"}
NOTHING: Doc = {
    "windows": [],
    "at_once": {"now": 0, "most": None},
    "pause": None,
    "waiting": [],
    "others_waiting": 0,
    "breaker": {"state": "closed", "until": None, "failures": 0},
}


def of(hub: Hub, connection: Doc) -> Doc:
    """{"windows", "at_once", "pause", "waiting", "others_waiting", "breaker"} of this account.

    A window: `calls` and `per_s` with `title` and `only` (which calls, "" all), `used`, `left`,
    `learnt` (an answer said it; else it is what the vendor publishes), `heard_at`, `resets_at`.
    """
    if connection["connector"] not in hub.plugins.connectors:
        return NOTHING
    budget = hub.budget(connection)
    seen = budget.look()
    if not seen:
        return NOTHING
    waiting = [_waiting(one) for one in seen["waiting"] or []]
    mine = [one for one in waiting if one.pop("who") == connection["_id"]]
    most = hub.connector_of(connection).limits.concurrent if budget.assumed else None
    windows = sorted(seen["windows"] or [], key=lambda w: (w["per"], w["name"]))
    return {
        "windows": [_window(one) for one in windows],
        "at_once": {"now": seen["at_once"], "most": most},
        "pause": _pause(seen.get("pause")),
        "waiting": mine,
        "others_waiting": len(waiting) - len(mine),
        "breaker": _breaker(hub, connection, seen["now"], budget.offset_s),
    }


def _window(one: Doc) -> Doc:
    _, _, only = one["name"].partition(" ")
    per_s = one["per"] / 1000
    return {
        "title": titled(per_s),
        "per_s": per_s,
        "only": only,
        "calls": one["limit"],
        "used": one["used"],
        "left": max(0, one["limit"] - one["used"]),
        "learnt": one["learnt"],
        "heard_at": _at(one.get("heard")),
        "resets_at": _at(one.get("reset")),
    }


def titled(per_s: float) -> str:
    return WORDS.get(int(per_s), f"{per_s:g} seconds")


def _waiting(one: Doc) -> Doc:
    who, _, purpose = one["who"].rpartition("/")
    return {
        "who": who,
        "purpose": purpose,
        "why": _why(one["why"]),
        "since": _at(one["at"]),
        "until": _at(one["til"]),
    }


def _why(window: str) -> str:
    known = {"pause": "the vendor asked us to wait", "at once": "enough calls are under way"}
    if window in known:
        return known[window]
    per_s, _, only = window.partition(" ")
    title = titled(float(per_s))
    return f"its share of the calls of {title} is used up" + (
        ", for this kind of call" if only else ""
    )


def _pause(found: Doc | None) -> Doc | None:
    return {"until": _at(found["til"]), "reason": found.get("why", "")} if found else None


def _breaker(hub: Hub, connection: Doc, now_ms: float, offset_s: Any) -> Doc:
    seen = Breaker(hub.redis, connection["_id"], offset_s).look()
    until = _at(now_ms + seen["for_s"] * 1000) if seen["for_s"] else None
    return {"state": seen["state"], "until": until, "failures": seen["failures"]}


def _at(ms: float | None) -> datetime | None:
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC)
