"""On every day of a random life the stored score is what whole lists of records add up to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from hub.bootstrap import Hub
from hub.embedded import Services
from hub.health.history import History, close_of, keep, later
from hub.store.tenant import TenantStore
from tests.health import oracle
from tests.health.lives import Lives
from tests.stage import build_hub

LIVES = int(os.environ.get("HUB_TEST_LIVES", "1"))
FIRST = int(os.environ.get("HUB_TEST_FIRST", "0"))
DAYS = int(os.environ.get("HUB_TEST_DAYS", "96"))
COMPANIES = int(os.environ.get("HUB_TEST_COMPANIES", "3"))
START = date(2026, 1, 20)
ASLEEP = range(70, 74)
"""Days on which the hub does not run."""
Known = dict[str, Any]


@pytest.fixture(scope="module")
def hub(services: Services) -> Iterator[Hub]:
    made = build_hub(services)
    yield made
    made.close()


class Watch:
    """What the oracle said on each day, and what the hub said."""

    def __init__(self, store: TenantStore) -> None:
        self.store = store
        self.closes: dict[str, dict[str, Known]] = {}
        self.account_days = 0
        self.skipped = 0

    def told(self, lives: Lives, today: date) -> dict[str, Known]:
        then = self.closes.get(str(today - timedelta(days=90)), {})
        mrr = {account: known["mrr"] for account, known in then.items()}
        found = {}
        for account, who in lives.customers(mrr).items():
            health, coverage = oracle.score(who, today)
            found[account] = {
                "values": oracle.values(who, today),
                "health": health,
                "coverage": coverage,
                "mrr": who.mrr,
            }
        self.closes[str(today)] = found
        return found

    def compare(self, lives: Lives, today: date) -> None:
        expected = self.told(lives, today)
        stored = {d["_id"]: d for d in self.store.accounts.find({"listed": True})}
        assert stored.keys() == expected.keys()
        for account, known in expected.items():
            health = stored[account]["health"]
            day = date.fromisoformat(health["as_of"])
            close = close_of(later(keep(health), (today - day).days), str(today))
            alike(close, known, f"{account} on {today}, scored on {day}")
            self.trend(account, health, known, today)
            self.account_days += 1
            self.skipped += day < today

    def trend(self, account: str, health: Known, known: Known, today: date) -> None:
        for name, days in (("delta_7d", 7), ("delta_28d", 28)):
            day = today - timedelta(days=days)
            then = self.closes.get(str(day), {}).get(account)
            if then is None or asleep(day):
                continue
            expected = known["health"] - then["health"]
            assert health["trend"][name] == pytest.approx(expected, abs=1e-6), (account, today)

    def check_closes(self, until: date) -> int:
        """Every close that was kept is what was true on its day, whatever came later."""
        read = 0
        for account in self.store.accounts.find({"listed": True}):
            history = History(self.store.health_days.find({"account_id": account["_id"]}))
            for day, known in self.closes.items():
                close = history.close(day)
                if date.fromisoformat(day) >= until or account["_id"] not in known:
                    continue
                if close is None:
                    assert asleep(date.fromisoformat(day)), (account["_id"], day)
                    continue
                alike(close, known[account["_id"]], f"close of {account['_id']} on {day}")
                read += 1
        return read


def asleep(day: date) -> bool:
    return (day - START).days in ASLEEP


def alike(close: Known, known: Known, where: str) -> None:
    for key, value in known["values"].items():
        said = close["measures"][key]["value"]
        expected = None if value is None else pytest.approx(value)
        assert said == expected, f"{key} of {where}: {said} and not {value}"
    assert close["health"] == pytest.approx(known["health"], abs=1e-9), where
    assert close["coverage"] == pytest.approx(known["coverage"], abs=1e-6), where


@pytest.mark.parametrize("seed", range(FIRST, FIRST + LIVES))
def test_every_account_day_equals_the_oracle_and_stays_as_it_was_closed(
    hub: Hub, seed: int
) -> None:
    store = hub.store(hub.catalogue.control.add_tenant("Lives", hub.now())["_id"])
    lives, watch = Lives(store, seed, START, COMPANIES), Watch(store)
    for n in range(DAYS):
        lives.today = START + timedelta(days=n)
        if n in ASLEEP:
            watch.told(lives, lives.today)
            continue
        lives.live(lives.rng.choice([0, 0, 1, 4]))
        lives.settle()
        watch.compare(lives, lives.today)
    read = watch.check_closes(lives.today - timedelta(days=1))
    print(f"account-days {watch.account_days} skipped {watch.skipped} closes {read}")
    assert watch.skipped > 0
    assert read > watch.account_days / 2
