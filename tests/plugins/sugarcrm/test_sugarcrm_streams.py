"""Listings, what changed, what was deleted, and single records, over HTTP.

Fact sheet, sections 3, 5 and 9.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.api import Change, GiveUp, Page, RetryLater
from plugins.sugarcrm import client as clients
from plugins.sugarcrm import subscribing
from plugins.sugarcrm.client import SugarClient
from plugins.sugarcrm.sandbox import SugarSandbox
from plugins.sugarcrm.sandbox_records import iso
from plugins.sugarcrm.streams import STREAMS
from tests.plugins.sugarcrm.conftest import Opener

STREAM = {stream.name: stream for stream in STREAMS}
ACCOUNTS, CONTACTS, CASES = STREAM["accounts"], STREAM["contacts"], STREAM["cases"]


def run(client: SugarClient, stream: Any, cursor: Any = None) -> list[Page]:
    return list(stream.pages(client, cursor, ()))


def ids(pages: Sequence[Page]) -> list[str]:
    return [record["id"] for page in pages for record in page.records]


def gone(pages: Sequence[Page]) -> list[str]:
    return [change.native_id for page in pages for change in page.changes]


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


def test_the_next_run_brings_exactly_the_edits_and_the_deletes(
    client: SugarClient, vendor: SugarSandbox
) -> None:
    cursor = run(client, CONTACTS)[-1].cursor
    table = vendor.table("Contacts")
    one, two, three = table.ids()[:3]
    table.patch(one, {"title": "First"})
    table.patch(one, {"title": "Second"})
    table.patch(two, {"title": "Late"})
    table.delete(two)
    table.delete(three)
    pages = run(client, CONTACTS, cursor)
    assert vendor.asked[-2][1]["filter"] == [{"date_modified": {"$gte": cursor["since"]}}]
    assert ids(pages) == [one]
    assert pages[0].records[0]["title"] == "Second"
    assert sorted(gone(pages)) == sorted([two, three])
    kinds = {(c.object, c.kind) for page in pages for c in page.changes}
    assert kinds == {("Contacts", "delete")}


def test_deleted_rows_have_no_stamp_and_are_as_late_as_the_answer(
    client: SugarClient, vendor: SugarSandbox
) -> None:
    """Fact sheet, section 5: {"id", "deleted": true} without date_modified."""
    cursor = run(client, CASES)[-1].cursor
    vendor.clock.advance(600)
    id = vendor.table("Cases").ids()[0]
    vendor.table("Cases").delete(id)
    deleted_at = vendor.table("Cases").tombstones[id].at
    vendor.clock.advance(60)
    (change,) = [c for page in run(client, CASES, cursor) for c in page.changes]
    assert deleted_at < change.occurred_at <= vendor.clock.now()
    asked = vendor.asked[-1][1]
    assert asked["deleted"] is True
    assert asked["filter"] == [{"date_modified": {"$gte": cursor["since"]}}, {"deleted": 1}]


def test_many_deletes_are_paged_by_offset_and_resumed(
    client: SugarClient, vendor: SugarSandbox
) -> None:
    vendor.page_size = 10
    cursor = run(client, CONTACTS)[-1].cursor
    removed = vendor.table("Contacts").ids()[:25]
    for id in removed:
        vendor.table("Contacts").delete(id)
    pages = run(client, CONTACTS, cursor)
    assert sorted(gone(pages)) == sorted(removed)
    assert [len(page.changes) for page in pages] == [0, 10, 10, 5]
    rest = run(client, CONTACTS, pages[1].cursor)
    assert gone(rest) == gone(pages[2:])
    assert ids(rest) == []


def test_an_instance_that_does_not_filter_by_the_flag_still_brings_the_edits(
    client: SugarClient, vendor: SugarSandbox
) -> None:
    vendor.filters_deleted = False
    cursor = run(client, CASES)[-1].cursor
    one, two = vendor.table("Cases").ids()[:2]
    vendor.table("Cases").patch(one, {"status": "Closed"})
    vendor.table("Cases").delete(two)
    pages = run(client, CASES, cursor)
    assert (ids(pages), gone(pages)) == ([one], [])
    assert pages[-1].cursor["turn"] == cursor["turn"] + 1


def test_a_run_begins_before_the_last_one_did_by_sugars_own_clock(
    client: SugarClient, vendor: SugarSandbox
) -> None:
    """Ours may be days away; several web servers' clocks differ, and stamps show late."""
    vendor.clock.advance(40 * 86_400)
    began = vendor.clock.now()
    cursor = run(client, ACCOUNTS)[-1].cursor
    since = datetime.fromisoformat(cursor["since"])
    assert timedelta(minutes=4, seconds=50) < began - since < timedelta(minutes=5, seconds=10)
    late, table = vendor.table("Accounts").ids()[0], vendor.table("Accounts")
    stamp = iso(began - timedelta(minutes=2))
    table.play("put", late, {**(table.get(late) or {}), "date_modified": stamp}, began)
    assert ids(run(client, ACCOUNTS, cursor)) == [late]


def test_runs_without_news_are_short_and_move_on(client: SugarClient, vendor: SugarSandbox) -> None:
    cursor = run(client, ACCOUNTS)[-1].cursor
    cursors = [cursor]
    for _ in range(3):
        before = len(vendor.asked)
        pages = run(client, ACCOUNTS, cursors[-1])
        assert len(vendor.asked) - before == 2
        assert (ids(pages), gone(pages)) == ([], [])
        cursors.append(pages[-1].cursor)
    assert [c["turn"] for c in cursors] == [1, 2, 3, 4]


def test_a_link_from_the_other_side_moves_no_stamp_and_comes_with_the_daily_listing(
    client: SugarClient, vendor: SugarSandbox
) -> None:
    """Fact sheet, section 5: many-to-many changes are not in the re-save path."""
    cursor = run(client, CONTACTS)[-1].cursor
    contact = vendor.table("Contacts").all()[0]
    account = next(i for i in vendor.table("Accounts").ids() if i != contact["account_id"])
    vendor.relate(contact["id"], account)
    assert ids(run(client, CONTACTS, cursor)) == []
    anew = {r["id"]: r for page in run(client, CONTACTS) for r in page.records}
    assert anew[contact["id"]]["account_id"] == account
    assert CONTACTS.fetch is not None
    (read,) = CONTACTS.fetch(client, [contact["id"]])
    assert isinstance(read, dict)
    assert read["account_id"] == account


def test_a_merge_is_a_delete_and_records_that_move(
    client: SugarClient, vendor: SugarSandbox
) -> None:
    """There is no pointer from loser to winner."""
    cursors = {s.name: run(client, s)[-1].cursor for s in (ACCOUNTS, CONTACTS)}
    table = vendor.table("Contacts")
    loser = next(r["account_id"] for r in table.all() if r["account_id"])
    into = next(i for i in vendor.table("Accounts").ids() if i != loser)
    moved = sorted(r["id"] for r in table.all() if r["account_id"] == loser)
    vendor.find_duplicates("Accounts", into, [loser])
    accounts = run(client, ACCOUNTS, cursors["accounts"])
    assert (ids(accounts), gone(accounts)) == ([into], [loser])
    contacts = run(client, CONTACTS, cursors["contacts"])
    assert sorted(ids(contacts)) == moved
    assert {r["account_id"] for page in contacts for r in page.records} == {into}


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


def test_records_by_id_are_read_together_deleted_ones_too(
    client: SugarClient, vendor: SugarSandbox
) -> None:
    """Fact sheet, section 7: an unknown id may be deleted; purged ones are not found."""
    vendor.page_size = 5
    table = vendor.table("Contacts")
    some = table.ids()[:12]
    table.delete(some[2])
    before = len(vendor.asked)
    assert CONTACTS.fetch is not None
    found = list(CONTACTS.fetch(client, [*some, "purged"]))
    assert len(vendor.asked) - before == 3
    changes = [one for one in found if isinstance(one, Change)]
    assert [(c.native_id, c.kind) for c in changes] == [(some[2], "delete")]
    records = [one["id"] for one in found if not isinstance(one, Change)]
    assert sorted(records) == sorted(set(some) - {some[2]})
    assert list(CONTACTS.fetch(client, [])) == []


def test_a_record_that_was_brought_back_lives(client: SugarClient, vendor: SugarSandbox) -> None:
    cursor = run(client, CASES)[-1].cursor
    id = vendor.table("Cases").ids()[0]
    vendor.table("Cases").delete(id)
    vendor.table("Cases").restore(id)
    pages = run(client, CASES, cursor)
    assert (ids(pages), gone(pages)) == ([id], [])


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


def test_deletes_and_reads_that_lead_back_are_an_error(
    client: SugarClient, vendor: SugarSandbox
) -> None:
    vendor.page_size = 4
    cursor = run(client, CASES)[-1].cursor
    some = vendor.table("Cases").ids()[:9]
    for id in some:
        vendor.table("Cases").delete(id)
    vendor.faults.add("repeat_cursor")
    with pytest.raises(RetryLater):
        run(client, CASES, {**cursor, "gone": 4})
    assert CASES.fetch is not None
    with pytest.raises(RetryLater):
        list(CASES.fetch(client, some))


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
