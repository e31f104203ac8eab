"""Use when what counts changes: the tenant's own rules, who a visitor was, where a person works."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from hub import removal
from hub.engine import purge
from hub.health import defaults
from hub.scorecards import activation, drafts
from hub.store.client import Doc
from tests.engine.toy import Toy
from tests.stage import Stage
from tests.usage.senders import Source, group, identify, source, track

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


def test_what_the_tenant_shapes_as_use_holds_for_what_is_stored_already(
    stage: Stage, ours: Source, now: datetime
) -> None:
    """Ignored names, own domains and key features, and back again."""
    ours.send(
        group("", "acme", now),
        identify("boss", now, email="boss@ours.test"),
        track("boss", "Opened", now - 2 * DAY, group="acme"),
        track("ana", "Opened", now - DAY, group="acme"),
        track("ana", "Polled", now, group="acme"),
    )
    ours.work()
    assert len(_counters(stage, "acme")["active_user_days"]) == 3
    shaped = defaults.document() | {
        "ignored_events": ["polled"],
        "internal_domains": ["ours.test"],
        "key_features": ["Opened"],
    }
    _shape(ours, shaped)
    assert _counters(stage, "acme")["active_user_days"] == {_day(now - DAY): 1}
    account = stage.store.accounts.find_one({"external_ids": "acme"})
    assert account is not None
    assert account["state"]["counters"]["feature|Opened"] == {_day(now - DAY): 1}
    _shape(ours, defaults.document())
    assert len(_counters(stage, "acme")["active_user_days"]) == 3


def _shape(ours: Source, document: Doc) -> None:
    stage = ours.stage
    made = drafts.draft(stage.hub, stage.tenant_id, document, "tests")
    activation.try_out(stage.hub, stage.tenant_id, made["label"])
    activation.activate(stage.hub, stage.tenant_id, made["label"], "tests")
    ours.work()


def test_a_source_removed_with_its_data_leaves_no_trace(
    stage: Stage, ours: Source, now: datetime
) -> None:
    ours.send(group("u", "acme", now, name="Acme"), track("u", "Opened", now, anonymousId="c"))
    ours.work()
    removal.remove(stage.hub, stage.tenant_id, ours.id, erase=True)
    stage.settle()
    for name in ("usage_events", "usage_people", "usage_days", "event_names", "records"):
        assert getattr(stage.store, name).count({}) == 0, name
    assert stage.store.accounts.count({"listed": True}) == 0


def test_who_said_so_first_keeps_the_visitor_also_when_that_call_comes_last(
    stage: Stage, ours: Source, now: datetime
) -> None:
    ours.send(
        group("", "acme", now),
        track("", "Opened", now - 3 * DAY, group="acme", anonymousId="shared"),
        track("bea", "Opened", now - DAY, group="acme"),
        identify("bea", now - DAY, anonymous="shared"),
    )
    ours.work()
    assert len(_counters(stage, "acme")["active_user_days"]) == 2
    ours.send(identify("ana", now - 2 * DAY, anonymous="shared", internal=True))
    ours.work()
    assert _counters(stage, "acme")["active_user_days"] == {_day(now - DAY): 1}


def test_use_moves_with_its_person_to_another_company(
    stage: Stage, toy: Toy, ours: Source, now: datetime
) -> None:
    """Nothing of the usage source changes: the CRM alone says where the person works."""
    crm = toy.connect(stage.tenant_id)
    toy.put("company", "1", now, name="Acme")
    toy.put("company", "2", now, name="Brick")
    toy.put("person", "9", now, name="Ana", email="ana@gmail.com", company="1")
    stage.sync(crm)
    ours.send(identify("ana", now, email="ana@gmail.com"), track("ana", "Opened", now))
    ours.work()
    assert _active(stage) == {"Acme"}
    toy.put("person", "9", now + DAY / 24, name="Ana", email="ana@gmail.com", company="2")
    stage.sync(crm, full=True)
    assert _active(stage) == {"Brick"}


def _active(stage: Stage) -> set[str]:
    """Names of the accounts that count an active day."""
    wanted = {"listed": True, "state.counters.active_user_days": {"$exists": True}}
    return {account["flat"]["name"] for account in stage.store.accounts.find(wanted)}


def test_strangers_are_forgotten_once_their_days_are_behind_every_window(
    stage: Stage, ours: Source, now: datetime
) -> None:
    ours.send(
        track("", "Looked", now - 401 * DAY, anonymousId="old"),
        track("", "Looked", now - 390 * DAY, anonymousId="young"),
        track("", "Looked", now - 401 * DAY, anonymousId="known"),
        identify("ana", now, anonymous="known"),
    )
    ours.work()
    purge.purge(stage.hub, stage.store, now)
    left = {p["key"] for p in stage.store.usage_people.find({"kind": "anonymous"})}
    assert left == {"young", "known"}
