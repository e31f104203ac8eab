"""Step 5 of apply: an account's score from its health state, explained."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hub.engine.supply import Supply
from hub.health import scorecard as scorecards
from hub.health import state as states
from hub.health.closes import Close
from hub.health.measures import measure
from hub.health.score import next_due, score
from hub.store.client import Doc
from hub.store.tenant import TenantStore

SCORECARD = scorecards.default()
CLOSES_AGO = (1, 2, 3, 7, 28)
MRR_AGO = timedelta(days=90)
REVENUE = {"account_id": 1, "mrr": 1}


class Scoring:
    """Scores the accounts of one batch; what it needs of the past is read once for all of them."""

    def __init__(self, store: TenantStore, supply: Supply, now: datetime) -> None:
        self._store = store
        self._supply = supply
        self._now = now
        self._today = now.date()
        self._closes: Mapping[str, Sequence[Close]] = {}
        self._mrr_then: Mapping[str, Doc | None] = {}

    def read(self, ids: list[str]) -> None:
        """The past of these accounts."""
        self._closes = self._read_closes(ids)
        self._mrr_then = self._revenue_then(ids)

    def score(self, account: Doc) -> None:
        """Put `health`, `rollup`, `sort`, `scored_at` and `next_due` on an account with a state."""
        closes = self._closes.get(account["_id"], ())
        then = self._mrr_then.get(account["_id"])
        context = replace(self._supply.context(account, self._now), mrr_then=then)
        measures = measure(account["state"], context, self._today)
        churned = account["flat"].get("lifecycle") == "churned" if "flat" in account else False
        explained = score(
            measures, SCORECARD, closes, self._today, account=account["_id"], churned=churned
        )
        due = next_due(
            account["state"], measures, explained, SCORECARD, context, self._today, closes
        )
        account["health"] = explained
        account["rollup"] = states.rollup(account["state"], context, self._today)
        account["scored_at"] = self._now
        account["next_due"] = due.isoformat() if due else None
        account["sort"] = _sort(account)

    def _revenue_then(self, ids: list[str]) -> Mapping[str, Doc | None]:
        day = (self._today - MRR_AGO).isoformat()
        kept = self._store.health_days.find({"account_id": {"$in": ids}, "day": day}, REVENUE)
        return {doc["account_id"]: doc.get("mrr") for doc in kept}

    def _read_closes(self, ids: list[str]) -> Mapping[str, Sequence[Close]]:
        days = [(self._today - timedelta(days=ago)).isoformat() for ago in CLOSES_AGO]
        found: dict[str, list[Close]] = defaultdict(list)
        for doc in self._store.health_days.find({"account_id": {"$in": ids}, "day": {"$in": days}}):
            found[doc["account_id"]].append(doc["close"])
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
