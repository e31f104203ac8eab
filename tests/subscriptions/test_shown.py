"""What people and programs are told of a subscription: the worst first, and what to do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.reads import connections
from hub.sandbox import Sandbox
from hub.store.client import Doc
from hub.subscriptions import health
from tests.stage import Stage
from tests.subscriptions.watched import Watched


def shown(watched: Watched, fields: Doc) -> Doc:
    """The health of the first endpoint as if it were so; it is put back afterwards."""
    first = watched.endpoints()[0]
    watched.change(first["_id"], fields)
    try:
        return told(watched, first["_id"])
    finally:
        watched.put(first)


def told(watched: Watched, endpoint_id: str) -> Doc:
    stage = watched.stage
    connection = stage.hub.connection(stage.store, watched.id)
    found = health.describe(stage.hub, stage.tenant_id, connection)
    return dict(next(one for one in found if one["id"] == endpoint_id)["health"])


VENDOR = {"active": True, "failures": 0, "failing_since": None, "ends_at": None, "reason": ""}
LOST = {"at": None, "reason": "the vendor no longer lists it", "tries": 1, "given_up": False}


@pytest.mark.parametrize(
    ("fields", "word", "tone"),
    [
        ({"state": "active"}, "ok", "ok"),
        ({"lost": LOST}, "lost", "warn"),
        ({"lost": LOST | {"given_up": True, "failure": "No."}}, "lost", "bad"),
        ({"vendor": VENDOR | {"active": False}}, "switched off", "bad"),
        ({"vendor": VENDOR | {"failures": 4, "reason": "503"}}, "failing", "bad"),
    ],
)
def test_the_worst_that_is_known_is_said_with_what_to_do(
    asana: Watched, fields: Doc, word: str, tone: str
) -> None:
    now = asana.stage.hub.now(asana.stage.tenant_id)
    found = shown(asana, {"last_delivery_at": now + timedelta(minutes=1)} | fields)
    assert (found["word"], found["tone"]) == (word, tone)
    assert found["says"]
    assert bool(found["do"]) == (tone == "bad")


def test_deliveries_and_failures_of_the_last_day_are_counted_by_endpoint(asana: Watched) -> None:
    asana.told()
    endpoint = asana.endpoints()[0]
    store = asana.stage.store
    before = told(asana, endpoint["_id"])
    now = asana.stage.hub.now(asana.stage.tenant_id)
    for n, (age, state) in enumerate([(1, "done"), (2, "failed"), (30, "failed")]):
        at = now - timedelta(hours=age)
        row = {"connection_id": asana.id, "endpoint_id": endpoint["_id"], "state": state}
        store.inbox.insert({"_id": f"{asana.id}:{n}", **row, "received_at": at, "due_at": at})
    after = told(asana, endpoint["_id"])
    assert after["deliveries"] == before["deliveries"] + 2
    assert after["failed"] == before["failed"] + 1


def test_a_connection_tells_its_looks_and_what_was_missed(asana: Watched) -> None:
    stage = asana.stage
    now = stage.hub.now(stage.tenant_id)
    for days, count in ((0, 7), (3, 5), (40, 100)):
        day = (now - timedelta(days=days)).date().isoformat()
        mine = {"connection_id": asana.id, "stream": "tasks", "day": day, "count": count}
        stage.store.missed_days.insert({"_id": f"{asana.id}:{day}", **mine, "records": []})
    found = connections.one(stage.hub, stage.tenant_id, asana.id)
    assert found["missed_by_webhooks"]["count"] == 12
    assert found["watch"]["looked_at"] is not None
    assert all(w["health"]["word"] for w in found["webhooks"])


def test_stripes_own_switch_is_seen_though_an_admin_made_the_endpoint(
    asana: Watched,
) -> None:
    """And nothing that an admin made is asked for, woken or taken away."""
    with Sandbox(["stripe"], seed=3, accounts=3) as sandbox:
        stage = Stage(asana.stage.hub, sandbox)
        stripe = Watched(stage, stage.connect("stripe"))
        stage.listen(stripe.connection)
        made = stripe.vendor.subscriptions()[0]
        twin = stripe.vendor.subscribe(made.url, "s")
        strange = stripe.vendor.subscribe(f"{stage.hub.settings.public_url}/webhooks/stripe/gone")
        endpoint = stripe.endpoints()[0]["_id"]
        stripe.look_at_vendor()
        assert told(stripe, endpoint)["vendor"]["active"]
        made.extra["status"] = twin.extra["status"] = "disabled"
        stripe.look_at_vendor()
        assert told(stripe, endpoint)["word"] == "switched off"
        assert stripe.there() == {made.id, twin.id, strange.id}
        assert len(stripe.endpoints()) == 1
        stripe.vendor.denied.add("webhook_endpoints")
        stripe.look_at_vendor()
        assert "permission" in stripe.watch()["unlisted"]["events"].lower()
