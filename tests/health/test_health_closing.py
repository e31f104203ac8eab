"""Closes on real stores: written with the next score, whole after a crash, and turned from days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from hub.bootstrap import Hub
from hub.embedded import Services
from hub.engine import days
from hub.health import score, scorecard
from hub.health.history import History, keep
from hub.health.measures import Measure
from hub.store.migrations import m0007_health
from hub.store.tenant import TenantStore
from tests.health.lives import Lives
from tests.stage import build_hub

START = date(2026, 2, 26)
CARD = scorecard.default()


@pytest.fixture(scope="module")
def hub(services: Services) -> Iterator[Hub]:
    made = build_hub(services)
    yield made
    made.close()


@pytest.fixture
def store(hub: Hub) -> TenantStore:
    return hub.store(hub.catalogue.control.add_tenant("Closing", hub.now())["_id"])


def lived(store: TenantStore, count: int, seed: int = 2) -> Lives:
    lives = Lives(store, seed, START, companies=1)
    for n in range(count):
        lives.today = START + timedelta(days=n)
        lives.live(2)
        lives.settle()
    return lives


def read(store: TenantStore) -> dict[str, Any]:
    return {doc["_id"]: doc for doc in store.health_days.find({})}


def test_a_close_comes_with_the_next_days_first_score_and_not_again(store: TenantStore) -> None:
    lives = lived(store, 4)
    account = store.accounts.find_one({"listed": True}) or {}
    assert account["closed"] == "2026-02-28"
    assert sorted(read(store)) == [f"{account['_id']}:2026-02"]
    before = read(store)
    store.accounts.update({"_id": account["_id"]}, {"$set": {"score_due": True}})
    lives.settle()
    assert read(store) == before


def test_a_month_begins_with_the_last_close_before_it(store: TenantStore) -> None:
    lived(store, 8)
    march = next(doc for doc in read(store).values() if doc["month"] == "2026-03")
    assert march["base"]["day"] == "2026-02-28"
    whole = History(read(store).values())
    alone = History([march])
    for day in ("2026-02-28", "2026-03-01", "2026-03-04"):
        assert alone.on(day) == whole.on(day)


def test_a_batch_that_breaks_leaves_neither_score_nor_close(store: TenantStore) -> None:
    lives = lived(store, 3)
    before, account = read(store), store.accounts.find_one({"listed": True})
    lives.today += timedelta(days=1)
    lives.live(2)

    def broken(within: TenantStore) -> None:
        lives.settler()._batch(within)
        raise RuntimeError("the power fails")

    with pytest.raises(RuntimeError):
        store.transact(broken)
    assert read(store) == before
    assert store.accounts.find_one({"listed": True}) == account
    lives.settle()
    assert read(store) != before


def test_a_score_that_was_due_and_not_made_leaves_its_days_missing(store: TenantStore) -> None:
    lives = lived(store, 3)
    account = store.accounts.find_one({"listed": True}) or {}
    due = account["next_due"]
    lives.today = date.fromisoformat(due) + timedelta(days=2)
    lives.settle()
    history = History(read(store).values())
    assert history.close("2026-02-28") is not None
    assert history.close(due) is None
    assert history.close(str(date.fromisoformat(due) + timedelta(days=1))) is None


def test_a_merged_account_keeps_its_last_close_and_gets_no_other(store: TenantStore) -> None:
    lives = Lives(store, 5, START, companies=3)
    for n in range(3):
        lives.today = START + timedelta(days=n)
        lives.live(2)
        lives.settle()
    lives.today += timedelta(days=1)
    lives._merge()
    lives._tell()
    lives.settle()
    gone = store.accounts.find_one({"listed": False}) or {}
    for _ in range(3):
        lives.today += timedelta(days=1)
        store.accounts.update({"_id": gone["_id"]}, {"$set": {"score_due": True}})
        lives.settle()
    history = History(store.health_days.find({"account_id": gone["_id"]}))
    assert history.close("2026-02-28") is not None
    assert history.close("2026-03-01") is None
    assert (history.on("2026-03-03") or {})["raw"] == (history.on("2026-02-28") or {})["raw"]
    assert store.accounts.count({"listed": False, "next_due": {"$ne": None}}) == 0


def test_whole_days_without_the_hub_are_noted(store: TenantStore) -> None:
    def at(day: int, hour: int) -> datetime:
        return datetime.combine(START + timedelta(days=day), time(hour), UTC)

    for moment in (at(0, 1), at(0, 23), at(1, 9), at(4, 5), at(4, 6), at(5, 0)):
        days.note(store, moment)
    assert days.absent(store) == {"2026-02-28", "2026-03-01"}


def old(day: date, urgent: float) -> dict[str, Any]:
    found = {"open_urgent": Measure("open_urgent", "ok", urgent, "", "", known=1.0)}
    return score.day_close(score.score(found, CARD, [], day)) | {"day": str(day)}


def test_closes_by_day_become_closes_by_month_once(hub: Hub, store: TenantStore) -> None:
    money = {"minor": 900, "currency": "EUR", "exponent": 2}
    account = f"acc_{store.tenant_id}"
    store.accounts.insert({"_id": account})
    closes = {n: old(START + timedelta(days=n), n // 2) for n in (0, 1, 2, 3, 7)}
    for n, close in closes.items():
        day = str(START + timedelta(days=n))
        facts = {"account_id": account, "day": day, "close": close, "mrr": money}
        store.health_days.insert({"_id": f"{account}:{day}", **facts})
    noted = {"_id": f"{store.tenant_id}:days"}
    store.tenant_state.update(noted, {"$set": {"closed": "2026-03-05"}}, upsert=True)
    for _ in range(2):
        m0007_health.shard(store.database)
    assert sorted(doc["month"] for doc in read(store).values()) == ["2026-02", "2026-03"]
    history = History(read(store).values())
    for n in range(8):
        close = history.close(str(START + timedelta(days=n)))
        if n in (4, 5, 6):
            assert close is None
        else:
            assert close is not None
            assert close["health"] == pytest.approx(closes[n]["health"])
            assert (
                close["measures"]["open_urgent"]["value"]
                == closes[n]["measures"]["open_urgent"]["value"]
            )
    stored = store.accounts.find_one({"_id": account}) or {}
    assert stored["closed"] == "2026-03-05"
    assert stored["revenue"] == [["2026-02-26", money]]
    assert (store.tenant_state.find_one(noted) or {})["seen"] == "2026-03-06"


def test_a_kept_close_carries_no_person_and_no_text() -> None:
    found = {
        "engaged_contacts": Measure(
            "engaged_contacts", "ok", 2.0, "contacts", "Ada and Grace", ("ada", "grace"), known=1.0
        )
    }
    kept = keep(score.score(found, CARD, [], START))
    assert "ada" not in str(kept).lower()


@pytest.mark.parametrize("attempt", range(4))
def test_the_last_pulse_counts_through_a_chain_of_merges(store: TenantStore, attempt: int) -> None:
    """The middle one goes with what it had absorbed, whichever id sorts first."""
    lives = Lives(store, attempt, START, companies=1)
    for n in (1, 2):
        lives.settle()
        lives.today = START + timedelta(days=n)
        lives._put("company", lives._new_id(), {"name": "A customer"})
        lives._tell()
    lives.settle()
    eldest, middle, youngest = lives._companies()
    account = lives._homes()[youngest]
    said = {"level": "green", "at": lives.now, "by": "ann"}
    store.pulses.update({"_id": account}, {"$set": said}, upsert=True)
    for loser, winner in ((youngest, middle), (middle, eldest)):
        lives.merge(loser, winner)
        lives._tell()
        lives.settle()
    survivor = store.accounts.find_one({"listed": True}) or {}
    pulse = next(
        m
        for d in survivor["health"]["dimensions"]
        for m in d["measures"]
        if m["key"] == "csm_pulse"
    )
    assert pulse["value"] == 2.0
