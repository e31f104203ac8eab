"""The scorecard behind an account's explanation, and what a measure means in words."""

from __future__ import annotations

from hub.bootstrap import Hub
from hub.health import scorecard as scorecards
from hub.health.scorecard import Scorecard
from hub.health.windows import WINDOWS
from hub.lineage.definitions import DEFINITIONS
from hub.store.client import Doc
from hub.store.tenant import TenantStore


def of(hub: Hub, store: TenantStore, account: Doc) -> Scorecard | None:
    """The scorecard of the revision that made the account's score; None if it is gone."""
    default = scorecards.default()
    return default if account["health"]["scorecard"] == default.revision else None


def window_days(scorecard: Scorecard | None, key: str) -> int | None:
    """Days that a measure looks back; None for one without a window."""
    return WINDOWS.get(key)


def definition(hub: Hub, key: str) -> str:
    """What the measure counts, in a sentence."""
    known = DEFINITIONS.get(key)
    return known.words if known else "A measure that a plugin brings."
