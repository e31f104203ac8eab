"""A person who asks to be forgotten is, whatever the sources say of them afterwards."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from hub.bootstrap import Hub
from hub.engine import replay
from hub.errors import CorrectInput
from hub.health import state as states
from hub.store import inbox
from hub.store.client import Doc
from tests.privacy.desk import AT, Desk, contact_of, erase, record, request_of, sync_all, traces
from tests.stage import Stage

ADA = ("Ada Löwenherz", "ada@private.example", "+1 202 555 0143")
WORDS = ("ada löwenherz", "ada@private.example", "202 555 0143", "person:501")


def world(stage: Stage, desk: Desk) -> Doc:
    """A company with two people and a ticket of each; one body names both."""
    desk.company("1", "Acme", "acme.example")
    ada = desk.person("501", ADA[0], ADA[1], company="1", phone=ADA[2])
    bob = desk.person("502", "Bob Other", "bob@acme.example", company="1")
    desk.ticket("501", ada, company="1", subject="Ada Löwenherz cannot log in", cc=[ADA[1]])
    desk.ticket("900", bob, company="1", note=f"Ask ADA@private.example or {ADA[2]} first")
    connection = desk.connect(stage.tenant_id)
    sync_all(stage, [connection])
    return connection


@pytest.fixture(scope="module")
def after(hub: Hub) -> Erased:
    """A world in which Ada was erased, for those who only look."""
    stage = Stage(hub)
    connection = world(stage, Desk(hub))
    before = {collection for collection, _, _ in traces(stage, *WORDS)}
    done = erase(stage, "contact", contact_of(stage, connection, "501"))
    return Erased(stage, connection, done, before)


@dataclass(frozen=True)
class Erased:
    """`before`: in which collections she stood."""

    stage: Stage
    connection: Doc
    done: Doc
    before: set[str]


def test_nothing_of_an_erased_person_is_left_but_hashes(after: Erased) -> None:
    stage, done = after.stage, after.done
    assert after.before >= {"records", "contacts", "described"}
    assert (done["state"], done["report"]["verification"]["hits"]) == ("done", [])
    assert traces(stage, *WORDS) == []
    assert done["report"]["removed"] == {"records": 1, "contacts": 1}
    assert done["report"]["kept"]["suppressions"] > 3


def test_the_others_keep_what_is_theirs(after: Erased) -> None:
    stage, connection = after.stage, after.connection
    hers, his = (record(stage, connection, "ticket", i) for i in ("501", "900"))
    assert hers["values"]["subject"] == "[erased] cannot log in"
    assert json.loads(hers["raw"])["requester"] == {"name": "[erased]", "email": None}
    assert (json.loads(hers["raw"])["id"], hers["native_id"]) == ("501", "501")
    assert [link["kind"] for link in hers["links"]] == ["account"]
    assert json.loads(his["raw"])["note"] == "Ask [erased] or [erased] first"
    assert {link["kind"] for link in his["links"]} == {"account", "requester"}
    [account] = stage.store.accounts.find({"listed": True})
    assert (account["rollup"]["open_tickets"], account["rollup"]["contacts"]) == (2, 1)


def test_counters_equal_a_count_of_what_is_left(after: Erased) -> None:
    stage, done = after.stage, after.done
    [account] = stage.store.accounts.find({"listed": True})
    left = [d.get("contribution") for d in stage.store.records.find({})]
    today = stage.hub.now(stage.tenant_id).date()
    assert account["state"] == states.rebuild(left, today)
    assert done["report"]["counters"] == {"accounts": 1, "unlike": []}


def test_a_full_sync_brings_nobody_back(stage: Stage, desk: Desk) -> None:
    connection = world(stage, desk)
    erase(stage, "contact", contact_of(stage, connection, "501"))
    ada = desk.person("501", "Ada Löwenherz", ADA[1], day=2, company="1", phone=ADA[2])
    desk.ticket("501", ada, day=2, company="1", subject="Ada Löwenherz again")
    desk.ticket("903", ada, day=2, company="1", subject=f"Call {ADA[2]}")
    sync_all(stage, [connection, connection])
    assert traces(stage, *WORDS) == []
    assert stage.run_of(connection, "people")["counts"]["ignored"] == 1
    assert record(stage, connection, "ticket", "903")["values"]["subject"] == "Call [erased]"
    assert stage.store.contacts.count({"listed": True}) == 1


def test_the_same_person_of_another_source_stays_away_too(stage: Stage, hub: Hub) -> None:
    first, second = Desk(hub), Desk(hub)
    connection = world(stage, first)
    erase(stage, "contact", contact_of(stage, connection, "501"))
    second.person("77", "A. Löwenherz", ADA[1])
    second.person("78", "Somebody Else", "else@acme.example", phone=ADA[2])
    sync_all(stage, [second.connect(stage.tenant_id)])
    assert traces(stage, *WORDS) == []
    assert stage.store.contacts.find_one({"flat.full_name": "Somebody Else"})


def test_deliveries_are_dropped_or_redacted_and_never_replayed(stage: Stage, desk: Desk) -> None:
    connection = world(stage, desk)
    hers = {"object": "person", "id": "501", "record": desk.records["person", "501"]}
    his = {"object": "person", "id": "502", "record": desk.records["person", "502"]}
    only = desk.deliver(stage.tenant_id, connection, hers)
    both = desk.deliver(stage.tenant_id, connection, hers, his)
    other = desk.deliver(stage.tenant_id, connection, his)
    stage.drain(connection)
    before = inbox.ledger(stage.store, connection["_id"])
    done = erase(stage, "contact", contact_of(stage, connection, "501"))
    rows = {row["_id"]: row for row in stage.store.inbox.find({})}
    assert (rows[only]["erased"]["how"], bytes(rows[only]["body"])) == ("dropped", b"")
    assert rows[both]["erased"]["how"] == "redacted"
    assert b"bob@acme.example" in rows[both]["body"]
    assert "erased" not in rows[other]
    for row in (only, both):
        with pytest.raises(CorrectInput, match="privacy request"):
            replay.deliveries(stage.hub, stage.tenant_id, [row])
    replay.deliveries(stage.hub, stage.tenant_id, [other])
    stage.drain(connection)
    assert inbox.ledger(stage.store, connection["_id"]) == before
    assert done["report"]["books"]["balanced"]
    assert traces(stage, *WORDS) == []


def test_what_comes_by_webhook_later_is_ignored_and_not_asked_for(stage: Stage, desk: Desk) -> None:
    connection = world(stage, desk)
    erase(stage, "contact", contact_of(stage, connection, "501"))
    asked_before = desk.asked
    thin = desk.deliver(stage.tenant_id, connection, {"object": "person", "id": "501"})
    full = desk.deliver(
        stage.tenant_id,
        connection,
        {"object": "person", "id": "501", "record": desk.records["person", "501"]},
        {"object": "ticket", "id": "501", "record": desk.records["ticket", "501"]},
    )
    stage.drain(connection)
    rows = {row["_id"]: row for row in stage.store.inbox.find({})}
    assert (rows[thin]["fates"], rows[thin]["rules"]) == ({"ignored": 1}, ["suppressed"])
    assert rows[full]["fates"] == {"ignored": 1, "duplicate": 1}
    assert bytes(rows[thin]["body"]) == b""
    assert desk.asked == asked_before
    assert traces(stage, *WORDS) == []
    book = inbox.ledger(stage.store, connection["_id"])
    assert sum(book["changes"].values()) == 3


def test_a_delivery_that_still_waits_is_closed_and_its_others_read_again(
    stage: Stage, desk: Desk
) -> None:
    connection = world(stage, desk)
    contact = contact_of(stage, connection, "501")
    hers = {"object": "person", "id": "501", "record": desk.records["person", "501"]}
    moved = desk.person("502", "Bob Renamed", "bob@acme.example", day=3, company="1")
    desk.deliver(stage.tenant_id, connection, hers)
    desk.deliver(
        stage.tenant_id, connection, hers, {"object": "person", "id": "502", "record": moved}
    )
    erase(stage, "contact", contact)
    states_ = {row["state"] for row in stage.store.inbox.find({})}
    assert states_ == {"done", "failed"}
    stage.sync(connection)
    assert stage.store.contacts.find_one({"flat.full_name": "Bob Renamed"})
    assert traces(stage, *WORDS) == []


def test_an_unsuppressed_person_comes_back_with_the_next_listing(stage: Stage, desk: Desk) -> None:
    connection = world(stage, desk)
    done = erase(stage, "contact", contact_of(stage, connection, "501"))
    ada = {**desk.records["person", "501"], "id": "501"}
    desk.ticket("905", ada, company="1")
    sync_all(stage, [connection])
    assert [x["kind"] for x in record(stage, connection, "ticket", "905")["links"]] == ["account"]
    lifted = erase(stage, "", done["_id"], kind="unsuppress")
    assert lifted["state"] == "done"
    stage.sync(connection)
    assert stage.store.contacts.find_one({"flat.full_name": "Ada Löwenherz"})
    for ticket in ("501", "905"):
        links = record(stage, connection, "ticket", ticket)["links"]
        assert {link["value"] for link in links} == {"company:1", "person:501", ADA[1]}
    assert stage.store.suppressions.count({}) == 0


def test_a_suppressed_person_stays_as_they_are(stage: Stage, desk: Desk) -> None:
    connection = world(stage, desk)
    done = erase(stage, "contact", contact_of(stage, connection, "501"), kind="suppress")
    assert done["state"] == "done"
    desk.person("501", "Ada Married", ADA[1], day=2, company="1")
    sync_all(stage, [connection, connection])
    [contact] = stage.store.contacts.find({"flat.emails": ADA[1]})
    assert (contact["flat"]["full_name"], contact["deleted"]) == ("Ada Löwenherz", False)


def test_a_number_that_others_have_too_is_nobodys(stage: Stage, desk: Desk) -> None:
    ada = desk.person("501", "Ada Löwenherz", ADA[1], phone="+1 202 555 0100")
    desk.person("502", "Bob Other", "bob@acme.example", phone="+1 202 555 0100")
    desk.ticket("9", ada, note="Ring +1 202 555 0100")
    connection = desk.connect(stage.tenant_id)
    sync_all(stage, [connection])
    erase(stage, "contact", contact_of(stage, connection, "501"))
    [bob] = stage.store.contacts.find({"listed": True})
    assert bob["flat"]["phones"] == ["+12025550100"]
    assert b"202 555 0100" in record(stage, connection, "ticket", "9")["raw"]


def test_a_vendors_privacy_deletion_erases_the_person_of_every_source(
    stage: Stage, hub: Hub
) -> None:
    first, second = Desk(hub), Desk(hub)
    first.person("501", "Ada Löwenherz", ADA[1])
    one = first.connect(stage.tenant_id)
    second.person("88", "A. Löwenherz", ADA[1])
    two = second.connect(stage.tenant_id)
    sync_all(stage, [one, two])
    event = {"object": "person", "id": "501", "kind": "privacy_delete", "at": AT.isoformat()}
    first.deliver(stage.tenant_id, one, event)
    stage.drain(one)
    sync_all(stage, [one, two])
    assert traces(stage, "löwenherz", ADA[1], "person:501", "person:88") == []
    [made] = stage.store.privacy_requests.find({})
    assert (made["by"], made["state"]) == ("vendor", "done")
    assert request_of(stage, made["_id"])["report"]["removed"]["records"] == 2
