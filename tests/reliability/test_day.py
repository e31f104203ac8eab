"""A day of one vendor with a moved clock, in few steps; `dev.py prove day` lives all nine."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from hub.embedded import Embedded, Services
from hub.prove.day import tell
from hub.prove.weather import PLANS
from hub.waiting import wait_until
from tests.stage import build_hub, serving


@pytest.mark.timeout(240)
def test_nothing_is_apart_after_a_day_of_troubles_and_two_quiet_ones(tmp_path: Path) -> None:
    """Lost webhooks, an hour without the vendor, a token that ends, a lost subscription.

    Its scheduler looks at every tenant there is, so that it has stores of its own.
    """
    plan = next(plan for plan in PLANS if plan.vendor == "jira")
    with Embedded(tmp_path) as services:
        hub = build_hub(services)
        with serving(hub):
            tale = tell(hub, plan, 1, step_h=8.0, quiet_step_h=27.0, accounts=2)
        hub.close()
    assert tale.problems == []
    assert tale.figures["lost"] >= tale.figures["missed"] > 0
    assert tale.figures["tokens renewed"] > 1


def test_a_clock_that_is_moved_moves_in_every_process(services: Services) -> None:
    """Another process of the hub, such as a worker, that has asked for the time before."""
    hub, other = build_hub(services), build_hub(services)
    tenant = hub.catalogue.control.add_tenant("Test", hub.now(), sandbox=True)["_id"]
    assert other.now(tenant) - hub.now() < timedelta(minutes=1)
    moved = {"$set": {"clock_offset_s": 86_400}}
    hub.catalogue.control.tenants.update_one({"_id": tenant}, moved)
    ahead = timedelta(hours=23)
    assert wait_until(lambda: other.now(tenant) - hub.now() > ahead, within_s=10, every_s=0.1)
    hub.close()
    other.close()
