"""What changed, what was deleted or merged, and records by id, over HTTP.

Fact sheet, sections 3, 5, 7 and 9.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from hub.api import Change, RetryLater
from plugins.sugarcrm.client import SugarClient
from plugins.sugarcrm.sandbox import SugarSandbox
from plugins.sugarcrm.sandbox_records import iso
from tests.plugins.sugarcrm.conftest import ACCOUNTS, CASES, CONTACTS, gone, ids, run


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
