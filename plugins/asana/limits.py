"""What a token allows: requests a minute by the plan, searches apart, requests at once.

Facts: developers.asana.com/docs/rate-limits. Asana's answers do not say what is left, and refused
calls count as well.
"""

from __future__ import annotations

from collections.abc import Mapping

from hub.api import Limits, Rate

MINUTE_S = 60.0
PLANS = {"free": 150, "paid": 1500}
SEARCH = Rate(60, MINUTE_S, only=r"/tasks/search$")
AT_ONCE = 15
"""Requests that write; those that only read may be 50."""


def rates(settings: Mapping[str, str]) -> tuple[Rate, ...]:
    """By the plan that the tenant names; the free one where it names none."""
    return Rate(PLANS.get(settings.get("plan", ""), PLANS["free"]), MINUTE_S), SEARCH


LIMITS = Limits(rates=rates, concurrent=AT_ONCE)
