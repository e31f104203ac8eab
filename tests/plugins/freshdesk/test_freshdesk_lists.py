"""Freshdesk's lists by page number, over real HTTP: contacts, companies, agents, ratings."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from hub.api import GiveUp
from plugins.freshdesk import FRESHDESK
from plugins.freshdesk.client import FreshdeskClient
from plugins.freshdesk.sandbox import FreshdeskSandbox
from tests.plugins.freshdesk.walks import ids, pages, records

LISTED = ("companies", "contacts", "tickets")


def test_contacts_by_their_own_parameter(vendor: FreshdeskSandbox, client: FreshdeskClient) -> None:
    cursor = pages("contacts", client)[-1].cursor
    vendor.clock.advance(3600)
    moved = vendor.table("contacts").ids()[3]
    vendor.table("contacts").patch(moved, {"job_title": "CEO"})
    run = pages("contacts", client, cursor)
    assert moved in ids(run)
    assert len(ids(run)) < 10
    assert run[-1].cursor["turn"] == 2


def test_deleted_contacts_are_listed_with_the_full_run(
    vendor: FreshdeskSandbox, client: FreshdeskClient
) -> None:
    gone = vendor.table("contacts").ids()[3]
    vendor.table("contacts").delete(gone)
    found = {str(r["id"]): r for r in records(pages("contacts", client))}
    assert found[gone]["deleted"] is True
    assert sum(bool(r.get("deleted")) for r in found.values()) < len(found) / 2


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


def test_what_is_fetched_and_how_deletes_are_seen() -> None:
    assert [s.name for s in FRESHDESK.streams if s.fetch] == ["tickets"]
    assert {s.deletes for s in FRESHDESK.streams if s.name in ("companies", "contacts")} == {
        "listing"
    }
