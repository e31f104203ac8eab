"""The scorecard behind a label that an explanation or a close names, "name/number#card"."""

from __future__ import annotations

from hub.health import revision as revisions
from hub.health.history import Kept
from hub.health.rebase import card_of
from hub.health.revision import Revision
from hub.health.scorecard import Scorecard
from hub.scorecards import active
from hub.store.tenant import TenantStore


def revision(store: TenantStore, label: str) -> Revision | None:
    """The revision of a label; None for one that is not stored any more."""
    name = label.partition("#")[0]
    if name == revisions.default().label:
        return revisions.default()
    found = store.scorecards.find_one({"_id": f"{store.tenant_id}:{name}"})
    return active.compiled(found) if found else None


def card(store: TenantStore, kept: Kept, day: str) -> Scorecard | None:
    """The scorecard that made a close."""
    found = revision(store, kept["revision"])
    return card_of(kept, day, found) if found else None
