"""The streams over real HTTPS: full and incremental windows, paging, resuming, deletes, merges."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.api import GiveUp, Page, Record, Stream
from mappings.language import Context, load
from plugins.salesforce import CONNECTOR, seeding
from plugins.salesforce.catalogue import OBJECTS
from plugins.salesforce.client import Client
from plugins.salesforce.sandbox import Org

Opener = Callable[..., Client]
STREAMS = {stream.object: stream for stream in CONNECTOR.streams}
MAPPINGS = load(CONNECTOR.mapping.read_text(), "salesforce/mapping.yaml", CONNECTOR.conversions)


def read(stream: Stream, client: Client, cursor: Any = None) -> list[Page]:
    """Pages as the hub asks for them; a cursor must survive being stored as JSON."""
    stored = json.loads(json.dumps(cursor))
    return list(stream.pages(client, stored, MAPPINGS[stream.object].source_fields))


def ids(pages: Iterable[Page]) -> list[str]:
    return [str(record["Id"]) for page in pages for record in page.records]


def fetched(name: str, client: Client, *wanted: str) -> list[Record]:
    fetch = STREAMS[name].fetch
    assert fetch is not None
    found = list(fetch(client, wanted))
    assert all(isinstance(one, dict) for one in found)
    return found  # type: ignore[return-value]


def everything(org: Org, name: str) -> set[str]:
    table = org.table(name)
    return {*table.ids(), *table.tombstones}


@pytest.mark.parametrize("name", list(STREAMS))
def test_a_full_listing_brings_every_record_once(name: str, client: Client, org: Org) -> None:
    org.page_size = 17
    pages = read(STREAMS[name], client)
    found = ids(pages)
    assert len(found) == len(set(found))
    assert set(found) == everything(org, name)
    assert pages[0].total == len(found)
    assert all("attributes" not in record for page in pages for record in page.records)


def test_every_listing_shows_the_recycle_bin(client: Client, org: Org) -> None:
    """Archived tasks and deleted rows are seen through queryAll alone."""
    read(STREAMS["Task"], client)
    assert "query" not in org.calls


@pytest.mark.parametrize("name", list(STREAMS))
def test_every_record_of_the_world_can_be_mapped(name: str, client: Client) -> None:
    context = Context(settings={"currency": "EUR"}, account={})
    for page in read(STREAMS[name], client):
        for record in page.records:
            assert MAPPINGS[name].apply(record, context).native_id == record["Id"]


def test_the_next_window_brings_what_changed(client: Client, org: Org) -> None:
    accounts = org.table("Account")
    cursor = read(STREAMS["Account"], client)[-1].cursor
    org.clock.advance(3600)
    changed, gone = accounts.ids()[3], accounts.ids()[4]
    accounts.patch(changed, {"Name": "Ny navn"})
    accounts.delete(gone)
    pages = read(STREAMS["Account"], client, cursor)
    found = {r["Id"]: r for page in pages for r in page.records}
    assert {changed, gone} <= set(found)
    assert found[changed]["Name"] == "Ny navn"
    assert found[gone]["IsDeleted"] is True
    assert len(found) < len(accounts)


def test_a_row_that_shows_late_is_not_lost(client: Client, org: Org) -> None:
    """Its stamp is ten minutes older, to the second, than the newest that the first window saw."""
    contacts = org.table("Contact")
    first = contacts.patch(contacts.ids()[0], {"Title": "CEO"})
    cursor = read(STREAMS["Contact"], client)[-1].cursor
    newest = datetime.fromisoformat(first["SystemModstamp"])
    late = contacts.all()[1] | {"SystemModstamp": seeding.stamp(newest - timedelta(minutes=10))}
    contacts.seed(late["Id"], late)
    contacts._sorted.clear()
    assert {late["Id"], first["Id"]} <= set(ids(read(STREAMS["Contact"], client, cursor)))


def test_rows_of_one_stamp_are_all_brought_again(client: Client, org: Org) -> None:
    """A bulk load gives one stamp to many rows, and more of them may follow."""
    org.page_size = 10
    now = org.clock.now()
    users = org.table("User")
    for number in range(35):
        row = seeding.row("User", now, now, Id=f"0055j0000099{number:03d}AAA", Name=f"U{number}")
        users.seed(row["Id"], row)
    cursor = read(STREAMS["User"], client)[-1].cursor
    row = seeding.row("User", now, now, Id="0055j0000099999AAA", Name="one more")
    users.seed(row["Id"], row)
    users._sorted.clear()
    again = ids(read(STREAMS["User"], client, cursor))
    assert len(again) == 36
    assert row["Id"] in again


def test_a_row_that_moves_during_a_long_pass_does_not_hide_others(client: Client, org: Org) -> None:
    """A row shows its newest stamp when its page comes: the next window must not start there."""
    org.page_size = 10
    accounts = org.table("Account")
    walk = iter(STREAMS["Account"].pages(client, None, ()))
    seen = [next(walk)]
    passed = str(seen[0].records[0]["Id"])
    org.clock.advance(3600)
    accounts.patch(passed, {"Name": "changed behind the reader"})
    org.clock.advance(3600)
    last = sorted(accounts.all(), key=lambda r: r["SystemModstamp"])[-2]["Id"]
    accounts.patch(last, {"Name": "changed ahead of the reader"})
    key = next(reversed(org._locators))
    query, rows = org._locators[key]
    org._locators[key] = (query, [accounts.get(row["Id"]) or row for row in rows])
    seen += list(walk)
    again = ids(read(STREAMS["Account"], client, seen[-1].cursor))
    assert passed in again


def test_any_page_can_be_resumed_by_another_worker(connect: Opener, org: Org) -> None:
    org.page_size = 13
    stream = STREAMS["Contact"]
    whole = read(stream, connect())
    for stop in range(1, len(whole)):
        rest = read(stream, connect(), whole[stop - 1].cursor)
        assert ids(whole[:stop]) + ids(rest) == ids(whole)
        assert rest[-1].cursor == whole[-1].cursor


def test_a_cursor_that_the_org_forgot_goes_on_from_the_newest_stamp(
    connect: Opener, org: Org
) -> None:
    """They live two days; a restart of the server ends them as well."""
    org.page_size = 13
    stream = STREAMS["Contact"]
    first = next(iter(stream.pages(connect(), None, ())))
    org._locators.clear()
    rest = read(stream, connect(), first.cursor)
    assert set(ids([first])) | set(ids(rest)) == everything(org, "Contact")
    assert len(ids(rest)) < len(everything(org, "Contact"))


def test_an_org_that_forgets_every_cursor_at_once_is_given_up(client: Client, org: Org) -> None:
    """All rows have one stamp, so no progress can be made from a stamp."""
    org.page_size = 5
    stream = STREAMS["User"]

    def forgetful() -> None:
        for _ in stream.pages(client, None, ()):
            org._locators.clear()

    with pytest.raises(GiveUp) as caught:
        forgetful()
    assert caught.value.reason == "stale_locator"


def test_a_page_that_repeats_is_an_error_and_no_loop(client: Client, org: Org) -> None:
    org.page_size = 10
    org.faults.add("repeat_cursor", path="/query/")
    pages = STREAMS["Contact"].pages(client, None, ())
    with pytest.raises(GiveUp) as caught:
        list(itertools.islice(pages, 50))
    assert caught.value.reason == "cursor_stuck"


def test_cursors_differ_although_nothing_changed(client: Client) -> None:
    """The overlap shows the same rows again, and the hub refuses a cursor it has seen."""
    stream, cursor, seen = STREAMS["Opportunity"], None, set()
    for _ in range(3):
        cursor = read(stream, client, cursor)[-1].cursor
        seen.add(json.dumps(cursor))
    assert len(seen) == 3


def test_a_merge_names_the_survivor_and_moves_the_children(client: Client, org: Org) -> None:
    cursor = {s: read(STREAMS[s], client)[-1].cursor for s in ("Account", "Contact")}
    accounts, contacts = org.table("Account"), org.table("Contact")
    loser = next(i for i in accounts.ids() if any(c["AccountId"] == i for c in contacts.all()))
    winner = next(i for i in accounts.ids() if i != loser)
    children = {c["Id"] for c in contacts.all() if c["AccountId"] == loser}
    org.clock.advance(60)
    org.merge("Account", winner, [loser])
    rows = {
        r["Id"]: r for p in read(STREAMS["Account"], client, cursor["Account"]) for r in p.records
    }
    assert (rows[loser]["IsDeleted"], rows[loser]["MasterRecordId"]) == (True, winner)
    assert rows[winner]["IsDeleted"] is False
    moved = read(STREAMS["Contact"], client, cursor["Contact"])
    assert children <= set(ids(moved))


def test_fetch_brings_the_same_shape_as_the_listing(client: Client, org: Org) -> None:
    for name, stream in STREAMS.items():
        listed = read(stream, client)[0].records[0]
        assert fetched(name, client, str(listed["Id"])) == [listed]


def test_fetch_of_many_of_deleted_of_unknown_and_of_hostile_ids(client: Client, org: Org) -> None:
    org.page_size = 30
    contacts = org.table("Contact")
    gone = contacts.ids()[7]
    contacts.delete(gone)
    wanted = [*contacts.ids(), gone, "003000000000000AAA", "') OR (Id != '", ""]
    found = {str(r["Id"]): r for r in fetched("Contact", client, *wanted)}
    assert set(found) == {*contacts.ids(), gone}
    assert found[gone]["IsDeleted"] is True


def test_fetch_knows_an_account_by_its_short_id(client: Client, org: Org) -> None:
    full = org.table("Account").ids()[0]
    assert [r["Id"] for r in fetched("Account", client, full[:15])] == [full]


def test_the_reopenings_of_a_case_are_those_of_the_world(client: Client, org: Org) -> None:
    context = Context(settings={"currency": "EUR"}, account={})
    truth = {
        org.world.id("salesforce", "ticket", t.key): t.reopens
        for t in org.world.tickets_of("salesforce")
        if t.reopens and not t.spam and not t.deleted and not t.merged_into
    }
    assert truth
    for record in fetched("Case", client, *truth):
        found = MAPPINGS["Case"].apply(record, context)
        assert found.values["reopen_count"] == truth[found.native_id]


def test_a_case_reopened_now(client: Client, org: Org) -> None:
    case = next(c for c in org.table("Case").all() if not c["IsClosed"])["Id"]
    before = len(fetched("Case", client, case)[0]["StatusChanges"])
    org.table("Case").patch(case, {"Status": "Closed"})
    org.table("Case").patch(case, {"Status": "Working"})
    steps = fetched("Case", client, case)[0]["StatusChanges"][before:]
    assert [(s["from_closed"], s["to_closed"]) for s in steps] == [(False, True), (True, False)]


def test_an_org_that_hides_the_history_says_nothing_of_reopenings(
    client: Client, org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(OBJECTS, "CaseHistory")
    case = org.table("Case").ids()[0]
    assert "StatusChanges" not in fetched("Case", client, case)[0]


def test_a_field_hidden_since_the_last_look_is_asked_for_no_more(
    client: Client, org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.describe("Account")
    fewer = {k: v for k, v in OBJECTS["Account"].items() if k not in ("Tier__c", "Industry")}
    monkeypatch.setitem(OBJECTS, "Account", fewer)
    record = read(STREAMS["Account"], client)[0].records[0]
    assert "Industry" not in record
    assert "Name" in record


def test_an_object_that_the_user_cannot_see(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(OBJECTS, "Opportunity")
    with pytest.raises(GiveUp) as caught:
        read(STREAMS["Opportunity"], client)
    assert caught.value.reason == "not_visible"


def test_an_empty_object_is_asked_for_whole_again(client: Client, org: Org) -> None:
    for id in org.table("Event").ids():
        org.table("Event").delete(id)
    org.table("Event").tombstones.clear()
    (page,) = read(STREAMS["Event"], client)
    assert (list(page.records), page.cursor["since"]) == ([], None)
