"""Step 5 of apply: an account's score from its health state, explained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

from hub.engine import days, judged, standing
from hub.engine.hierarchy import Families, Pointers
from hub.engine.judged import Judged
from hub.engine.supply import Supply
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
from hub.health.context import HealthContext
from hub.health.history import History, close_of
from hub.health.lifecycle import facts_of
from hub.health.measures import measure
from hub.health.rebase import card_of, rebased
from hub.health.score import next_due, score
from hub.health.signals import observe
from hub.store.client import Doc
from hub.store.scoped import Update
from hub.store.tenant import TenantStore

CLOSES_AGO = (1, 2, 3, CHANGE_DAYS, TREND_DAYS)


class Scoring:
    """Scores the accounts of one batch; what it needs of the past is read once for all of them."""

    def __init__(self, store: TenantStore, supply: Supply, now: datetime) -> None:
        self._store = store
        self._supply = supply
        self._now = now
        self._today = now.date()
        self._histories: dict[str, History] = {}
        self._judged = Judged()
        self._families: Families | None = None
        self._closing: list[Update] = []

    def read(
        self, stored: Iterable[Doc], aliases: Mapping[str, Iterable[str]], pointers: Pointers
    ) -> None:
        """The past of these accounts, as they are stored, their children, and what people say.

        `aliases` are the ids that each account of the batch has absorbed, `pointers` its parent.
        """
        self._histories = days.recent(self._store, stored, self._today)
        self._judged = judged.read(self._store, aliases, self._now)
        self._families = Families(self._store, sorted(aliases), pointers)

    def write(self) -> None:
        """Store the closes that have become due."""
        self._store.health_days.bulk(self._closing, ordered=True)

    def score(self, account: Doc, before: Doc) -> None:
        """Put `health`, `rollup`, `urgency`, `override`, `sort`, `scored_at` and `next_due` on an
        account with a state.

        The days that have ended since `before`, the account as it is stored, are closed first.
        """
        history = self._histories.get(account["_id"]) or History(())
        self._close(account, before, history)
        supply, revision, today = self._supply, self._supply.revision, self._today
        flat, state = account.get("flat", {}), account["state"]
        context = self._context(account)
        known = facts_of(state, flat, context, today, revision.go_live_field)
        card = revision.card_for(known, today)
        closes = self._closes(history)
        observed = observe(account) if supply.signals else None
        measures = measure(state, context, today, supply.signals, observed)
        explained = score(
            measures,
            card,
            closes,
            today,
            account=account["_id"],
            churned=flat.get("lifecycle") == "churned",
            facts=known,
        )
        account["health"] = explained
        rollup = states.rollup(state, context, today)
        account["rollup"] = rollup | {"trial": bool(known.get("trial"))}
        if self._families:
            self._families.put(account, card)
        standing.put(account, self._judged.overrides.get(account["_id"]), today)
        account["scored_at"] = self._now
        stirs = history.stirs_with(today.isoformat(), explained)
        account["next_due"] = self._next_due(
            account,
            chain(
                given(next_due(state, measures, explained, card, context, today, closes, stirs)),
                standing.due_days(account, revision, card, measures, supply.signals, today),
            ),
        )
        account["sort"] = _sort(account)

    def set_aside(self, account: Doc, reason: str) -> None:
        """Leave an account with the score that it has, or without one, and say why."""
        account["stuck"] = reason
        account["next_due"] = (self._today + timedelta(days=1)).isoformat()
        if not _is_scored(account):
            card = self._supply.revision.card_for({}, self._today)
            account["health"] = score({}, card, (), self._today, account=account["_id"])
            account["rollup"] = states.rollup({}, self._supply.context({}, self._now), self._today)
            account["rollup"]["trial"] = False
            standing.put(account, None, self._today)
            account["scored_at"] = None
        account["sort"] = _sort(account)

    def _context(self, account: Doc) -> HealthContext:
        then = (self._today - timedelta(days=REVENUE_DAYS)).isoformat()
        return replace(
            self._supply.context(account, self._now),
            mrr_then=revenue_on(account.get("revenue", ()), then),
            pulse=self._judged.pulses.get(account["_id"]),
        )

    def _next_due(self, account: Doc, days_to_come: Iterable[date]) -> str | None:
        """The first of the days to come; nothing moves any more of who left or is not listed."""
        override = account.get("override")
        if not account["listed"]:
            return None
        if account["health"]["band"] == "churned":
            return override["expires_at"].date().isoformat() if override else None
        revenue = revenue_due(account.get("revenue", ()), self._today)
        # A day that is not to come would be due for ever.
        to_come = (day for day in (*days_to_come, *given(revenue)) if day > self._today)
        due = min(to_come, default=None)
        return due.isoformat() if due else None

    def _close(self, account: Doc, before: Doc, history: History) -> None:
        entries = days.close(history, before, self._today.isoformat())
        if entries:
            self._closing += days.writes(self._store, account["_id"], entries)
            account["closed"] = history.last_day
        if before.get("health") and before["health"]["as_of"] < self._today.isoformat():
            day, money = before["health"]["as_of"], before.get("rollup", {}).get("mrr")
            account["revenue"] = revenue_logged(before.get("revenue", ()), day, money)

    def _closes(self, history: History) -> list[Close]:
        """The closes that today is compared with, under the card of today's revision that was the
        account's on each day."""
        found = []
        for ago in CLOSES_AGO:
            day = (self._today - timedelta(days=ago)).isoformat()
            if history.close(day) is not None and (kept := history.on(day)):
                card = card_of(kept, day, self._supply.revision)
                found.append(close_of(rebased(kept, day, card), day))
        return found


def _is_scored(account: Doc) -> bool:
    """Whether there is a whole score to keep; one of an earlier release may lack a part."""
    parts = {"mrr", "trial", "open_tickets", "last_touch"}
    has_all = parts <= account.get("rollup", {}).keys()
    return has_all and {"health", "urgency"} <= account.keys() and "band" in account["health"]


def given(day: date | None) -> tuple[date, ...]:
    return (day,) if day else ()


def _sort(account: Doc) -> Doc:
    """The values that lists sort by, kept flat for their indexes."""
    rollup, health = account["rollup"], headline(account)
    return {
        "health": health["health"] if health["health"] is not None else 1000.0,
        "band": health["band"],
        "name": str(account.get("flat", {}).get("name") or "").casefold(),
        "mrr": standing.amount_key(rollup["mrr"]),
        "urgency": standing.amount_key(account["urgency"]["priority"]),
        "trial": rollup["trial"],
        "open_tickets": rollup["open_tickets"],
        "last_touch": rollup["last_touch"] or "",
        "trend": (account["health"].get("trend") or {}).get("delta_28d"),
    }


def headline(account: Doc) -> Mapping[str, Any]:
    """{"health", "band"} by which lists know the account: its own, or that of its children."""
    kept = account.get("family")
    if kept and kept["basis"] == "children" and kept["health"] is not None:
        return {"health": kept["health"], "band": kept["band"]}
    own: Doc = account["health"]
    return own
