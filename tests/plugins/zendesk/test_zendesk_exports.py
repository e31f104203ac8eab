"""Zendesk's exports against its sandbox: whole, what changed, deletes, circles, and limits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from hub.api import Change, GiveUp, Page, RetryLater
from plugins.zendesk import exports
from plugins.zendesk.client import ZendeskClient
from plugins.zendesk.exports import fresh
from plugins.zendesk.sandbox import ZendeskSandbox
from plugins.zendesk.streams import ORGANIZATIONS, TICKETS, USERS
from tests.plugins.zendesk.conftest import Opener


def ids(pages: Iterable[Page]) -> list[str]:
    return [str(record["id"]) for page in pages for record in page.records]


def gone(pages: Iterable[Page]) -> dict[str, str]:
    return {c.native_id: c.kind for page in pages for c in page.changes}


def end(pages: list[Page]) -> Any:
    return pages[-1].cursor


def tickets(client: ZendeskClient, cursor: Any = None) -> list[Page]:
    return list(TICKETS.by_cursor(client, cursor))


def users(client: ZendeskClient, cursor: Any = None) -> list[Page]:
    return list(USERS.by_cursor(client, cursor))


def organizations(client: ZendeskClient, cursor: Any = None) -> list[Page]:
    return list(ORGANIZATIONS.by_time(client, cursor))


def later(vendor: ZendeskSandbox, seconds: int = 120) -> None:
    """Let the exports catch up: they leave the last minute out."""
    vendor.clock.advance(seconds)


def test_a_full_export_brings_every_ticket_once_the_deleted_ones_too(
    vendor: ZendeskSandbox, client: ZendeskClient
) -> None:
    table = vendor.table("tickets")
    table.delete(table.ids()[0])
    later(vendor)
    found = tickets(client)
    assert len(found) > 2
    assert sorted(ids(found)) == sorted(table.ids())
    assert gone(found) == dict.fromkeys(table.tombstones, "delete") != {}
    assert all(r["metric_set"]["ticket_id"] == r["id"] for p in found for r in p.records)


def test_the_next_run_brings_exactly_the_edit_and_a_cut_one_goes_on(
    vendor: ZendeskSandbox, client: ZendeskClient, connect: Opener
) -> None:
    whole = tickets(client)
    some = vendor.table("tickets").ids()[3]
    vendor.table("tickets").patch(some, {"priority": "urgent"})
    assert ids(tickets(client, end(whole))) == []
    later(vendor)
    assert ids(tickets(client, end(whole))) == [some]
    later(vendor)
    rest = tickets(connect(), whole[0].cursor)
    assert set(ids(rest)) >= set(ids(whole[1:])) - set(ids(whole[:1]))
    quiet = tickets(client, end(rest))
    assert ids(quiet) == []
    assert end(quiet) != end(rest)


def test_a_system_change_comes_though_updated_at_is_old(
    vendor: ZendeskSandbox, client: ZendeskClient
) -> None:
    whole = tickets(client)
    some = vendor.table("tickets").ids()[0]
    before = (vendor.table("tickets").get(some) or {})["updated_at"]
    vendor.move_by_system(some, {"tags": ["archived"]})
    later(vendor)
    (record,) = [r for page in tickets(client, end(whole)) for r in page.records]
    assert (record["updated_at"], record["tags"]) == (before, ["archived"])


def test_a_deleted_ticket_comes_as_deleted_and_a_purged_one_just_disappears(
    vendor: ZendeskSandbox, client: ZendeskClient
) -> None:
    whole = tickets(client)
    dead, purged = vendor.table("tickets").ids()[:2]
    for id in (dead, purged):
        vendor.table("tickets").delete(id)
    vendor.table("purged").put(purged, {"id": int(purged)}, quiet=True)
    later(vendor)
    next_run = tickets(client, end(whole))
    assert (ids(next_run), gone(next_run)) == ([], {dead: "delete"})


def test_users_are_contacts_agents_are_not_and_the_deleted_are_told(
    vendor: ZendeskSandbox, client: ZendeskClient
) -> None:
    rows = vendor.table("users")
    people = {id for id in rows.ids() if (rows.get(id) or {})["role"] == "end-user"}
    found = users(client)
    here = {str(r["id"]) for p in found for r in p.records if r["active"]}
    assert here == people
    assert set(gone(found)) == {
        str(row["id"]) for row in vendor.moved("users") if row["role"] != "end-user"
    }
    promoted, deleted, forgotten = sorted(people)[:3]
    rows.patch(promoted, {"role": "agent"})
    rows.delete(deleted)
    vendor.forget_user(forgotten)
    later(vendor)
    next_run = users(client, end(found))
    assert gone(next_run) == {promoted: "delete", forgotten: "privacy_delete"}
    assert [(r["id"], r["active"]) for p in next_run for r in p.records] == [(int(deleted), False)]


def test_a_cursor_that_is_not_known_any_more_is_replaced_by_the_time(
    vendor: ZendeskSandbox, client: ZendeskClient
) -> None:
    for read in (tickets, users):
        whole = read(client)
        assert end(whole)["seen"] == max(map(exports.stamp, vendor.moved(read.__name__)))
        vendor.epoch += 1
        again = read(client, end(whole))
        newest = str(vendor.moved(read.__name__)[-1]["id"])
        assert newest in {*ids(again), *gone(again)}
        assert len(ids(again)) < len(ids(whole))


def test_a_cursor_that_is_refused_before_anything_was_seen_is_an_error(
    vendor: ZendeskSandbox, client: ZendeskClient
) -> None:
    with pytest.raises(GiveUp):
        tickets(client, {"cursor": "nonsense", "seen": 0, "turn": 1})


def test_a_cursor_that_does_not_move_is_an_error(
    vendor: ZendeskSandbox, client: ZendeskClient
) -> None:
    vendor.faults.add("repeat_cursor")
    for read in (tickets, users):
        with pytest.raises(RetryLater) as refused:
            read(client)
        assert refused.value.reason == "cursor_stuck"


def test_an_account_that_refuses_the_time_nought_is_asked_from_one_on(
    vendor: ZendeskSandbox, client: ZendeskClient
) -> None:
    wanted = sorted(ids(tickets(client))), sorted(ids(organizations(client)))
    vendor.refuses_zero = True
    assert (sorted(ids(tickets(client))), sorted(ids(organizations(client)))) == wanted


def test_rows_that_come_again_on_the_next_page_are_passed_over(
    vendor: ZendeskSandbox, client: ZendeskClient
) -> None:
    """The next page of an export by time begins with the last second of the one before."""
    vendor.page_size = 4
    found = organizations(client)
    assert len(found) > 2
    assert sorted(ids(found)) == sorted(vendor.table("organizations").ids())
    some = vendor.table("organizations").ids()[1]
    vendor.table("organizations").patch(some, {"details": "moved to Ulm"})
    later(vendor)
    assert some in ids(organizations(client, end(found)))


def test_of_a_record_twice_on_a_page_the_last_counts() -> None:
    old, new = {"id": 1, "name": "old"}, {"id": 1, "name": "new"}
    assert fresh([old, {"id": 2}, new], []) == [new, {"id": 2}]
    assert fresh([new, {"id": 2}], [{"id": 2}, old]) == [new]


def test_an_account_that_does_not_say_the_end_ends_with_a_page_that_is_not_full(
    vendor: ZendeskSandbox, client: ZendeskClient
) -> None:
    vendor.page_size, vendor.hides_end = exports.MOST, True
    found = organizations(client)
    assert len(found) == 1
    assert len(ids(found)) == len(vendor.table("organizations"))


def test_many_rows_of_one_second_do_not_lead_in_a_circle(
    vendor: ZendeskSandbox, client: ZendeskClient
) -> None:
    """More of them than a page holds: the plain list is read, and the next run is behind them."""
    vendor.page_size = 3
    table = vendor.table("organizations")
    second = vendor.clock.now().replace(microsecond=0)
    for id in table.ids()[2:9]:
        table.patch(id, {"tags": ["imported"]})
    same = {exports.stamp(table.get(id) or {}) for id in table.ids()[2:9]}
    assert len(same) == 1, "the edits straddled a second"
    later(vendor, 1200)
    found = organizations(client)
    assert set(ids(found)) == set(table.ids())
    assert end(found) == {"since": int(second.timestamp()) + 1, "turn": 1}
    assert ids(organizations(client, end(found))) == []
    table.patch(table.ids()[0], {"tags": ["again"]})
    later(vendor)
    assert ids(organizations(client, end(found))) == [table.ids()[0]]


def test_a_run_never_begins_so_late_that_it_is_refused(
    vendor: ZendeskSandbox, client: ZendeskClient
) -> None:
    table = vendor.table("organizations")
    table.patch(table.ids()[0], {"details": "just now"})
    vendor.lag_s = 0
    found = organizations(client)
    latest = vendor.clock.now() - timedelta(minutes=5)
    assert end(found)["since"] <= int(latest.timestamp())
    assert table.ids()[0] in ids(organizations(client, end(found)))


def test_a_time_that_does_not_move_is_no_loop(
    vendor: ZendeskSandbox, client: ZendeskClient
) -> None:
    vendor.page_size = 4
    vendor.faults.add("repeat_cursor")
    with pytest.raises(RetryLater):
        organizations(client)


def test_a_limit_that_others_used_up_is_waited_for_though_the_plan_has_calls_left(
    vendor: ZendeskSandbox, client: ZendeskClient
) -> None:
    vendor.exports_a_minute = 0
    with pytest.raises(RetryLater) as refused:
        tickets(client)
    assert refused.value.reason == "limited"
    assert 0 < (refused.value.retry_after or 0) <= 60


def test_only_an_administrator_may_export(vendor: ZendeskSandbox, client: ZendeskClient) -> None:
    vendor.role = "agent"
    with pytest.raises(GiveUp) as refused:
        tickets(client)
    assert refused.value.reason == "forbidden"


def test_changes_name_the_stream_of_users(vendor: ZendeskSandbox, client: ZendeskClient) -> None:
    for page in users(client):
        assert all(isinstance(c, Change) and c.object == "user" for c in page.changes)


def test_how_many_there_are_is_asked_once_and_only_for_a_full_run(
    vendor: ZendeskSandbox, client: ZendeskClient
) -> None:
    for read, table in ((ORGANIZATIONS.by_time, "organizations"), (USERS.by_cursor, "users")):
        pages = list(read(client, None))
        assert {page.total for page in pages} == {len(vendor.table(table))}
        again = list(read(client, pages[0].cursor))
        assert {page.total for page in again} == {None}
    assert vendor.calls["count"] == 2


def test_an_account_that_does_not_count_is_read_all_the_same(
    vendor: ZendeskSandbox, client: ZendeskClient
) -> None:
    vendor.faults.add("error", path="count.json", status=404)
    assert [page.total for page in organizations(client)][:1] == [None]
