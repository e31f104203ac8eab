"""Accounts as lists show them: only the fields that are shown are read, never the state."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hub.health.words import CAPS
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from hub.web.screens.lists import PAGE_SIZE, offset

if TYPE_CHECKING:
    from pymongo.cursor import Cursor

BANDS = ("red", "yellow", "green", "unknown", "churned")
SORTS: Mapping[str, tuple[str, int]] = {
    "health": ("sort.health", 1),
    "name": ("sort.name", 1),
    "trend": ("sort.trend", 1),
    "mrr": ("sort.mrr", -1),
    "urgency": ("sort.urgency", -1),
    "open_tickets": ("sort.open_tickets", -1),
    "last_touch": ("sort.last_touch", -1),
}
"""What the list sorts by, and the direction that puts first what needs attention."""
SHOWN_MEASURE = ("key", "text", "state", "source", "fresh_at", "lost")
FIELDS = {
    "flat.name": 1,
    "flat.domains": 1,
    "rollup": 1,
    "scored_at": 1,
    "urgency": 1,
    "override": 1,
    "family.basis": 1,
    "family.health": 1,
    "family.band": 1,
    "family.children": 1,
    "stuck": 1,
    **{
        f"health.{name}": 1
        for name in (
            "health",
            "health_shown",
            "band",
            "band_since",
            "confidence",
            "trend",
            "top_negative",
            "caps",
        )
    },
    **{f"health.dimensions.measures.{name}": 1 for name in SHOWN_MEASURE},
}
REASONS = 2
COUNTED_BY = "tenant_id_1_listed_1_sort.band_1_sort.trial_1_sort.health_1"
"""The index that holds all that the counts of bands ask for, so that no account is read."""
UNKNOWN = 1000.0
"""What stands in the place of a health that is not known, so that it sorts last."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What of the portfolio is asked for; `turned` is a direction other than the usual."""

    band: str = ""
    trials: bool = False
    text: str = ""
    sort: str = "health"
    turned: str = ""
    page: int = 1

    @property
    def order(self) -> tuple[str, int]:
        field, usual = SORTS[self.sort]
        return field, {"asc": 1, "desc": -1, "": usual}[self.turned]

    def turn_of(self, sort: str) -> str:
        """The direction a click on this column asks for: the other one if it is the present."""
        if sort != self.sort:
            return ""
        return "desc" if self.order[1] == 1 else "asc"


@dataclass(frozen=True, slots=True)
class Portfolio:
    """One page of accounts, with the counts of each band over the whole portfolio.

    Trials are a count of their own, and in no band; `mean` is the health of all others.
    """

    rows: list[Doc]
    total: int
    listed: int
    bands: dict[str, int]
    trials: int
    mean: float | None
    has_mrr: bool
    currencies: int


def portfolio(store: TenantStore, wish: Wish, fresh: Mapping[str, datetime]) -> Portfolio:
    bands, trials, mean = _bands(store)
    listed = sum(bands.values()) + trials
    wanted = _filter(wish)
    plain = trials if wish.trials else bands.get(wish.band, 0 if wish.band else listed)
    total = store.accounts.count(wanted) if wish.text else plain
    found = list(ordered(store, wish).skip(offset(wish.page)).limit(PAGE_SIZE))
    currencies = _currencies(store)
    rows_shown = [shown(row, fresh) for row in found]
    return Portfolio(rows_shown, total, listed, bands, trials, mean, bool(currencies), currencies)


def _currencies(store: TenantStore) -> int:
    """0 without any amount, 1 for one currency, 2 for more: they sort apart from each other."""
    place, kept = "sort.mrr", {"sort.mrr": 1}
    any_amount = {"listed": True, place: {"$gt": ""}}
    ends = [store.accounts.find_one(any_amount, kept, sort=[(place, way)]) for way in (1, -1)]
    codes = {end["sort"]["mrr"][:3] for end in ends if end}
    return len(codes)


def ordered(store: TenantStore, wish: Wish) -> Cursor[Doc]:
    """All accounts that were asked for, in order; the caller takes a page of them."""
    field, direction = wish.order
    # The same direction for both is what the index has; else all accounts would be sorted.
    return store.accounts.find(_filter(wish), FIELDS).sort([(field, direction), ("_id", direction)])


def _bands(store: TenantStore) -> tuple[dict[str, int], int, float | None]:
    """Accounts of each band without trials, how many trials, and the mean health of the former."""
    known = {"$and": [{"$lt": ["$sort.health", UNKNOWN]}, {"$ne": ["$sort.trial", True]}]}
    counted = store.accounts.aggregate(
        [
            {"$match": {"listed": True}},
            {
                "$group": {
                    "_id": {"band": "$sort.band", "trial": {"$eq": ["$sort.trial", True]}},
                    "n": {"$sum": 1},
                    "known": {"$sum": {"$cond": [known, 1, 0]}},
                    "health": {"$sum": {"$cond": [known, "$sort.health", 0]}},
                }
            },
        ],
        hint=COUNTED_BY,
    )
    bands: dict[str, int] = {}
    for row in counted:
        if not row["_id"]["trial"]:
            bands[row["_id"]["band"]] = row["n"]
    known_n = sum(row["known"] for row in counted)
    mean = sum(row["health"] for row in counted) / known_n if known_n else None
    return bands, sum(row["n"] for row in counted if row["_id"]["trial"]), mean


def _filter(wish: Wish) -> Doc:
    wanted: Doc = {"listed": True}
    if wish.band:
        wanted |= {"sort.band": wish.band, "sort.trial": {"$ne": True}}
    if wish.trials:
        wanted["sort.trial"] = True
    if wish.text:
        part = re.escape(wish.text.casefold())
        by_name = {"sort.name": {"$regex": part}}
        by_domain = {"flat.domains": {"$regex": part}}
        wanted |= {"$or": [by_name, by_domain]} if "." in wish.text else by_name
    return wanted


def shown(row: Doc, fresh: Mapping[str, datetime]) -> Doc:
    """A row with what the page says beside the numbers: reasons and freshness."""
    health = row.get("health") or {}
    measures = [m for d in health.get("dimensions", ()) for m in d["measures"]]
    return {**row, "reasons": reasons(health, measures), "fresh": freshness(measures, fresh)}


def reasons(health: Mapping[str, Any], measures: list[Doc]) -> list[Doc]:
    """What weighs most against the account: a binding cap first, then the largest known losses.

    [{"words", "key", "lost": points or None}].
    """
    by_key = {m["key"]: m for m in measures}
    capped = [
        {"words": CAPS.get(cap["key"], cap["key"]), "key": cap["key"], "lost": None}
        for cap in health.get("caps", ())
        if cap["binding"]
    ]
    worst = [entry.rsplit(" ", 1)[0] for entry in health.get("top_negative", ())]
    lost = [
        {"words": by_key[key]["text"], "key": key, "lost": by_key[key]["lost"]}
        for key in worst
        if key in by_key and by_key[key]["lost"] >= 1
    ]
    return (capped + lost)[:REASONS]


def freshness(measures: list[Doc], fresh: Mapping[str, datetime]) -> Doc:
    """{"at": when the oldest of the account's sources was read, "stale": sources that are late}."""
    read = [at for m in measures if (at := read_at(m, fresh))]
    stale = sorted({m["source"] for m in measures if m["state"] == "stale" and m["source"]})
    return {"at": min(read, default=None), "stale": stale}


def read_at(measure: Doc, fresh: Mapping[str, datetime]) -> datetime | None:
    """When the sources of a measure were last read whole, as of now."""
    names = [name.strip() for name in (measure.get("source") or "").split(",")]
    known = [fresh[name] for name in names if name in fresh]
    return min(known) if known else measure.get("fresh_at")
