"""Pages of health through time: days, why they differ, whether the score was ever tested."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from hub.health.history import History, keep
from hub.store.client import Doc
from tests.web.site import Browser, Site


@pytest.fixture
def account(site: Site) -> Iterator[Doc]:
    """One that had ten points more of one measure until five days ago."""
    store = site.stage.store
    found = store.accounts.find_one({"listed": True, "health.health": {"$ne": None}})
    assert found is not None
    today = site.stage.hub.now().date()
    now = keep(found["health"])
    better = copy.deepcopy(now)
    key, measure = max(better["measures"].items(), key=lambda item: item[1]["most"])
    measure["score"] -= 1000 / measure["most"]
    better["raw"] -= 10
    history, entries = History(()), []
    for ago, kept in ((9, now), (6, better), (5, now)):
        entries += history.write(str(today - timedelta(days=ago)), kept)
    documents = [
        {
            "_id": f"{found['_id']}:{month}",
            "account_id": found["_id"],
            "month": month,
            "base": next(e.base for e in entries if e.day.startswith(month)),
            "days": {e.day[8:]: e.what for e in entries if e.day.startswith(month)},
        }
        for month in sorted({e.day[:7] for e in entries})
    ]
    store.health_days.insert_many(documents)
    yield found | {"moved": key, "today": today}
    store.health_days.delete({"account_id": found["_id"]})


def test_days_are_drawn_and_listed_and_two_of_them_compared(account: Doc, ada: Browser) -> None:
    today: date = account["today"]
    path = f"/accounts/{account['_id']}/health"
    html = ada.page(path)
    assert 'class="line-as_known"' in html
    assert html.count('chip-yellow">not computed') == 0
    since, until = (str(today - timedelta(days=n)) for n in (6, 5))
    words = ada.words(f"{path}?from={since}&to={until}")
    assert re.search(r"Together \+10\.0", words)
    assert f"on {since}" in words
    assert "uncalibrated" in words


def test_a_day_before_the_first_score_is_answered_in_words(account: Doc, ada: Browser) -> None:
    words = ada.words(f"/accounts/{account['_id']}/health?from=2020-01-01&to=2020-01-09")
    assert "had no score yet" in words


def test_an_account_of_one_day_says_when_to_come_back(site: Site, ada: Browser) -> None:
    one = site.stage.store.accounts.find_one({"listed": True}, {"_id": 1}) or {}
    assert "One day is no history yet" in ada.words(f"/accounts/{one['_id']}/health")


def test_without_a_back_test_the_page_says_how_to_run_one(ada: Browser) -> None:
    assert "hub health backtest" in ada.words("/health/backtest")
