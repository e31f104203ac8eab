"""Freshdesk's lists by page number, over real HTTP: contacts, companies, agents, ratings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from hub.api import GiveUp, Page
from hub.sandbox import Request
from plugins.freshdesk import FRESHDESK
from plugins.freshdesk import sandbox_records as records_of
from plugins.freshdesk.client import FreshdeskClient
from plugins.freshdesk.sandbox import FreshdeskSandbox
from tests.plugins.freshdesk.walks import STREAMS, ids, pages, records


@pytest.fixture
def companies() -> int:
    """Enough for many pages."""
    return 60


def living(run: list[Page]) -> set[str]:
    return {str(record["id"]) for record in records(run) if not record.get("deleted")}


LISTED = ("companies", "contacts", "tickets")


def test_contacts_by_their_own_parameter(vendor: FreshdeskSandbox, client: FreshdeskClient) -> None:
    cursor = pages("contacts", client)[-1].cursor
    vendor.clock.advance(3600)
    moved = vendor.table("contacts").ids()[3]
    vendor.table("contacts").patch(moved, {"job_title": "CEO"})
    run = pages("contacts", client, cursor)
    assert moved in living(run)
    assert len(living(run)) < 10
    assert run[-1].cursor["turn"] == 2


def test_deleted_contacts_are_listed_with_the_full_run(
    vendor: FreshdeskSandbox, client: FreshdeskClient
) -> None:
    gone = vendor.table("contacts").ids()[3]
    vendor.table("contacts").delete(gone)
    found = {str(r["id"]): r for r in records(pages("contacts", client))}
    assert found[gone]["deleted"] is True
    assert sum(bool(r.get("deleted")) for r in found.values()) < len(found) / 2


def test_who_was_deleted_or_blocked_since_is_in_the_next_short_run(
    vendor: FreshdeskSandbox, client: FreshdeskClient
) -> None:
    cursor = pages("contacts", client)[-1].cursor
    vendor.clock.advance(3600)
    gone, blocked = vendor.table("contacts").ids()[3:5]
    vendor.table("contacts").delete(gone)
    vendor.table("contacts").patch(blocked, {"job_title": "Spammer"})
    vendor.blocked = {blocked}
    found = {str(r["id"]): r for r in records(pages("contacts", client, cursor))}
    assert found[gone]["deleted"] is True
    assert "deleted" not in found[blocked]
    assert sum(not record.get("deleted") for record in found.values()) < 10


def test_a_blocked_contact_is_no_deleted_one(
    vendor: FreshdeskSandbox, client: FreshdeskClient
) -> None:
    vendor.blocked = set(vendor.table("contacts").ids()[:2])
    found = {str(r["id"]): r for r in records(pages("contacts", client))}
    assert not any(found[one].get("deleted") for one in vendor.blocked)


Refusal = Callable[[FreshdeskSandbox, Request], object]
PLAIN: Refusal = FreshdeskSandbox.list_contacts


def _no_states(self: FreshdeskSandbox, request: Request) -> object:
    return (
        records_of.invalid("state", "unknown") if "state" in request.query else PLAIN(self, request)
    )


def test_an_account_without_the_further_lists_has_its_contacts(
    vendor: FreshdeskSandbox, client: FreshdeskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FreshdeskSandbox, "list_contacts", _no_states)
    assert ids(pages("contacts", client)) == set(vendor.table("contacts").ids())


def heeding(*names: str) -> Refusal:
    """Contacts of an account that ignores the time unless its parameter has one of these names."""

    def listed(self: FreshdeskSandbox, request: Request) -> object:
        asked = dict(request.query)
        given = {name: asked.pop(name, "") for name in ("_updated_since", "updated_since")}
        since = next((given[name] for name in names if given[name]), "")
        heard = {**asked, "_updated_since": since}
        return PLAIN(self, replace(request, queries={k: [v] for k, v in heard.items()}))

    return listed


def test_the_other_name_of_the_parameter_is_tried_where_the_first_is_ignored(
    vendor: FreshdeskSandbox,
    client: FreshdeskClient,
    small_pages: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(FreshdeskSandbox, "list_contacts", heeding("updated_since"))
    cursor = pages("contacts", client)[-1].cursor
    vendor.clock.advance(3600)
    moved = vendor.table("contacts").ids()[3]
    vendor.table("contacts").patch(moved, {"job_title": "CEO"})
    run = pages("contacts", client, cursor)
    assert moved in living(run)
    assert len(living(run)) < 10
    calls = dict(vendor.calls)
    assert moved in ids(pages("contacts", client, run[-1].cursor))
    assert vendor.calls["list_contacts"] - calls["list_contacts"] == 3


def test_where_no_name_is_heeded_each_run_reads_all_contacts_and_few_deleted_ones(
    vendor: FreshdeskSandbox,
    client: FreshdeskClient,
    small_pages: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for gone in vendor.table("contacts").ids()[:30]:
        vendor.table("contacts").delete(gone)
    monkeypatch.setattr(FreshdeskSandbox, "list_contacts", heeding())
    cursor = pages("contacts", client)[-1].cursor
    vendor.clock.advance(3600)
    vendor.table("contacts").patch(vendor.table("contacts").ids()[3], {"job_title": "CEO"})
    cursor = pages("contacts", client, cursor)[-1].cursor
    assert cursor["by"] == 2
    assert ids(pages("contacts", client, cursor)) >= set(vendor.table("contacts").ids())


def test_companies_are_always_read_whole(
    vendor: FreshdeskSandbox, client: FreshdeskClient, small_pages: None
) -> None:
    found = pages("companies", client)
    assert len(found) == 5
    assert found[-1].cursor is None
    assert [page.cursor["page"] for page in found[:-1]] == [2, 3, 4, 5]


@pytest.mark.parametrize(("name", "path"), [("ratings", "surveys"), ("agents", "agents")])
def test_what_an_account_lacks_is_empty(
    vendor: FreshdeskSandbox, client: FreshdeskClient, name: str, path: str
) -> None:
    vendor.denied = {path}
    (page,) = pages(name, client)
    assert (list(page.records), page.cursor) == ([], None)


@pytest.mark.parametrize("name", LISTED)
def test_what_must_be_there_is_told_when_it_is_refused(
    vendor: FreshdeskSandbox, client: FreshdeskClient, name: str
) -> None:
    vendor.denied = {name}
    with pytest.raises(GiveUp):
        pages(name, client)


def test_ratings_reach_back_a_day(vendor: FreshdeskSandbox, client: FreshdeskClient) -> None:
    cursor = pages("ratings", client)[-1].cursor
    last = datetime.fromisoformat(cursor["since"])
    table = vendor.table("ratings")
    late = table.ids()[0]
    for hours, comes in ((23, True), (25, False)):
        stamp = vendor.iso(last - timedelta(hours=hours))
        table.seed(late, {**(table.get(late) or {}), "created_at": stamp})
        table._sorted.clear()
        assert (late in ids(pages("ratings", client, cursor))) is comes


@pytest.mark.parametrize("name", ["contacts", "companies"])
def test_what_a_list_no_longer_shows_can_be_asked_for(
    vendor: FreshdeskSandbox, client: FreshdeskClient, name: str
) -> None:
    """A blocked contact, where an account does not list those, is not taken for a deleted one."""
    fetch, listed = STREAMS[name].fetch, {str(r["id"]): r for r in records(pages(name, client))}
    assert fetch is not None
    lost, known = vendor.table(name).ids()[:2]
    vendor.table(name).delete(lost)
    vendor.table(name).tombstones.pop(lost)
    assert list(fetch(client, [known, lost, "../agents/me"])) == [listed[known]]


def test_what_is_fetched_and_how_deletes_are_seen() -> None:
    assert {s.name for s in FRESHDESK.streams if s.fetch} == {"tickets", "contacts", "companies"}
    assert {s.deletes for s in FRESHDESK.streams if s.name in ("companies", "contacts")} == {
        "listing"
    }
