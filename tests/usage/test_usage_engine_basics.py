"""Raw events become contacts, accounts, active days, and what health counts."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from hub.store.client import Doc
from tests.engine.toy import Toy
from tests.stage import Stage
from tests.usage.senders import Source, alias, group, identify, source, track

DAY = timedelta(days=1)


@pytest.fixture
def ours(stage: Stage) -> Source:
    return source(stage)


@pytest.fixture
def now(stage: Stage) -> datetime:
    """Some hours into today, so that an hour earlier is today as well."""
    return stage.hub.now()


def _counters(stage: Stage, external_id: str) -> Doc:
    """What the account of this group counts."""
    account = stage.store.accounts.find_one({"listed": True, "external_ids": external_id})
    assert account is not None
    counters = account["state"]["counters"]
    return {k: v for k, v in counters.items() if k in ("active_user_days", "last_active")}


def _day(at: datetime) -> str:
    return at.date().isoformat()


def test_calls_become_an_account_a_contact_and_active_days(
    stage: Stage, ours: Source, now: datetime
) -> None:
    ours.send(
        identify("u-81", now - DAY, email="Ana@acme.test", name="Ana Ruiz"),
        group("u-81", "acme", now - DAY, name="Acme GmbH", website="https://www.acme.test"),
        track("u-81", "Report Exported", now - DAY),
        track("u-81", "Report Exported", now - DAY),
        track("u-81", "Report Viewed", now),
    )
    ours.work()
    [account] = stage.store.accounts.find({"listed": True})
    assert account["flat"]["name"] == "Acme GmbH"
    assert account["flat"]["domains"] == ["acme.test"]
    assert account["external_ids"] == ["acme"]
    [contact] = stage.store.contacts.find({"listed": True})
    assert contact["flat"]["full_name"] == "Ana Ruiz"
    assert contact["flat"]["emails"] == ["ana@acme.test"]
    assert contact["account_id"] == account["_id"]
    assert _counters(stage, "acme") == {
        "active_user_days": {_day(now - DAY): 1, _day(now): 1},
        "last_active": {_day(now): 1},
    }


def test_an_event_that_comes_before_its_account_is_attached_when_it_appears(
    stage: Stage, ours: Source, now: datetime
) -> None:
    ours.send(track("u-1", "Opened", now, group="late"))
    ours.work()
    assert stage.store.accounts.count({}) == 0
    other = source(stage, "Backend")
    other.send(group("", "late", now, name="Late Ltd"))
    other.work()
    assert _counters(stage, "late")["last_active"] == {_day(now): 1}


def test_a_person_with_two_user_ids_counts_once_and_apart_again(
    stage: Stage, ours: Source, now: datetime
) -> None:
    ours.send(
        group("", "acme", now),
        identify("a", now - 2 * DAY, email="ana@acme.test"),
        identify("b", now - 2 * DAY, email="ana@acme.test"),
        track("a", "Opened", now - DAY, group="acme"),
        track("b", "Opened", now - DAY, group="acme"),
        track("b", "Opened", now, group="acme"),
    )
    ours.work()
    assert _counters(stage, "acme") == {
        "active_user_days": {_day(now - DAY): 1, _day(now): 1},
        "last_active": {_day(now): 1},
    }
    ours.send(identify("b", now, email="bea@acme.test"))
    ours.work()
    assert _counters(stage, "acme") == {
        "active_user_days": {_day(now - DAY): 2, _day(now): 1},
        "last_active": {_day(now - DAY): 1, _day(now): 1},
    }


def test_two_sources_of_one_person_count_once(stage: Stage, ours: Source, now: datetime) -> None:
    mobile = source(stage, "Mobile")
    ours.send(group("", "acme", now), identify("a", now, email="ana@acme.test"))
    ours.send(track("a", "Opened", now, group="acme"))
    mobile.send(identify("m-7", now, email="ana@acme.test"))
    mobile.send(track("m-7", "Opened", now - DAY, group="acme"))
    ours.work()
    assert _counters(stage, "acme") == {
        "active_user_days": {_day(now - DAY): 1, _day(now): 1},
        "last_active": {_day(now): 1},
    }


def test_staff_do_not_count_also_when_it_is_said_later(stage: Stage, now: datetime) -> None:
    ours = source(stage, internal_domains="ours.test")
    ours.send(
        group("", "acme", now),
        identify("boss", now, email="boss@OURS.test"),
        track("boss", "Opened", now, group="acme"),
        track("ana", "Opened", now, group="acme"),
    )
    ours.work()
    assert _counters(stage, "acme")["last_active"] == {_day(now): 1}
    ours.send(identify("ana", now, internal=True))
    ours.work()
    assert _counters(stage, "acme") == {}


def test_what_an_anonymous_visitor_did_is_the_users_on_its_own_day(
    stage: Stage, ours: Source, now: datetime
) -> None:
    ours.send(
        group("", "acme", now),
        track("", "Opened", now - 3 * DAY, group="acme", anonymousId="cookie"),
        track("", "Opened", now - 2 * DAY, group="acme", anonymousId="stranger"),
    )
    ours.work()
    assert _counters(stage, "acme") == {}, "nobody knows who they are"
    ours.send(identify("ana", now, anonymous="cookie"))
    ours.work()
    assert _counters(stage, "acme")["last_active"] == {_day(now - 3 * DAY): 1}
    ours.send(alias("bea", "stranger", now))
    ours.work()
    assert _counters(stage, "acme")["last_active"] == {
        _day(now - 3 * DAY): 1,
        _day(now - 2 * DAY): 1,
    }


def test_use_without_a_group_belongs_to_the_group_in_force_on_its_day(
    stage: Stage, ours: Source, now: datetime
) -> None:
    ours.send(
        group("u", "second", now - 5 * DAY),
        track("u", "Opened", now - 2 * DAY),
        track("u", "Opened", now - 9 * DAY),
        track("u", "Opened", now - 20 * DAY),
    )
    ours.work()
    assert len(_counters(stage, "second")["active_user_days"]) == 3
    ours.send(group("u", "first", now - 10 * DAY))
    ours.work()
    assert _counters(stage, "second")["active_user_days"] == {_day(now - 2 * DAY): 1}
    assert _counters(stage, "first")["active_user_days"] == {
        _day(now - 9 * DAY): 1,
        _day(now - 20 * DAY): 1,
    }


def test_use_without_any_group_follows_its_person(
    stage: Stage, toy: Toy, ours: Source, now: datetime
) -> None:
    """The company comes from the CRM, and so does the person; the address makes them one."""
    ours.send(identify("ana", now, email="ana@acme.test"), track("ana", "Opened", now))
    ours.work()
    crm = toy.connect(stage.tenant_id)
    toy.put("company", "1", now, name="Acme", domain="acme.test")
    toy.put("person", "9", now, name="Ana", email="ana@acme.test", company="1")
    stage.sync(crm)
    [account] = stage.store.accounts.find({"listed": True})
    assert account["state"]["counters"]["active_user_days"] == {_day(now): 1}


def test_heartbeats_and_names_that_the_source_ignores_make_nobody_active(
    stage: Stage, now: datetime
) -> None:
    ours = source(stage, ignored_events="Session Kept Alive")
    ours.send(
        group("", "acme", now),
        track("u", "session_kept-alive", now, group="acme"),
        track("u", "sessionKeptAlive", now, group="acme"),
    )
    ours.work()
    assert _counters(stage, "acme") == {}
    assert stage.store.event_names.find_one({"name": "sessionKeptAlive"})["volume"] == 1  # type: ignore[index]


def test_a_day_behind_the_horizon_is_counted_and_is_no_active_day(
    stage: Stage, ours: Source, now: datetime
) -> None:
    ours.send(
        group("u", "acme", now),
        track("u", "Opened", now - 399 * DAY),
        track("u", "Opened", now - 400 * DAY),
    )
    ours.work()
    assert _counters(stage, "acme") == {"last_active": {_day(now - 399 * DAY): 1}}
    [person] = stage.store.usage_people.find({"kind": "user"})
    assert [use[3] for use in person["uses"]] == [2]


def test_events_of_a_source_that_was_removed_wait_for_nobody(
    stage: Stage, ours: Source, now: datetime
) -> None:
    ours.send(track("u", "Opened", now))
    stage.store.connections.delete({"_id": ours.id})
    ours.work()
    assert stage.store.usage_events.count({"due": 1}) == 0
    assert stage.store.usage_people.count({}) == 0
