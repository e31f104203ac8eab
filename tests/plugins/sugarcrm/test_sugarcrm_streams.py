"""Listings over HTTP: whole, page by page, and what stands in their rows.

Fact sheet, sections 3, 5 and 9.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hub.api import GiveUp, Page, RetryLater
from plugins.sugarcrm import client as clients
from plugins.sugarcrm import subscribing
from plugins.sugarcrm.client import SugarClient
from plugins.sugarcrm.sandbox import SugarSandbox
from plugins.sugarcrm.sandbox_records import iso
from plugins.sugarcrm.streams import STREAMS
from tests.plugins.sugarcrm.conftest import ACCOUNTS, CASES, CONTACTS, Opener, gone, ids, run


def test_every_module_comes_whole_and_once(client: SugarClient, vendor: SugarSandbox) -> None:
    vendor.page_size = 7
    for stream in STREAMS:
        pages = run(client, stream)
        assert sorted(ids(pages)) == sorted(vendor.table(stream.object).ids())
        assert pages[0].total == len(vendor.table(stream.object))
        assert not gone(pages)


def test_only_minus_one_is_the_end(client: SugarClient, vendor: SugarSandbox) -> None:
    """Trap: a page of 20, or one that `max_list_limit` cut, is taken for the last."""
    vendor.page_size = 20
    pages = run(client, CONTACTS)
    assert {len(page.records) for page in pages[:-1]} == {20}
    assert len(ids(pages)) == len(vendor.table("Contacts")) > 20
    assert vendor.asked[0][1]["max_num"] == clients.PAGE


def test_pages_go_by_stamp_and_id_and_never_by_a_deep_offset(
    client: SugarClient, vendor: SugarSandbox
) -> None:
    vendor.page_size = 10
    run(client, CONTACTS)
    asked = [body for module, body in vendor.asked if module == "Contacts"]
    assert not any(body.get("offset") for body in asked)
    assert {body["order_by"] for body in asked} == {"date_modified:ASC,id:ASC"}
    assert asked[0]["filter"] == []
    rows = vendor.table("Contacts").sorted_by("x", lambda r: (r["date_modified"], r["id"]))
    at, id = rows[9]["date_modified"], rows[9]["id"]
    same: list[Any] = [{"date_modified": at}, {"id": {"$gt": id}}]
    behind = {"$or": [{"date_modified": {"$gt": at}}, {"$and": same}]}
    assert asked[1]["filter"] == [behind]


def test_rows_that_move_between_pages_push_no_other_out(
    client: SugarClient, vendor: SugarSandbox
) -> None:
    """Trap: deep offsets skip as many rows as have moved away from the front."""
    vendor.page_size = 10
    table = vendor.table("Contacts")
    before = set(table.ids())
    walk = iter(CONTACTS.pages(client, None, ()))
    pages = [next(walk)]
    for id in ids(pages)[:5]:
        table.patch(id, {"title": "Moved"})
    pages += walk
    assert set(ids(pages)) == before


@pytest.mark.parametrize("compares", [True, False])
def test_many_rows_of_one_second_are_paged(
    client: SugarClient, vendor: SugarSandbox, compares: bool
) -> None:
    """Imports and mass updates set thousands of equal stamps."""
    vendor.page_size, vendor.compares_ids = 8, compares
    table = vendor.table("Contacts")
    stamp = iso(vendor.clock.now())
    for row in table.all()[:30]:
        table.play("put", row["id"], {**row, "date_modified": stamp}, vendor.clock.now())
    pages = run(client, CONTACTS)
    assert set(ids(pages)) == set(table.ids())
    assert len(ids(pages)) <= len(table) + 16
    for page in pages[1:-1:2]:
        rest = run(client, CONTACTS, page.cursor)
        behind = pages[pages.index(page) + 1 :]
        assert set(ids(behind)) <= set(ids(rest))


def test_where_ids_are_not_compared_rows_that_move_are_not_skipped(
    client: SugarClient, vendor: SugarSandbox
) -> None:
    vendor.page_size, vendor.compares_ids = 6, False
    table = vendor.table("Contacts")
    stamp = iso(vendor.clock.now() - timedelta(hours=1))
    for row in table.all():
        table.play("put", row["id"], {**row, "date_modified": stamp}, vendor.clock.now())
    before = set(table.ids())
    pages: list[Page] = []
    for number, page in enumerate(CONTACTS.pages(client, None, ())):
        pages.append(page)
        if number in (1, 3):
            moved = ids(pages)[0] if number == 1 else ids(pages)[-1]
            table.patch(moved, {"title": "Moved"})
    assert set(ids(pages)) == before


def test_a_run_goes_on_behind_any_of_its_pages(client: SugarClient, vendor: SugarSandbox) -> None:
    vendor.page_size = 9
    pages = run(client, CONTACTS)
    for place, page in enumerate(pages[:-1]):
        assert ids(run(client, CONTACTS, page.cursor)) == ids(pages[place + 1 :])


def test_rows_that_the_user_may_not_see_are_no_records(
    client: SugarClient, vendor: SugarSandbox
) -> None:
    """Fact sheet, section 5: they come as {id, date_modified} or not at all."""
    hidden = vendor.table("Contacts").ids()[3]
    vendor.hidden = {hidden}
    found = ids(run(client, CONTACTS))
    assert set(found) == set(vendor.table("Contacts").ids()) - {hidden}
    assert CONTACTS.fetch is not None
    assert list(CONTACTS.fetch(client, [hidden])) == []


def test_what_is_about_the_hubs_user_is_not_in_a_record(client: SugarClient) -> None:
    for record in (r for page in run(client, ACCOUNTS) for r in page.records):
        assert not {"_acl", "locked_fields", "following", "my_favorite"} & set(record)
        assert subscribing.told_by(record) == ["Accounts:after_save"]
        assert "customer_no_c" in record


def test_erased_fields_are_named_for_contacts(client: SugarClient, vendor: SugarSandbox) -> None:
    id = vendor.table("Contacts").ids()[0]
    vendor.erased = {id: ["last_name", "first_name"]}
    records = {r["id"]: r for page in run(client, CONTACTS) for r in page.records}
    assert records[id]["_erased_fields"] == ["last_name", "first_name"]
    (read,) = CONTACTS.fetch(client, [id])  # type: ignore[misc]
    assert read == records[id]


def test_an_edition_without_a_module_brings_none_of_it(
    client: SugarClient, vendor: SugarSandbox
) -> None:
    vendor.lacking = {"Cases"}
    (page,) = run(client, CASES)
    assert (page.records, page.total) == ([], None)
    assert ids(run(client, CASES, page.cursor)) == []


def test_a_module_that_is_forbidden_is_an_error_and_no_empty_list(
    client: SugarClient, vendor: SugarSandbox
) -> None:
    """Else all of its records would count as deleted."""
    for stream, trouble in ((CASES, vendor.denied), (ACCOUNTS, vendor.lacking)):
        trouble.add(stream.object)
        with pytest.raises(GiveUp):
            run(client, stream)


def test_pages_that_lead_back_are_an_error(client: SugarClient, vendor: SugarSandbox) -> None:
    vendor.page_size = 10
    cursor = run(client, CONTACTS)[0].cursor
    vendor.faults.add("repeat_cursor")
    for begin in (None, cursor):
        with pytest.raises(RetryLater) as stuck:
            run(client, CONTACTS, begin)
        assert stuck.value.reason == "cursor_stuck"


def test_an_answer_that_is_no_list_is_tried_again(
    client: SugarClient, vendor: SugarSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies: list[Any] = [
        {"records": [], "next_offset": 5},
        {"records": None, "next_offset": -1},
        {"records": []},
        {"records": [], "next_offset": True},
        [],
    ]
    for body in bodies:
        monkeypatch.setattr(vendor, "listing", lambda request, body=body: body)
        with pytest.raises(RetryLater):
            run(client, ACCOUNTS)


def test_a_session_that_ends_in_the_middle_is_renewed_and_nothing_is_lost(
    connect: Opener, vendor: SugarSandbox
) -> None:
    vendor.page_size = 10
    client = connect()
    walk = iter(CONTACTS.pages(client, None, ()))
    pages = [next(walk)]
    vendor.clock.advance(3601)
    pages += walk
    assert sorted(ids(pages)) == sorted(vendor.table("Contacts").ids())
    assert vendor.sessions.tallies["refresh"] == 1
