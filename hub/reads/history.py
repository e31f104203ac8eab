"""An account's health day by day.

Three values of a day are kept apart: `as_known` is its close, which never changes; `restated` what
is known of that day by now; `rebased` what today's scorecard makes of the day's raw values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from hub.bootstrap import Hub
from hub.engine import days, supply
from hub.errors import CorrectInput
from hub.health.closes import Close
from hub.health.context import HealthContext
from hub.health.history import History, Kept, close_of, keep
from hub.health.rebase import card_of, rebased
from hub.health.restate import TELLABLE, restated
from hub.health.revision import Revision
from hub.health.shown import half_up
from hub.reads import accounts, cards
from hub.scorecards import active
from hub.store.client import Doc
from hub.store.tenant import TenantStore

TOLD_OF = {"health": 1, "rollup": 1, "listed": 1, "next_due": 1}
"""What the days that were not yet written are told from."""
LONGEST_DAYS = 400
USUAL_DAYS = 90


@dataclass(slots=True)
class Past:
    """One account with its closes up to now. `today` is not closed yet."""

    store: TenantStore
    account: Doc
    history: History
    today: str

    def on(self, day: str) -> Kept | None:
        """What is known of a day: its close, or what the score is so far today."""
        if day > self.today or (day == self.today and not self.account.get("listed")):
            return None
        if day == self.today and self.account["health"]["as_of"] == self.today:
            return kept_now(self.account)
        return self.history.on(day)

    def state(self, day: str) -> str:
        """closed, today, missing (not computed), gone (not listed) or none (before the first)."""
        kept = self.on(day)
        if kept is None:
            return "none"
        if kept.get("missing") or self.history.absent(day):
            return "missing"
        if kept.get("gone"):
            return "gone"
        return "today" if day == self.today else "closed"


def kept_now(account: Doc) -> Kept:
    rollup = account.get("rollup", {})
    return keep(account["health"], mrr=rollup.get("mrr"), seats=rollup.get("seats"))


def read(hub: Hub, store: TenantStore, account_id: str, first: str) -> Past:
    """The account with its closes from `first` on; raises NotFound."""
    account = accounts.find(store, account_id)
    today = hub.now(store.tenant_id).date().isoformat()
    mine = {"account_id": account["_id"]}
    documents = list(store.health_days.find({**mine, "month": {"$gte": first[:7]}}))
    before = {**mine, "month": {"$lt": first[:7]}}
    if earlier := store.health_days.find_one(before, sort=[("month", -1)]):
        documents.append(earlier)
    history = History(documents, days.absent(store))
    days.close(history, account, today)
    return Past(store, account, history, today)


def series(
    hub: Hub, store: TenantStore, account_id: str, first: str | None = None, last: str | None = None
) -> Doc:
    """{"account_id", "from", "to", "scorecard", "points", "revisions", "tellable"}.

    A point: {"day", "state", "as_known", "restated", "rebased"}; the three are None or {"health",
    "health_shown", "band", "coverage", "scorecard", "capped"}, `restated` with the `measures` that
    are told anew. Days before the first close are left out. Raises NotFound, CorrectInput.
    """
    today = hub.now(store.tenant_id).date()
    start, end = span_of(first, last, today)
    past = read(hub, store, account_id, start.isoformat())
    again = _Again(hub, past)
    points = [_point(past, day, again) for day in _every(start, end) if past.state(day) != "none"]
    return {
        "account_id": past.account["_id"],
        "from": start.isoformat(),
        "to": end.isoformat(),
        "scorecard": past.account["health"]["scorecard"],
        "points": points,
        "revisions": _revisions(points),
        "tellable": list(TELLABLE),
    }


def known(hub: Hub, store: TenantStore, account_id: str, most: int = USUAL_DAYS) -> list[Doc]:
    """The closes of the last days that have one, oldest first, as points of `as_known`."""
    today = hub.now(store.tenant_id).date()
    first = today - timedelta(days=most - 1)
    past = read(hub, store, account_id, first.isoformat())
    told = [(day, past.state(day), past.on(day)) for day in _every(first, today)]
    return [
        {"day": day, **shown(close_of(kept, day))}
        for day, state, kept in told
        if kept and state in ("closed", "today")
    ]


def span_of(first: str | None, last: str | None, today: date) -> tuple[date, date]:
    end = min(day_of(last, "to") or today, today)
    start = day_of(first, "from") or end - timedelta(days=USUAL_DAYS - 1)
    if not 0 <= (end - start).days < LONGEST_DAYS:
        sentence = f"`from` lies before `to`, by less than {LONGEST_DAYS} days."
        raise CorrectInput(sentence, field="from")
    return start, end


def day_of(text: str | None, field: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise CorrectInput("A day is written as 2026-03-04.", field=field) from error


def _every(first: date, last: date) -> Iterator[str]:
    for n in range((last - first).days + 1):
        yield (first + timedelta(days=n)).isoformat()


class _Again:
    """Tells past days anew; the account's state and sources are read when first asked for."""

    def __init__(self, hub: Hub, past: Past) -> None:
        self._hub = hub
        self._past = past
        self._current = active.active(past.store)
        self._revisions: dict[str, Revision | None] = {}
        self._known: tuple[Mapping[str, Any], HealthContext] | None = None

    def told(self, day: str, kept: Kept) -> Doc | None:
        state, context = self._known or self._read()
        label = kept["revision"]
        if label not in self._revisions:
            self._revisions[label] = cards.revision(self._past.store, label)
        made_by = self._revisions[label]
        card = made_by and card_of(kept, day, made_by)
        found = card and restated(kept, day, state, context, card)
        return {**shown(close_of(found[0], day)), "measures": found[1]} if found else None

    def rebased(self, day: str, kept: Kept) -> Doc | None:
        """None where the close was made by the scorecard that counts now."""
        card = card_of(kept, day, self._current)
        if kept["revision"] == card.revision or "raw" not in kept:
            return None
        return shown(close_of(rebased(kept, day, card), day))

    def _read(self) -> tuple[Mapping[str, Any], HealthContext]:
        store = self._past.store
        wanted = {"_id": self._past.account["_id"]}
        state = (store.accounts.find_one(wanted, {"state": 1}) or {}).get("state", {})
        feeds = supply.load(store, self._hub.plugins.connectors)
        context = feeds.context({**self._past.account, "state": state}, self._hub.now())
        self._known = state, context
        return self._known


def _point(past: Past, day: str, again: _Again) -> Doc:
    state, kept = past.state(day), past.on(day)
    point: Doc = {"day": day, "state": state, "as_known": None, "restated": None, "rebased": None}
    if kept is None or state in ("missing", "gone"):
        return point
    point["as_known"] = shown(close_of(kept, day))
    if state == "closed" and past.account.get("listed"):
        point["restated"] = again.told(day, kept)
    point["rebased"] = again.rebased(day, kept)
    return point


def shown(close: Close) -> Doc:
    health = close["health"]
    return {
        "health": health,
        "health_shown": None if health is None else int(half_up(health)),
        "band": close["band"],
        "coverage": close["coverage"],
        "scorecard": close["revision"],
        "capped": close["capped"],
    }


def _revisions(points: list[Doc]) -> list[Doc]:
    """The days on which another scorecard came into force."""
    known = [p for p in points if p["as_known"]]
    return [
        {"day": p["day"], "before": b["as_known"]["scorecard"], "after": p["as_known"]["scorecard"]}
        for b, p in pairwise(known)
        if b["as_known"]["scorecard"] != p["as_known"]["scorecard"]
    ]
