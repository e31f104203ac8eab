"""A company that is erased takes with it what belongs to it alone."""

from __future__ import annotations

import pytest

from hub.bootstrap import Hub
from hub.errors import AlreadyThere, NotFound
from hub.privacy import asked
from hub.store.client import Doc
from tests.privacy.desk import Desk, erase, record, sync_all, traces
from tests.stage import Stage

WORDS = ("acme", "ada@acme.example", "company:1\0", "ada lovelace")


def world(stage: Stage, desk: Desk) -> Doc:
    """Two companies; one person works for both, and one ticket of the other names the first."""
    desk.company("1", "Acme", "acme.example")
    desk.company("2", "Globex", "globex.example")
    ada = desk.person("501", "Ada Lovelace", "ada@acme.example", company="1")
    bob = desk.person("502", "Bob Other", "bob@globex.example", company="2")
    desk.ticket("900", ada, company="1")
    desk.ticket("901", bob, company="2", note="Like at acme.example, ask info@acme.example")
    connection = desk.connect(stage.tenant_id)
    sync_all(stage, [connection])
    return connection


def account_of(stage: Stage, connection: Doc, native_id: str) -> str:
    return str(record(stage, connection, "company", native_id)["account_id"])


def test_an_account_goes_with_its_people_and_tickets_and_does_not_come_back(
    stage: Stage, hub: Hub, desk: Desk
) -> None:
    """Neither by a sync, nor by a new ticket, nor by another source."""
    connection = world(stage, desk)
    other = account_of(stage, connection, "2")
    done = erase(stage, "account", account_of(stage, connection, "1"))
    assert done["state"] == "done"
    assert done["report"]["removed"]["records"] == 3
    assert traces(stage, *WORDS) == []
    [left] = stage.store.accounts.find({})
    assert (left["_id"], left["rollup"]["open_tickets"]) == (other, 1)

    ada = desk.person("501", "Ada Lovelace", "ada@acme.example", day=2, company="1")
    new = desk.person("503", "Eve Neu", "eve@acme.example", company="1")
    desk.ticket("902", ada, day=2, company="1")
    desk.ticket("903", new, day=2, company="1")
    second = Desk(hub)
    second.company("7", "ACME Inc", "www.acme.example")
    sync_all(stage, [connection, second.connect(stage.tenant_id), connection])
    assert traces(stage, *WORDS, "eve@acme.example") == []
    assert stage.store.accounts.count({"listed": True}) == 1
    assert stage.store.records.count({"entity": "ticket"}) == 1


def test_who_works_for_another_company_too_stays(stage: Stage, hub: Hub) -> None:
    """Known to one source as the first company's, to the other as the second's."""
    first, second = Desk(hub), Desk(hub)
    first.company("1", "Acme", "acme.example")
    first.person("501", "Ada Lovelace", "ada@mail.example", company="1")
    second.company("2", "Globex", "globex.example")
    second.person("9", "Ada Lovelace", "ada@mail.example", company="2")
    one, two = first.connect(stage.tenant_id), second.connect(stage.tenant_id)
    sync_all(stage, [one, two])
    done = erase(stage, "account", account_of(stage, one, "1"))
    sync_all(stage, [one, two])
    [ada] = stage.store.contacts.find({"listed": True})
    assert ada["account_ids"] == [account_of(stage, two, "2")]
    assert (done["state"], traces(stage, "acme")) == ("done", [])


def test_a_company_asked_for_twice_is_refused_while_it_is_worked_on(
    stage: Stage, desk: Desk
) -> None:
    connection = world(stage, desk)
    account = account_of(stage, connection, "1")
    asked.create(stage.hub, stage.tenant_id, "erase", "account", account, "ada")
    with pytest.raises(AlreadyThere):
        asked.create(stage.hub, stage.tenant_id, "erase", "account", account, "ada")
    stage.settle()
    with pytest.raises(NotFound):
        asked.create(stage.hub, stage.tenant_id, "erase", "account", account, "ada")
