"""The portfolio: every account, the ones in most trouble first."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template

from hub.web.screens import accounts, freshness, lists
from hub.web.screens.here import Here, here

pages = Blueprint("portfolio", __name__)


@pages.get("/")
def page() -> str:
    asked = here()
    wish = accounts.Wish(
        band=lists.choice("band", accounts.BANDS),
        trials=lists.choice("trials", ("yes",)) == "yes",
        text=lists.text("q"),
        sort=lists.choice("sort", accounts.SORTS, "health"),
        turned=lists.choice("dir", ("desc", "asc")),
        page=lists.page_number(),
    )
    fresh = freshness.sources(asked.hub, asked.store)
    found = accounts.portfolio(asked.store, wish, fresh)
    return render_template(
        "portfolio.html",
        wish=wish,
        found=found,
        paging=lists.Paging(wish.page, found.total),
        setup=None if found.listed else setup(asked),
    )


@dataclass(frozen=True, slots=True)
class Setup:
    """What an empty portfolio waits for."""

    connections: int
    syncing: bool
    without_customers: bool


def setup(asked: Here) -> Setup:
    connections = asked.store.connections.count({})
    streams = list(asked.store.streams.find({}, {"fresh_at": 1, "error": 1}))
    syncing = any(not s.get("fresh_at") and not s.get("error") for s in streams)
    return Setup(connections, syncing, bool(connections and not syncing))
