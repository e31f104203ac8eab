"""Freshdesk's streams over real HTTP: what is listed, in whatever way lists are cut or shifted."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.api import GiveUp, RetryLater
from hub.sandbox import Request, Response
from mappings.language import Context, load
from plugins.freshdesk import FRESHDESK
from plugins.freshdesk.client import FreshdeskClient
from plugins.freshdesk.desk import describe
from plugins.freshdesk.sandbox import FreshdeskSandbox
from tests.plugins.freshdesk.walks import STREAMS, ids, known, pages, records

Opener = Callable[..., FreshdeskClient]


@pytest.fixture
def companies() -> int:
    """Enough for many pages."""
    return 60


def fetched(client: FreshdeskClient, *wanted: str) -> list[Any]:
    fetch = STREAMS["tickets"].fetch
    assert fetch is not None
    return list(fetch(client, wanted))


@pytest.mark.parametrize("name", ["companies", "contacts", "agents", "tickets", "ratings"])
def test_a_full_listing_brings_everything(
    vendor: FreshdeskSandbox, client: FreshdeskClient, name: str
) -> None:
    assert ids(pages(name, client)) == known(vendor, name)
    assert len(known(vendor, name)) > 10


def test_tickets_older_than_30_days_come_too(
    vendor: FreshdeskSandbox, client: FreshdeskClient
) -> None:
    without, _ = client.tickets({}, 1)
    month = (vendor.clock.now() - timedelta(days=30)).isoformat()
    assert all(row["created_at"] >= month for row in without)
    assert len(without) < len(known(vendor, "tickets")) / 2
    assert len(ids(pages("tickets", client))) == len(known(vendor, "tickets"))


@pytest.mark.parametrize("name", ["contacts", "tickets"])
def test_a_run_resumes_behind_any_page(
    vendor: FreshdeskSandbox, connect: Opener, small_pages: None, name: str
) -> None:
    whole = pages(name, connect())
    assert len(whole) > 20
    for place in range(0, len(whole) - 1, 4):
        stored = json.loads(json.dumps(whole[place].cursor))
        rest = pages(name, connect(), stored)
        assert records(rest) == records(whole[place + 1 :])
        assert rest[-1].cursor == whole[-1].cursor


def test_a_ticket_that_moves_while_we_page_pulls_none_past_us(
    vendor: FreshdeskSandbox, client: FreshdeskClient, small_pages: None
) -> None:
    found = []
    for page in STREAMS["tickets"].pages(client, None, ()):
        found.append(page)
        if len(found) < 12:
            first = str(page.records[0]["id"])
            vendor.table("tickets").patch(first, {"priority": 1})
    assert ids(found) == known(vendor, "tickets")


def test_page_numbers_alone_would_have_lost_some(
    vendor: FreshdeskSandbox, client: FreshdeskClient, small_pages: None
) -> None:
    """What the stream guards against does happen in this sandbox."""
    seen, number, more = set(), 1, True
    while more:
        rows, more = client.tickets({"updated_since": "2010-01-01T00:00:00Z"}, number)
        seen |= {str(row["id"]) for row in rows}
        number += 1
        if number < 12:
            vendor.table("tickets").patch(str(rows[0]["id"]), {"priority": 1})
    assert set(vendor.table("tickets").ids()) - seen


def test_more_tickets_than_pages_allow(
    vendor: FreshdeskSandbox,
    client: FreshdeskClient,
    small_pages: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("plugins.freshdesk.sandbox.PAGES", 2)
    with pytest.raises(GiveUp) as caught:
        client.tickets({"updated_since": "2010-01-01T00:00:00Z"}, 3)
    assert caught.value.reason == "bad_request"
    assert "field page" in str(caught.value)
    assert ids(pages("tickets", client)) == known(vendor, "tickets")


def same_second(vendor: FreshdeskSandbox, count: int) -> None:
    """A mass update: so many tickets changed within one second."""
    table = vendor.table("tickets")
    for id in table.ids()[:count]:
        table.seed(id, {**(table.get(id) or {}), "updated_at": "2026-03-01T00:00:00Z"})
    table._sorted.clear()


def test_many_tickets_of_one_second_are_read_by_number(
    vendor: FreshdeskSandbox, client: FreshdeskClient, small_pages: None
) -> None:
    same_second(vendor, 95)
    assert ids(pages("tickets", client)) == known(vendor, "tickets")


def test_none_is_lost_should_the_time_asked_for_be_left_out(
    vendor: FreshdeskSandbox,
    client: FreshdeskClient,
    small_pages: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whether `updated_since` includes its own second is not published."""
    same_second(vendor, 15)
    monkeypatch.setattr("plugins.freshdesk.sandbox.bisect_left", bisect_right)
    assert ids(pages("tickets", client)) == known(vendor, "tickets")


@pytest.mark.parametrize("first", [3, 6, 9, 12])
def test_pages_that_end_within_a_second_of_their_beginning_go_on(
    vendor: FreshdeskSandbox, client: FreshdeskClient, small_pages: None, first: int
) -> None:
    """The next request then begins where the one before began, and brings the same page once."""
    same_second(vendor, 30)
    table = vendor.table("tickets")
    for id in table.ids()[:first]:
        table.seed(id, {**(table.get(id) or {}), "updated_at": "2026-02-28T23:59:59Z"})
    table._sorted.clear()
    assert ids(pages("tickets", client)) == known(vendor, "tickets")


def test_too_many_tickets_of_one_second_are_an_error_and_no_loop(
    vendor: FreshdeskSandbox,
    client: FreshdeskClient,
    small_pages: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    same_second(vendor, 95)
    monkeypatch.setattr("plugins.freshdesk.streams.LAST_PAGE", 5)
    with pytest.raises(GiveUp) as caught:
        pages("tickets", client)
    assert caught.value.reason == "one_time"


@pytest.mark.parametrize("name", ["contacts", "tickets"])
def test_a_page_that_comes_again_is_an_error_and_no_loop(
    vendor: FreshdeskSandbox, client: FreshdeskClient, small_pages: None, name: str
) -> None:
    if name == "tickets":
        same_second(vendor, 95)
    vendor.faults.add("repeat_cursor")
    with pytest.raises(RetryLater) as caught:
        pages(name, client)
    assert caught.value.reason == "cursor_stuck"


def test_an_incremental_run_reads_what_changed(
    vendor: FreshdeskSandbox, client: FreshdeskClient
) -> None:
    cursor = pages("tickets", client)[-1].cursor
    vendor.clock.advance(3600)
    edited = vendor.table("tickets").ids()[0]
    vendor.table("tickets").patch(edited, {"status": 4})
    run = pages("tickets", client, cursor)
    assert edited in ids(run)
    assert len(ids(run)) < 10
    assert run[-1].cursor["since"] > cursor["since"]
    again = pages("tickets", client, run[-1].cursor)
    assert again[-1].cursor == {"since": run[-1].cursor["since"], "turn": 3}


def test_a_run_reaches_back_five_minutes(vendor: FreshdeskSandbox, client: FreshdeskClient) -> None:
    cursor = pages("tickets", client)[-1].cursor
    last = datetime.fromisoformat(cursor["since"])
    table = vendor.table("tickets")
    late = table.ids()[0]
    for minutes, comes in ((4, True), (6, False)):
        stamp = (last - timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
        table.seed(late, {**(table.get(late) or {}), "updated_at": stamp})
        table._sorted.clear()
        assert (late in ids(pages("tickets", client, cursor))) is comes


def test_bin_spam_and_back(vendor: FreshdeskSandbox, client: FreshdeskClient) -> None:
    cursor = pages("tickets", client)[-1].cursor
    vendor.clock.advance(3600)
    table = vendor.table("tickets")
    binned, spam = table.ids()[:2]
    table.delete(binned)
    table.patch(spam, {"spam": True})
    found = {str(r["id"]): r for r in records(pages("tickets", client, cursor))}
    assert found[binned]["deleted"] is True
    assert found[spam]["spam"] is True
    table.restore(binned)
    found = {str(r["id"]): r for r in records(pages("tickets", client, cursor))}
    assert "deleted" not in found[binned]


def test_a_ticket_destroyed_for_good_is_no_delete(
    vendor: FreshdeskSandbox, client: FreshdeskClient
) -> None:
    table = vendor.table("tickets")
    gone = table.ids()[0]
    table.delete(gone)
    table.tombstones.pop(gone)
    assert gone not in ids(pages("tickets", client))
    assert fetched(client, gone) == []
    assert STREAMS["tickets"].deletes == "events"


def test_a_ticket_reads_the_same_from_a_list_and_alone(
    vendor: FreshdeskSandbox, client: FreshdeskClient
) -> None:
    some = records(pages("tickets", client))[:15]
    assert fetched(client, *(str(one["id"]) for one in some)) == some
    assert "description" in (client.ticket(str(some[0]["id"])) or {})


def test_a_fetch_finds_the_bin_and_leaves_out_what_is_nowhere(
    vendor: FreshdeskSandbox, client: FreshdeskClient
) -> None:
    binned = vendor.table("tickets").ids()[0]
    vendor.table("tickets").delete(binned)
    (found,) = fetched(client, binned, "1", "../agents/me", "")
    assert (str(found["id"]), found["deleted"]) == (binned, True)
    assert vendor.calls == {"one_ticket": 2}


def test_a_record_without_a_time_or_an_id_stops_nothing(
    vendor: FreshdeskSandbox, client: FreshdeskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison: list[dict[str, Any]] = [
        {"id": 1},
        {"updated_at": "2026-01-01T00:00:00Z"},
        {"id": 2, "updated_at": 7},
    ]

    def list_tickets(self: FreshdeskSandbox, request: Request) -> object:
        return Response(poison)

    monkeypatch.setattr(FreshdeskSandbox, "list_tickets", list_tickets)
    found = pages("tickets", client)
    assert len(records(found)) == 9
    assert found[-1].cursor["since"] == "2026-01-01T00:00:00Z"


def test_every_record_maps_and_is_what_the_world_says(
    vendor: FreshdeskSandbox, client: FreshdeskClient
) -> None:
    mappings = load(FRESHDESK.mapping.read_text(), "mapping.yaml", FRESHDESK.conversions)
    context = Context(client.settings, describe(client))
    world = vendor.world
    truths = {world.id("freshdesk", "ticket", t.key): t for t in world.tickets_of("freshdesk")}
    for record in records(pages("tickets", client)):
        found = mappings["ticket"].apply(record, context)
        truth = truths[found.native_id]
        status = {"new": "open", "on_hold": "pending"}.get(truth.status, truth.status)
        assert (found.values["status"], found.deleted) == (status, truth.deleted)
        assert found.values["priority"] == truth.priority
        assert found.values.get("solved_at") == truth.solved_at
        assert found.values["reopen_count"] == min(truth.reopens, 1)
        assert found.values["last_customer_message_at"] == truth.last_customer_at
    for record in records(pages("companies", client)):
        found = mappings["company"].apply(record, context)
        company = world.who("freshdesk", found.native_id)
        assert company is not None
        number = found.external_id
        assert number in (None, f"C-{int(company[1:]):05d}")
