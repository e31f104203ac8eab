"""Suppression holds against workers that are busy, repeats, rotated keys and merges."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from time import monotonic

import pytest

from hub import rotation
from hub.api import Page
from hub.embedded import Services
from hub.engine import apply
from hub.engine.incoming import Source
from hub.engine.sync import Sync
from hub.privacy import suppression
from hub.store import intake, leases
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from hub.waiting import wait_until
from tests.privacy.desk import AT, Desk, contact_of, erase, record, sync_all, traces
from tests.stage import Stage, build_hub

WORDS = ("ada lovelace", "ada@acme.example", "person:501")


@pytest.fixture
def connection(stage: Stage, desk: Desk) -> Doc:
    desk.company("1", "Acme", "acme.example")
    desk.person("501", "Ada Lovelace", "ada@acme.example", company="1")
    desk.person("502", "Bob Other", "bob@acme.example", company="1")
    made = desk.connect(stage.tenant_id)
    sync_all(stage, [made])
    return made


def test_a_sync_that_had_read_them_before_writes_nothing(
    stage: Stage, desk: Desk, connection: Doc
) -> None:
    """The page was read, and mapped, before the erasure was asked for."""
    contact = contact_of(stage, connection, "501")
    later = {**desk.records["person", "501"], "at": AT.replace(day=9).isoformat()}

    def pages(object: str, cursor: object) -> Iterator[Page]:
        yield Page([], "a")
        if stage.store.contacts.find_one({"_id": contact}):
            erase(stage, "contact", contact)
        yield Page([later], "b")

    desk.pages = pages
    mine = {"_id": f"{connection['_id']}:people"}
    stage.store.streams.update(mine, {"$set": {"full_due": True}})
    apply.sync(stage.hub, stage.tenant_id, connection["_id"], "people")
    assert traces(stage, *WORDS) == []
    stage.sync(connection, ["people"])
    assert traces(stage, *WORDS) == []


def test_a_write_under_way_ends_before_anything_is_taken_away(
    stage: Stage, desk: Desk, connection: Doc
) -> None:
    """A transaction sees the store as it was at its start, and so nobody suppressed. What it writes
    is new, so that it is in nobody's way."""
    contact = contact_of(stage, connection, "501")
    desk.person("777", "Ada Lovelace", "ada@acme.example", company="1")
    source = stage.hub.source(stage.store, connection)
    erasing = threading.Thread(target=erase, args=(stage, "contact", contact))

    def look(store: TenantStore) -> suppression.Suppressed | None:
        answer = source.suppressed(store)
        if erasing.ident is None:
            erasing.start()
        wait_until(lambda: stage.store.contacts.find_one({"_id": contact}) is None, within_s=1)
        return answer

    pull(stage, connection, replace(source, suppressed=look))
    erasing.join()
    stage.settle()
    assert traces(stage, *WORDS) == []


def pull(stage: Stage, connection: Doc, source: Source) -> None:
    """One page of people, as a worker takes it in."""
    [stream] = [s for s in source.connector.streams if s.name == "people"]
    lease = leases.acquire(stage.store, f"sync:{connection['_id']}:people", 60)
    assert lease is not None
    now = stage.hub.now()
    run = {"_id": "run_1", "stream": "people", "stream_id": f"{connection['_id']}:people"}
    run |= {"connection_id": connection["_id"], "full": True, "cursor": None, "started_at": now}
    client = stage.hub.client(connection)
    Sync(stage.store, source, stream, client, run, lease, stage.hub.now, lambda: None).pull(
        monotonic() + 60
    )


def test_many_who_are_suppressed_are_not_missing(stage: Stage, desk: Desk) -> None:
    """More than ten that no listing marks would stop the stream and ask."""
    desk.company("1", "Acme", "acme.example")
    for number in range(12):
        desk.person(str(number), f"Ada {number}", f"a{number}@acme.example", company="1")
    connection = desk.connect(stage.tenant_id)
    sync_all(stage, [connection])
    [account] = stage.store.accounts.find({})
    erase(stage, "account", account["_id"], kind="suppress")
    sync_all(stage, [connection, connection])
    assert stage.store.streams.find_one({"stream": "people"})["missing"] is None
    assert stage.store.contacts.count({"listed": True}) == 12


def test_no_listing_says_that_they_were_there(stage: Stage, desk: Desk, connection: Doc) -> None:
    """Listings keep 8 bytes of an unsalted hash of each id, which whoever knows the id can make."""
    mark = hashlib.blake2b(b"501", digest_size=8).digest()[::-1]

    def marked() -> bool:
        return any(mark in bytes(doc["marks"]) for doc in stage.store.listings.find({}))

    assert marked()
    erase(stage, "contact", contact_of(stage, connection, "501"))
    assert not marked()
    sync_all(stage, [connection])
    assert not marked()


def test_it_outlives_rotations_of_the_tenants_key(
    stage: Stage, services: Services, connection: Doc
) -> None:
    """Asked of a process that has never seen the former keys."""
    erase(stage, "contact", contact_of(stage, connection, "501"))
    for _ in range(2):
        rotation.rotate_tenant(stage.hub, stage.tenant_id)
    suppression._kept.clear()
    fresh, pair = build_hub(services), ("emails", "ada@acme.example")
    store = fresh.store(stage.tenant_id)
    assert suppression.suppressed(fresh.catalogue.vault, store, [pair]) == {pair}
    fresh.close()


def test_hashes_of_one_tenant_say_nothing_of_another(stage: Stage, desk: Desk) -> None:
    pair = ("emails", "ada@acme.example")
    other = Stage(stage.hub)
    vault, found = stage.hub.catalogue.vault, []
    for one in (stage, other):
        who = suppression.Identifiers(emails={pair[1]})
        suppression.add(vault, one.store, "prv_1", who, AT)
        [doc] = one.store.suppressions.find({})
        found.append(bytes(doc["hash"]))
        assert suppression.suppressed(vault, one.store, [pair, ("emails", "b@x.example")]) == {pair}
    assert found[0] != found[1]


def test_a_repeat_of_a_redacted_delivery_is_counted_and_not_worked_on(
    stage: Stage, desk: Desk, connection: Doc
) -> None:
    event = {"object": "person", "id": "501", "record": desk.records["person", "501"]}
    row = desk.deliver(stage.tenant_id, connection, event)
    stage.drain(connection)
    stored = stage.store.inbox.find_one({"_id": row})
    erase(stage, "contact", contact_of(stage, connection, "501"))
    again = {**stored, "receipt": "another", "state": "pending"}
    intake.commit(stage.hub.catalogue, [intake.Arrival(stage.tenant_id, again, False)])
    after = stage.store.inbox.find_one({"_id": row})
    assert (after["state"], after["duplicates"], bytes(after["body"])) == ("done", 1, b"")


def test_who_was_merged_into_the_erased_is_only_deleted(
    stage: Stage, desk: Desk, connection: Doc
) -> None:
    erase(stage, "contact", contact_of(stage, connection, "501"))
    merge = {"object": "person", "id": "502", "kind": "merge", "into": "501", "losers": ["502"]}
    desk.deliver(stage.tenant_id, connection, merge)
    stage.drain(connection)
    life = record(stage, connection, "person", "502")["life"]
    assert (life["deleted"], life["merged_into"]) == (True, None)
    assert traces(stage, *WORDS) == []


def test_a_body_that_cannot_be_mapped_is_not_kept_either(
    stage: Stage, desk: Desk, connection: Doc
) -> None:
    erase(stage, "contact", contact_of(stage, connection, "501"))
    desk.person("501", 3, "ada@acme.example", day=4)  # type: ignore[arg-type]
    desk.person("601", 3, "ada@acme.example", day=4)  # type: ignore[arg-type]
    desk.person("602", 3, "eve@acme.example", day=4, note="met ada@acme.example")  # type: ignore[arg-type]
    sync_all(stage, [connection])
    assert traces(stage, *WORDS) == []
    [kept] = stage.store.quarantine.find({})
    assert kept["native_id"] == "602"
