"""Raw events become contacts, accounts, active days, and what health counts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.engine.toy import Toy
from tests.stage import Stage
from tests.usage.senders import Source, alias, group, identify, source, track


@pytest.fixture
def ours(stage: Stage) -> Source:
    return source(stage)


def _state(stage: Stage, **wanted: Any) -> dict[str, Any]:
    account = stage.store.accounts.find_one({"listed": True, **wanted})
    assert account is not None
    return dict(account["state"])


def test_calls_become_an_account_a_contact_and_active_days(stage: Stage, ours: Source) -> None:
    now = stage.hub.now()
    yesterday = now - timedelta(days=1)
    ours.send(
        identify("u-81", yesterday, email="Ana@acme.test", name="Ana Ruiz"),
        group("u-81", "acme", yesterday, name="Acme GmbH", website="https://www.acme.test"),
        track("u-81", "Report Exported", yesterday),
        track("u-81", "Report Exported", yesterday),
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
    days = {d.date().isoformat() for d in (yesterday, now)}
    assert account["state"]["counters"]["active_user_days"] == dict.fromkeys(days, 1)
    assert account["state"]["counters"]["last_active"] == {now.date().isoformat(): 1}
