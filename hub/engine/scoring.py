"""Step 5 of apply: an account's score from its health state, explained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hub.engine import days
from hub.engine.supply import Supply
from hub.health import scorecard as scorecards
from hub.health import state as states
from hub.health.closes import (
    CHANGE_DAYS,
    REVENUE_DAYS,
    TREND_DAYS,
    Close,
    revenue_due,
    revenue_logged,
    revenue_on,
)
from hub.health.history import History, close_of
from hub.health.measures import measure
from hub.health.rebase import rebased
from hub.health.score import next_due, score
from hub.health.scorecard import Scorecard
from hub.store.client import Doc
from hub.store.scoped import Update
from hub.store.tenant import TenantStore

SCORECARD = scorecards.default()
CLOSES_AGO = (1, 2, 3, CHANGE_DAYS, TREND_DAYS)


class Scoring:
    """Scores the accounts of one batch; what it needs of the past is read once for all of them."""

    def __init__(self, store: TenantStore, supply: Supply, now: datetime) -> None:
        self._store = store
        self._supply = supply
        self._now = now
        self._today = now.date()
        self._histories: dict[str, History] = {}
        self._closing: list[Update] = []

    def read(self, stored: Iterable[Doc]) -> None:
        """The past of these accounts, as they are stored."""
        self._histories = days.recent(self._store, stored, self._today)

    def write(self) -> None:
        """Store the closes that have become due."""
        self._store.health_days.bulk(self._closing, ordered=True)

    def score(self, account: Doc, before: Doc) -> None:
        """Put `health`, `rollup`, `sort`, `scored_at` and `next_due` on an account with a state.

        The days that have ended since `before`, the account as it is stored, are closed first.
        """
        history = self._histories.get(account["_id"]) or History(())
        self._close(account, before, history)
        closes = self._closes(history, SCORECARD)
        log = account.get("revenue", ())
        then = revenue_on(log, (self._today - timedelta(days=REVENUE_DAYS)).isoformat())
        context = replace(self._supply.context(account, self._now), mrr_then=then)
        measures = measure(account["state"], context, self._today)
        churned = account["flat"].get("lifecycle") == "churned" if "flat" in account else False
        explained = score(
            measures, SCORECARD, closes, self._today, account=account["_id"], churned=churned
        )
        due = next_due(
            account["state"],
            measures,
            explained,
            SCORECARD,
            context,
            self._today,
            closes,
            history.stirs(),
        )
        due = min((d for d in (due, revenue_due(log, self._today)) if d), default=None)
        if not account["listed"] or churned:
            due = None
        account["health"] = explained
        account["rollup"] = states.rollup(account["state"], context, self._today)
        account["scored_at"] = self._now
        account["next_due"] = due.isoformat() if due else None
        account["sort"] = _sort(account)

    def _close(self, account: Doc, before: Mapping[str, Any], history: History) -> None:
        entries = days.close(history, before, self._today.isoformat())
        if entries:
            self._closing += days.writes(self._store, account["_id"], entries)
            account["closed"] = history.last_day
        if before.get("health") and before["health"]["as_of"] < self._today.isoformat():
            day, money = before["health"]["as_of"], before.get("rollup", {}).get("mrr")
            account["revenue"] = revenue_logged(before.get("revenue", ()), day, money)

    def _closes(self, history: History, scorecard: Scorecard) -> list[Close]:
        """The closes that today is compared with, under today's scorecard."""
        found = []
        for ago in CLOSES_AGO:
            day = (self._today - timedelta(days=ago)).isoformat()
            if history.close(day) is not None and (kept := history.on(day)):
                found.append(close_of(rebased(kept, day, scorecard), day))
        return found


def _sort(account: Doc) -> Doc:
    """The values that lists sort by, kept flat for their indexes."""
    rollup, health = account["rollup"], account["health"]
    mrr = rollup.get("mrr")
    return {
        "health": health["health"] if health["health"] is not None else 1000.0,
        "band": health["band"],
        "name": str(account.get("flat", {}).get("name") or "").casefold(),
        "mrr": mrr["minor"] if mrr else -1,
        "open_tickets": rollup["open_tickets"],
        "last_touch": rollup["last_touch"] or "",
        "trend": (health.get("trend") or {}).get("delta_28d"),
    }
