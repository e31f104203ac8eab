"""The streams against HubSpot in small: what a walk brings, and what a later one adds."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

import pytest
import requests

from hub.api import Change, GiveUp
from plugins.hubspot import ledger, searching
from plugins.hubspot.client import Client
from plugins.hubspot.records import OBJECTS, gather
from plugins.hubspot.sandbox import HubSpot
from plugins.hubspot.streams import fetch
from tests.plugins.hubspot.walks import STREAMS, connected, walk


def by_id(records: list[Any]) -> dict[str, Any]:
    return {str(record["id"]): record for record in records}


def ids(changes: list[Change], kind: str) -> set[str]:
    return {one.native_id for one in changes if one.kind == kind}


def add_contacts(vendor: HubSpot, count: int) -> None:
    for n in range(count):
        ledger.create(vendor, "contacts", {"email": f"{n}@fern.example"})


@pytest.mark.parametrize("kind", OBJECTS)
def test_a_full_walk_brings_every_live_record_and_every_delete(
    vendor: HubSpot, client: Client, kind: str
) -> None:
    records, changes, cursor = walk(client, kind)
    table = vendor.table(kind)
    assert sorted(by_id(records)) == sorted(table.ids())
    assert len(records) == len(table)
    assert ids(changes, "delete") == set(table.tombstones)
    assert cursor["step"] == "idle"
    for record in records:
        assert "customer_no" not in record["properties"] or kind == "companies"
        assert None not in record["properties"].values()


def test_a_page_says_how_many_there_are(vendor: HubSpot, client: Client) -> None:
    first = next(iter(STREAMS["contacts"].pages(client, None, ())))
    assert first.total == len(vendor.table("contacts"))


def test_the_tenants_own_properties_are_read(vendor: HubSpot, client: Client) -> None:
    records, _, _ = walk(client, "companies")
    numbers = {r["properties"].get("customer_no") for r in records}
    live = {r["properties"].get("customer_no") for r in vendor.table("companies").all()}
    assert numbers == live
    assert len(numbers) > 1


@pytest.mark.parametrize("kind", OBJECTS)
def test_list_search_and_fetch_bring_one_shape(vendor: HubSpot, client: Client, kind: str) -> None:
    listed, _, cursor = walk(client, kind)
    fetched = by_id(list(fetch(client, kind, sorted(by_id(listed)))))
    assert fetched == by_id(listed)
    one = next(iter(fetched))
    vendor.table(kind).patch(one, {"properties": {"createdate": "2020-01-01T00:00:00.000Z"}})
    searched = by_id(walk(client, kind, cursor)[0])
    assert searched[one] == by_id(list(fetch(client, kind, [one])))[one]
    assert searched[one] != fetched[one]


def test_a_long_list_of_properties_changes_nothing(vendor: HubSpot, client: Client) -> None:
    names = ",".join(f"hs_some_property_with_a_long_name_{n:03}" for n in range(120))
    patient = connected(vendor, extra_properties=names)
    assert by_id(walk(patient, "deals")[0]) == by_id(walk(client, "deals")[0])


def test_extra_properties_are_read_by_every_way(vendor: HubSpot) -> None:
    keen = connected(vendor, extra_properties=" hs_extra ; other")
    one = vendor.table("tickets").ids()[0]
    vendor.table("tickets").patch(one, {"properties": {"hs_extra": "42"}})
    listed = by_id(walk(keen, "tickets")[0])[one]
    assert listed["properties"]["hs_extra"] == "42"
    assert list(fetch(keen, "tickets", [one])) == [listed]


@pytest.mark.parametrize("kind", OBJECTS)
def test_an_incremental_walk_brings_what_changed(
    vendor: HubSpot, client: Client, kind: str
) -> None:
    _, _, cursor = walk(client, kind)
    records, changes, cursor = walk(client, kind, cursor)
    assert (records, changes) == ([], [])
    table = vendor.table(kind)
    edited, deleted, *_ = table.ids()
    table.patch(edited, {"properties": {"hs_next_step": "now"}})
    table.delete(deleted)
    records, changes, cursor = walk(client, kind, cursor)
    assert list(by_id(records)) == [edited]
    assert ids(changes, "delete") == {deleted}
    table.restore(deleted)
    records, _, _ = walk(client, kind, cursor)
    assert deleted in by_id(records)


def test_two_walks_within_a_second_end_in_different_cursors(client: Client) -> None:
    for name in STREAMS:
        _, _, first = walk(client, name)
        _, _, second = walk(client, name, first)
        assert second != first


def test_rows_that_reach_the_index_late_are_found_by_the_overlap(
    vendor: HubSpot, client: Client
) -> None:
    _, _, cursor = walk(client, "contacts")
    vendor.search_lag_s = 30
    one = vendor.table("contacts").ids()[3]
    vendor.table("contacts").patch(one, {"properties": {"jobtitle": "Late"}})
    vendor.clock.advance(20)
    records, _, cursor = walk(client, "contacts", cursor)
    assert records == []
    vendor.clock.advance(60)
    records, _, _ = walk(client, "contacts", cursor)
    assert list(by_id(records)) == [one]


@pytest.mark.parametrize("most", [600, pytest.param(10_000, marks=pytest.mark.long)])
def test_more_rows_with_one_stamp_than_a_search_shows_are_all_found(
    vendor: HubSpot, client: Client, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(searching, "MAX_RESULTS", most)
    _, _, cursor = walk(client, "companies")
    known, count = vendor.table("companies"), most + 251
    pattern = known.put("1", {"id": "1", "properties": {"name": "Import"}})
    for n in range(2, count + 1):
        own = pattern["properties"] | {"hs_object_id": str(n)}
        known.seed(str(n), pattern | {"id": str(n), "properties": own})
    assert next(iter(STREAMS["companies"].pages(client, cursor, ()))).total == count
    records, _, _ = walk(client, "companies", cursor)
    assert sorted(int(record["id"]) for record in records) == list(range(1, count + 1))


def test_a_walk_goes_on_from_any_page(vendor: HubSpot, client: Client) -> None:
    add_contacts(vendor, 150)
    whole, _, _ = walk(client, "contacts")
    pages = STREAMS["contacts"].pages(client, None, ())
    (first,) = islice(pages, 1)
    kept = json.loads(json.dumps(first.cursor))
    rest, _, _ = walk(client, "contacts", kept)
    assert [*first.records, *rest] == whole
    assert first.records
    assert rest


@pytest.mark.parametrize("name", ["contacts", "associations"])
def test_a_cursor_that_does_not_move_is_an_error(
    vendor: HubSpot, client: Client, name: str
) -> None:
    add_contacts(vendor, 150)
    vendor.faults.add("repeat_cursor", path="/objects/contacts$")
    with pytest.raises(GiveUp) as caught:
        walk(client, name)
    assert caught.value.reason == "cursor_stuck"


def test_associations_are_followed_through_their_inner_pages(
    vendor: HubSpot, client: Client
) -> None:
    contact = vendor.table("contacts").ids()[0]
    for company in vendor.table("companies").ids()[:6]:
        ledger.associate(vendor, "contacts", contact, "companies", company)
    found = list(fetch(client, "contacts", [contact]))
    vendor.nested_page = 1
    assert list(fetch(client, "contacts", [contact])) == found
    (record,) = found
    assert isinstance(record, dict)
    ends = record["associations"]["companies"]
    assert {one["id"] for one in ends} >= set(vendor.table("companies").ids()[:6])
    assert [one["primary"] for one in ends] == sorted(
        (one["primary"] for one in ends), reverse=True
    )


def test_the_same_inner_page_twice_is_an_error() -> None:
    page = {
        "from": {"id": "5"},
        "to": [{"toObjectId": 77, "associationTypes": [{"category": "WORK", "typeId": 1}]}],
        "paging": {"next": {"after": "1"}},
    }
    found: dict[str, dict[str, bool]] = {}
    assert gather(found, page) == {"id": "5", "after": "1"}
    assert found == {"5": {"77": False}}
    with pytest.raises(GiveUp):
        gather(found, page)


def test_the_primary_company_comes_first(vendor: HubSpot, client: Client) -> None:
    contact = vendor.table("contacts").ids()[0]
    old, new = vendor.table("companies").ids()[:2]
    ledger.associate(vendor, "contacts", contact, "companies", old, primary=True)
    ledger.associate(vendor, "contacts", contact, "companies", new, primary=True)
    (record,) = fetch(client, "contacts", [contact])
    assert isinstance(record, dict)
    ends = record["associations"]["companies"]
    assert ends[0] == {"id": new, "primary": True}
    assert {"id": old, "primary": False} in ends


def test_an_association_that_moves_no_stamp_is_seen_by_its_own_stream(
    vendor: HubSpot, client: Client
) -> None:
    _, _, cursor = walk(client, "contacts")
    contact, company = vendor.table("contacts").ids()[0], vendor.table("companies").ids()[-1]
    ledger.associate(vendor, "contacts", contact, "companies", company, primary=True)
    assert walk(client, "contacts", cursor)[0] == []
    records, changes, _ = walk(client, "associations")
    assert records == []
    upserts = {(c.object, c.native_id): c for c in changes if c.kind == "upsert"}
    live = [(OBJECTS[k], one) for k in OBJECTS if k != "companies" for one in vendor.table(k).ids()]
    assert set(upserts) == set(live)
    change = upserts["contact", contact]
    assert list(fetch(client, "contacts", [contact])) == [change.record]
    assert change.record is not None
    assert change.record["associations"]["companies"][0] == {"id": company, "primary": True}


def merge(vendor: HubSpot, into: str, loser: str) -> str:
    answer = requests.post(
        f"{vendor.url}/crm/v3/objects/companies/merge",
        json={"primaryObjectId": into, "objectIdToMerge": loser},
        headers={"Authorization": f"Bearer {vendor.token}"},
        timeout=10,
    )
    assert answer.ok
    return str(answer.json()["id"])


def test_a_merge_makes_a_third_record_that_remembers_both(vendor: HubSpot, client: Client) -> None:
    _, _, cursor = walk(client, "companies")
    into, loser = vendor.table("companies").ids()[:2]
    minted = merge(vendor, into, loser)
    records, changes, _ = walk(client, "companies", cursor)
    assert list(by_id(records)) == [minted]
    (change,) = changes
    assert (change.kind, change.into, set(change.losers)) == ("merge", minted, {into, loser})
    fetched = list(fetch(client, "companies", [loser]))
    assert records[0] in fetched
    assert any(isinstance(c, Change) and c.losers == (loser,) for c in fetched)


def test_fetch_tells_deleted_from_erased_and_unknown(vendor: HubSpot, client: Client) -> None:
    live, deleted, erased = vendor.table("contacts").ids()[:3]
    vendor.table("contacts").delete(deleted)
    ledger.erase(vendor, erased)
    found = list(fetch(client, "contacts", [live, deleted, erased, "123"]))
    record, change = found
    assert isinstance(record, dict)
    assert record["id"] == live
    assert isinstance(change, Change)
    assert (change.kind, change.native_id) == ("delete", deleted)
    assert change.occurred_at == vendor.table("contacts").tombstones[deleted].at.replace(
        microsecond=change.occurred_at.microsecond
    )


def test_fetch_takes_more_ids_than_one_batch(vendor: HubSpot, client: Client) -> None:
    new = [ledger.create(vendor, "deals", {"dealname": str(n)}) for n in range(130)]
    assert sorted(by_id(list(fetch(client, "deals", new)))) == sorted(new)


def test_a_long_archive_is_walked_less_often(vendor: HubSpot, client: Client) -> None:
    add_contacts(vendor, 350)
    for one in vendor.table("contacts").ids()[-310:]:
        vendor.table("contacts").delete(one)
    _, changes, cursor = walk(client, "contacts")
    assert len(ids(changes, "delete")) == 310
    vendor.clock.advance(80)
    lost = vendor.table("contacts").ids()[0]
    vendor.table("contacts").delete(lost)
    _, changes, cursor = walk(client, "contacts", cursor)
    assert changes == []
    vendor.clock.advance(3600)
    _, changes, _ = walk(client, "contacts", cursor)
    assert lost in ids(changes, "delete")


def test_an_old_delete_is_told_once(vendor: HubSpot, client: Client) -> None:
    old, new = vendor.table("deals").ids()[:2]
    vendor.table("deals").delete(old)
    _, _, cursor = walk(client, "deals")
    vendor.clock.advance(600)
    _, _, cursor = walk(client, "deals", cursor)
    vendor.clock.advance(600)
    vendor.table("deals").delete(new)
    _, changes, _ = walk(client, "deals", cursor)
    assert ids(changes, "delete") == {new}
