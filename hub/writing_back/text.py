"""An account's health as one short text for people who look at it in another system. Pure.

It says since when a band holds and not on which day it was made: that would be another text each
day, and is only written when it is another. For the same reason it names measures by what they
cost in whole points, and not by their values, of which some age by a day each day.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.health.closes import measures_of
from hub.health.shown import half_up
from hub.health.words import BANDS, CAPS, TITLES

LONGEST = 255
"""Characters that the shortest text field of a CRM holds."""
REASONS = 3


def text_of(account: Mapping[str, Any]) -> str:
    """At most 255 characters; "" while the account has not been scored."""
    health = account.get("health")
    if not health:
        return ""
    words = " ".join(_words(account, health))
    return words if len(words) <= LONGEST else words[: LONGEST - 1].rstrip() + "…"


def _words(account: Mapping[str, Any], health: Mapping[str, Any]) -> list[str]:
    family = account.get("family")
    if family and family["basis"] == "children" and family["health"] is not None:
        score, band = half_up(family["health"]), BANDS.get(family["band"], family["band"])
        return [f"{band}, {score:.0f} of 100: the mean of the accounts below it."]
    if health["band"] == "churned":
        return [_left(health)]
    if health["health"] is None:
        return ["Health unknown: too little is known of this account."]
    return [_head(health), *_cap(health), _costs(health)]


def _left(health: Mapping[str, Any]) -> str:
    final = health["final"]
    last = "" if final is None else f"; its last health was {half_up(final):.0f}"
    return f"Left on {health['band_since']}{last}."


def _head(health: Mapping[str, Any]) -> str:
    direction = (health.get("trend") or {}).get("direction")
    going = {"up": ", going up", "down": ", going down"}.get(direction or "", "")
    band = BANDS.get(health["band"], health["band"])
    return f"{band} since {health['band_since']}, {health['health_shown']} of 100{going}."


def _cap(health: Mapping[str, Any]) -> list[str]:
    binding = next((cap for cap in health["caps"] if cap["binding"]), None)
    if binding is None:
        return []
    return [f"At most {binding['limit']:.0f}: {CAPS.get(binding['key'], binding['key'])}."]


def _costs(health: Mapping[str, Any]) -> str:
    """The greatest losses that are known; one that rests on a reference value is nobody's."""
    lost = [(half_up(m["lost"]), m) for m in measures_of(health) if m["value"] is not None]
    worst = sorted((one for one in lost if one[0] >= 1), key=lambda one: (-one[0], one[1]["key"]))
    if not worst:
        return "Nothing that is known weighs on it."
    return (
        f"Costs most: {', '.join(f'{_title(m)} -{points:.0f}' for points, m in worst[:REASONS])}."
    )


def _title(measure: Mapping[str, Any]) -> str:
    return str(measure.get("title") or TITLES.get(measure["key"], measure["key"]))
