"""What the erased did in the product leaves the counts of distinct people; totals stay."""

from __future__ import annotations

from datetime import timedelta

from hub.health import state as states
from tests.privacy.desk import erase, traces
from tests.stage import Stage
from tests.usage.senders import group, identify, source, track

DAY = timedelta(days=1)
ANA = ("ana@acme.test", "ana ruiz", "u-0081", "visitor-7")


def test_use_of_an_erased_person_is_counted_no_more_and_does_not_come_back(stage: Stage) -> None:
    now, ours = stage.hub.now(), source(stage)
    ours.send(
        group("u-0082", "acme", now - DAY, name="Acme GmbH"),
        track("u-0082", "Report Viewed", now - DAY),
        track("", "Report Viewed", now - DAY, anonymousId="visitor-7"),
        identify("u-0081", now - DAY, anonymous="visitor-7", email=ANA[0], name="Ana Ruiz"),
        group("u-0081", "acme", now - DAY),
        track("u-0081", "Report Exported", now - DAY),
        track("u-0081", "Report Exported", now),
    )
    ours.work()
    [contact] = stage.store.contacts.find({"flat.emails": ANA[0]})
    totals = list(stage.store.usage_days.find({}).sort("_id", 1))

    done = erase(stage, "contact", contact["_id"])
    assert done["state"] == "done"
    assert done["report"]["removed"]["usage_people"] == 2
    assert traces(stage, *ANA) == []
    [account] = stage.store.accounts.find({"listed": True})
    days = account["state"]["counters"]["active_user_days"]
    assert days == {(now - DAY).date().isoformat(): 1}
    left = [d.get("contribution") for d in stage.store.records.find({})]
    assert account["state"] == states.rebuild(left, stage.hub.now(stage.tenant_id).date())
    assert list(stage.store.usage_days.find({}).sort("_id", 1)) == totals

    ours.send(
        track("u-0081", "Report Exported", now),
        track("", "Report Viewed", now, anonymousId="visitor-7"),
        identify("u-0099", now, email=ANA[0]),
    )
    ours.work()
    assert traces(stage, *ANA) == []
    assert stage.store.usage_events.count({"due": 1}) == 0
