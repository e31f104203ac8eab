"""One account that cannot be scored does not stop the others of its tenant."""

from __future__ import annotations

from tests.scorecards.desk import Desk

BROKEN = {"tickets": {"t": {"open": True, "opened_day": "no day", "waiting_since": "no day"}}}


def test_an_account_that_cannot_be_scored_is_set_aside_and_the_others_go_on(desk: Desk) -> None:
    for name in ("bad", "good"):
        desk.company(name)
    bad = desk.account("bad")
    desk.put({"object": "ticket", "id": "g", "company": "good", "status": "open"})
    mended = bad["state"]
    linked = {"linked|ticket": 1}
    desk.store.accounts.update(
        {"_id": bad["_id"]}, {"$set": {"state.items": BROKEN, "state.totals": linked}}
    )
    desk.store.accounts.update_many({}, {"$set": {"score_due": True}})
    version = desk.account("good")["version"]
    desk.settle()
    aside = desk.account("bad")
    assert aside["stuck"].startswith("ValueError: ")
    assert aside["health"] == bad["health"]
    assert desk.account("good")["version"] > version
    assert "stuck" not in desk.account("good")
    assert desk.store.accounts.count({"score_due": True}) == 0
    desk.store.accounts.update({"_id": bad["_id"]}, {"$set": {"state": mended}})
    desk.pass_days(1)
    assert "stuck" not in desk.account("bad")


def test_a_new_account_that_cannot_be_scored_is_listed_without_a_score(desk: Desk) -> None:
    account = desk.company("one")
    desk.store.accounts.update(
        {"_id": account["_id"]},
        {
            "$set": {"state.items": BROKEN, "state.totals": {"linked|ticket": 1}},
            "$unset": {"health": "", "rollup": ""},
        },
    )
    desk.store.accounts.update({"_id": account["_id"]}, {"$set": {"score_due": True}})
    desk.settle()
    found = desk.account("one")
    assert (found["health"]["health"], found["health"]["band"]) == (None, "unknown")
    assert found["listed"]
    assert found["stuck"]
