"""A connection's page: how it stands, and what can be done with it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from hub import endpoints
from hub.budget import Taken, Wait
from tests.web.site import Browser, Site, words


@pytest.fixture
def home(site: Site) -> str:
    return f"/connections/{site.connection['_id']}"


def test_every_stream_says_how_fresh_it_is(site: Site, ada: Browser, home: str) -> None:
    text = ada.words(home)

    for stream in site.stage.hub.plugins.connector("hubspot").streams:
        assert stream.name in text
    assert "Complete as of" in text


def test_the_ledger_is_an_equation_that_holds(site: Site, ada: Browser) -> None:
    text = ada.words("/connections")

    found = re.search(
        r"(\d+) received = (\d+) pending .*?\+ (\d+) done \+ (\d+) failed \+ (\d+) duplicate", text
    )
    assert found is not None
    received, *parts = map(int, found.groups())
    assert received == sum(parts)


def test_pause_and_resume(site: Site, ada: Browser, home: str) -> None:
    assert "Paused" in words(ada.post(f"{home}/pause").text)
    assert site.stage.store.connections.find_one({})["state"] == "paused"

    assert "Active again" in words(ada.post(f"{home}/resume").text)
    assert site.stage.store.connections.find_one({})["state"] == "active"


def test_sync_now_makes_one_stream_due(site: Site, ada: Browser, home: str) -> None:
    before = {s["stream"]: s["next_sync_at"] for s in site.stage.store.streams.find({})}

    ada.post(f"{home}/sync", stream="companies", how="full")

    streams = {s["stream"]: s for s in site.stage.store.streams.find({})}
    assert streams["companies"]["full_due"] is True
    assert "full_due" not in streams["contacts"]
    assert streams["companies"]["next_sync_at"] != before["companies"]
    assert streams["contacts"]["next_sync_at"] == before["contacts"]


def test_an_error_comes_with_the_safe_next_step(site: Site, ada: Browser, home: str) -> None:
    key = f"{site.connection['_id']}:contacts"
    error = {"reason": "retry_later", "sentence": "HubSpot is slow.", "at": site.stage.hub.now()}
    store = site.stage.store
    store.streams.update({"_id": key}, {"$set": {"error": error, "failures": 2}})
    try:
        for path in ("/connections", home):
            text = ada.words(path)
            assert "HubSpot is slow." in text
            assert "the hub tries again by itself" in text
    finally:
        store.streams.update({"_id": key}, {"$set": {"error": None, "failures": 0}})


def test_the_secret_is_pasted_and_never_shown(site: Site, ada: Browser, home: str) -> None:
    endpoint = site.stage.endpoint(site.connection)
    page = ada.post(f"{home}/endpoints/{endpoint['id']}/secret", secret="pasted-by-ada")

    assert "pasted-by-ada" not in page.text + ada.page(home)
    assert site.stage.endpoint(site.connection)["secret"] == "pasted-by-ada"


def test_a_new_secret_of_ours_is_shown_once(site: Site, ada: Browser, home: str) -> None:
    endpoint = site.stage.endpoint(site.connection)

    page = ada.post(f"{home}/endpoints/{endpoint['id']}/rotate")

    fresh = site.stage.endpoint(site.connection)["secret"]
    assert fresh in page.text
    assert fresh not in ada.page(home)


def test_refused_deliveries_show_why_and_their_headers(site: Site, ada: Browser, home: str) -> None:
    endpoint = site.stage.endpoint(site.connection)
    path = endpoint["url"].partition("/webhooks/")[2]
    sent = site.app.test_client().post(
        f"/webhooks/{path}", data=b"[]", headers={"X-Odd": "marked", "Authorization": "hush"}
    )
    assert sent.status_code == 401

    text = ada.words(home)

    assert "1 refused delivery" in text
    assert "marked" in text
    assert "hush" not in text


def test_many_missing_records_wait_for_a_decision(site: Site, ada: Browser, home: str) -> None:
    store = site.stage.store
    gone = {"object": "deal", "life.deleted": True}
    ids = store.records.distinct("native_id", {"object": "deal", "life.deleted": False})[:3]
    already = store.records.count(gone)
    now = site.stage.hub.now()
    missing = {"ids": ids, "count": len(ids), "live": len(ids), "at": now}
    key = f"{site.connection['_id']}:deals"
    store.streams.update({"_id": key}, {"$set": {"missing": missing}})
    assert "nothing was deleted" in ada.words(home)

    ada.post(f"{home}/missing/deals", decision="keep")
    assert store.records.count(gone) == already
    assert ada.post(f"{home}/missing/deals", decision="delete").status_code == 409

    store.streams.update({"_id": key}, {"$set": {"missing": missing}})
    ada.post(f"{home}/missing/deals", decision="delete")
    assert store.records.count(gone) == already + 3


def test_the_address_is_not_another_connections(site: Site, ada: Browser) -> None:
    endpoint = endpoints.describe(site.stage.hub, site.stage.tenant_id, site.connection)[0]

    answer = ada.post(f"/connections/cnx_other/endpoints/{endpoint['id']}/rotate")

    assert answer.status_code == 404


def test_limits_say_what_is_used_and_why_something_waits(
    site: Site, ada: Browser, home: str
) -> None:
    """600 of 1,000 calls of the day are used: a full listing leaves the rest to the others."""
    backfill = site.stage.hub.budget(site.connection, "last")
    taken = backfill.take()
    assert isinstance(taken, Taken)
    day = "X-HubSpot-RateLimit-Daily"
    backfill.give(taken, {day: "1000", f"{day}-Remaining": "400"})
    assert isinstance(backfill.take(), Wait)

    text = ada.words(f"{home}")

    limits = text[text.index("Limits what HubSpot allows") : text.index("Last runs")]
    assert "1,000 calls a day 600 400 the vendor's answers" in limits
    assert "waits A full listing waits since" in limits
    assert "because its share of the calls of a day is used up" in limits
    site.stage.forget_limits()
    assert "Nothing of this connection waits" in ada.words(home)


def test_health_is_written_back_only_once_a_person_has_chosen_a_field(
    site: Site, ada: Browser, home: str
) -> None:
    assert "Nothing is written to HubSpot" in ada.words(home)
    page = ada.words(f"{home}/write-back")
    assert "Customer Health properties.customer_health" in page
    account = site.stage.store.accounts.find_one({"members.connection_id": site.connection["_id"]})
    assert account is not None
    assert " of 100" in page[page.index("What would be written") :]

    refused = words(ada.post(f"{home}/write-back/on", field="properties.name").text)
    assert "There is no writable text field properties.name" in refused
    ada.post(f"{home}/write-back/on", field="properties.customer_health")
    assert "by ada@acme.example; last written not yet" in ada.words(home)
    noted = site.stage.hub.catalogue.control.audit.find_one(
        {"tenant_id": site.stage.tenant_id, "what": "write-back switched on"}
    )
    assert noted is not None
    site.stage.store.written.insert(
        {"_id": "c:company:1", "connection_id": site.connection["_id"], "text": "Healthy"}
    )
    assert "1 record there holds a text" in ada.words(f"{home}/remove")

    ada.post(f"{home}/write-back/off", texts="stay")
    assert "Nothing is written to HubSpot" in ada.words(home)
    assert site.stage.store.written.count({}) == 0


def test_a_run_says_how_far_it_is_and_what_is_left(site: Site, ada: Browser, home: str) -> None:
    """1,200 of 5,000 in 36 seconds: 3,800 more take 114. Without a total only what came is said."""
    store, now = site.stage.store, site.stage.hub.now()
    mine = {"connection_id": site.connection["_id"], "state": "running", "full": True}
    pace = {"counts": {"read": 1200}, "spent_s": 36.0, "started_at": now}
    store.runs.insert({**mine, **pace, "_id": "run_a", "stream": "contacts", "total": 5000})
    store.runs.insert({**mine, **pace, "_id": "run_b", "stream": "deals"})
    waits = {"sentence": "Salesforce is preparing the rows.", "until": now + timedelta(minutes=1)}
    store.streams.update({"stream": "deals"}, {"$set": {"waits": waits}})

    text = ada.words(home)

    assert "syncing 1,200 of about 5,000, about 2 minutes left" in text
    assert "waits 1,200 so far; goes on" in text
    assert "Salesforce is preparing the rows." in text
    store.runs.delete({"_id": {"$in": ["run_a", "run_b"]}})
    store.streams.update({"stream": "deals"}, {"$set": {"waits": None}})
