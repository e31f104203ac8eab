"""The scorecard behind an account's explanation, and what a measure means in words."""

from __future__ import annotations

from datetime import date

from hub.health import revision as revisions
from hub.health.revision import Revision
from hub.health.scorecard import Scorecard
from hub.health.windows import WINDOWS
from hub.lineage.definitions import DEFINITIONS
from hub.scorecards.active import compiled
from hub.store.client import Doc
from hub.store.tenant import TenantStore


def revision_of(store: TenantStore, explanation: Doc) -> Revision | None:
    """The revision that made the score, be it in force or not; None if it is not kept."""
    label = explanation["scorecard"].partition("#")[0]
    default = revisions.default()
    if label == default.label:
        return default
    found = store.scorecards.find_one({"label": label})
    return compiled(found) if found else None


def card_of(revision: Revision | None, explanation: Doc) -> Scorecard | None:
    """The card of the revision that was this account's on the day of the score."""
    if revision is None:
        return None
    card = revision.card_for(
        explanation.get("lifecycle") or {}, date.fromisoformat(explanation["as_of"])
    )
    return card if card.revision == explanation["scorecard"] else None


def window_days(revision: Revision | None, key: str) -> int | None:
    """Days that a measure looks back; None for one without a window."""
    own = revision.windows.get(key) if revision else None
    return own or WINDOWS.get(key)


def definition(key: str) -> str:
    """What the measure counts, in a sentence."""
    known = DEFINITIONS.get(key)
    return known.words if known else "A measure that a plugin brings."
