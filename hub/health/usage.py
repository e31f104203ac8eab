"""Use of the product as it counts for health: of one person at one account, once.

A person may have several records of use at one account (two user ids, two sources, two groups that
turned out to be one customer). Their days are joined, and one of the records carries the sum; the
others carry nothing. So contributions can still be added up and taken back one by one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from hub.health.facts import Contribution, contact_usage


def shares(
    members: Mapping[str, Mapping[str, Any]], features: Collection[str]
) -> dict[str, Contribution]:
    """{record key: its contribution} of all living records of use of one person at one account.

    `members`: canonical values by record key. `features`: those that the tenant lists as key
    features; use of any other is an active day and no more.
    """
    if not members:
        return {}
    days: set[str] = set()
    last: dict[str, set[str]] = {}
    for values in members.values():
        days |= set(values.get("active_days") or ())
        for one in values.get("features") or ():
            if one["feature"] in features:
                last.setdefault(one["feature"], set()).add(one["day"])
    nothing: dict[str, Contribution] = {key: {} for key in members}
    return nothing | {min(members): contact_usage(days, last)}
