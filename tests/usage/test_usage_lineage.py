"""A measure of use leads to the people that were counted, and on to their raw events."""

from __future__ import annotations

from datetime import timedelta

from hub.lineage import points, values, words
from tests.stage import Stage
from tests.usage.senders import group, source, track

DAY = timedelta(days=1)


def test_the_last_use_leads_to_the_event_that_was_sent(stage: Stage) -> None:
    now = stage.hub.now()
    ours = source(stage)
    ours.send(
        group("ana", "acme", now - 9 * DAY, name="Acme"),
        track("ana", "Report Opened", now - 3 * DAY, group="acme"),
        track("bea", "Report Closed", now - 5 * DAY, group="acme"),
    )
    ours.work()
    account = stage.store.accounts.find_one({"external_ids": "acme"})
    assert account is not None

    found = points.of_measure(stage.hub, stage.store, account["_id"], "usage_recency")

    [one] = found["evidence"]["records"]
    last = (now - 3 * DAY).date().isoformat()
    assert found["value"] == 3
    assert (one["day"], one["counts"]) == (last, 1)
    assert [event["name"] for event in one["events"]] == ["Report Opened"]
    facts = {fact["field"]: fact for fact in one["values"]}
    assert facts["user_key"]["value"] == "ana"
    assert facts["last_active_on"]["mapping"]["file"] == "product_usage/mapping.yaml"
    assert (one["brought_by"]["kind"], one["brought_by"]["name"]) == ("events", "Report Opened")
    assert any("event Report Opened" in line for line in words.of_point(found))

    name = values.of_account(stage.hub, stage.store, account["_id"], "name")
    assert name["value"] == "Acme"
    assert name["chosen"]["raw"]["marks"] == [["traits", "name"]]


def test_events_that_have_expired_are_said_to_be(stage: Stage) -> None:
    now = stage.hub.now()
    ours = source(stage)
    ours.send(group("ana", "acme", now - DAY, name="Acme"), track("ana", "Opened", now - DAY))
    ours.work()
    stage.store.usage_events.delete({})
    account = stage.store.accounts.find_one({"external_ids": "acme"})
    assert account is not None
    found = points.of_measure(stage.hub, stage.store, account["_id"], "usage_recency")
    [one] = found["evidence"]["records"]
    assert one["events"] == []
    assert one["brought_by"]["gone"].startswith("They have expired")
