"""Reference values: the tenant's median, frozen in a revision, and never moved silently."""

from __future__ import annotations

from datetime import timedelta
from time import monotonic
from typing import Any

from hub.health import revision as revisions
from hub.scorecards import activation, drafts, freezing
from hub.store.client import Doc
from tests.scorecards.desk import Desk

USED = {"key": "usage_recency", "state": "ok"}


def accounts(desk: Desk, values: list[float], minted_days_ago: int = 30) -> None:
    """Scored accounts of which only one measure's value is of interest."""
    minted = desk.now - timedelta(days=minted_days_ago)
    for n, value in enumerate(values):
        measure = USED | {"value": value}
        health: Doc = {"health": 50.0, "band": "yellow", "dimensions": [{"measures": [measure]}]}
        desk.store.accounts.insert(
            {
                "_id": f"acc_{desk.tenant_id}_{n:02}",
                "anchor": str(n),
                "listed": True,
                "minted_at": minted,
                "health": health | {"as_of": desk.now.date().isoformat()},
                "state": {},
                "flat": {},
                "rollup": {},
            }
        )


def test_the_reference_is_the_median_score_of_thirty_accounts_by_the_cards_own_curve(
    desk: Desk,
) -> None:
    # Curve (2,100)(7,80)(14,50): 0 to 29 days have the scores' median between 14 and 15 days,
    # which are 50 and 50 - 35/16.
    accounts(desk, [float(n) for n in range(30)])
    frozen = freezing.freeze(desk.store, revisions.default(), desk.now)
    expected = round((50 + 50 - 35 / 16) / 2, 6)
    assert frozen["references"]["default"] == {"usage_recency": expected}
    assert frozen["accounts"] == {"usage_recency": 30}
    assert (frozen["csat_rate"], frozen["ratings"]) == (0.9, 0)


def test_fewer_than_thirty_accounts_have_no_reference_of_their_own(desk: Desk) -> None:
    accounts(desk, [float(n) for n in range(29)])
    frozen = freezing.freeze(desk.store, revisions.default(), desk.now)
    assert frozen["references"]["default"] == {}


def test_the_rate_of_good_ratings_is_frozen_with_them(desk: Desk) -> None:
    for n in range(40):
        values = {
            "kind": "csat",
            "label": "positive" if n < 30 else "negative",
            "responded_at": desk.now - timedelta(days=1 + (100 if n == 39 else 0)),
        }
        record: dict[str, Any] = {"_id": f"{desk.tenant_id}:r{n}", "entity": "satisfaction"}
        desk.store.records.insert(record | {"values": values, "life": {"deleted": False}})
    frozen = freezing.freeze(desk.store, revisions.default(), desk.now)
    assert (frozen["ratings"], frozen["csat_rate"]) == (39, round(30 / 39, 6))


def test_the_default_freezes_by_itself_once_as_a_new_revision_that_is_audited(desk: Desk) -> None:
    accounts(desk, [7.0] * 30)
    freezing.look(desk.store, desk.now)
    assert activation.is_due(desk.store)
    activation.work(desk.hub, desk.tenant_id, monotonic() + 30)
    found = drafts.find(desk.store, "active")
    assert (found["label"], found["author"]) == ("hub-default/2", "hub")
    assert found["dry_run"]["accounts"] == 30
    references = {
        rule.key: rule.reference
        for dimension in drafts.revision_of(desk.hub, found).cards[2].scorecard.dimensions
        for rule in dimension.measures
    }
    assert (references["usage_recency"], references["usage_trend"]) == (80, 60)
    trail = desk.hub.catalogue.control.audit.find({"tenant_id": desk.tenant_id})
    assert {e["what"] for e in trail} == {"scorecard drafted", "scorecard activated"}
    desk.hub.catalogue.control.tenants.update_one(
        {"_id": desk.tenant_id}, {"$set": {"clock_offset_s": 86_400}}
    )
    desk.hub.forget_offsets()
    freezing.look(desk.store, desk.now)
    assert not activation.is_due(desk.store)


def test_accounts_that_came_this_week_are_not_frozen_half_read(desk: Desk) -> None:
    accounts(desk, [7.0] * 30, minted_days_ago=6)
    freezing.look(desk.store, desk.now)
    assert not activation.is_due(desk.store)


def test_a_tenants_own_reference_beats_the_frozen_one() -> None:
    document = revisions.defaults.document()
    rule = document["scorecards"][2]["dimensions"][0]["measures"][2]
    rule["reference"] = 33
    frozen = {"references": {"default": {"usage_recency": 80, "nps": 70}}}
    made = revisions.check_document("own", 1, document, frozen)
    rules = {r.key: r for d in made.cards[2].scorecard.dimensions for r in d.measures}
    assert (rules["usage_recency"].reference, rules["nps"].reference) == (33, 70)
