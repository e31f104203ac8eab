"""A past day under another scorecard, from the raw values that its close kept."""

from __future__ import annotations

from datetime import date

from hub.health.history import KNOWN, Kept, keep
from hub.health.measures import Measure
from hub.health.revision import Revision
from hub.health.score import score
from hub.health.scorecard import Scorecard

STAYS = ("mrr", "seats", "missing", "gone", "lifecycle", "scorecard_since", "scorecard_before")


def card_of(kept: Kept, day: str, revision: Revision) -> Scorecard:
    """The card of this revision that was the account's on that day, by what was known then."""
    if "lifecycle" in kept:
        return revision.card_for(kept["lifecycle"], date.fromisoformat(day))
    key = kept["revision"].partition("#")[2] or "default"
    cards = [card.scorecard for card in revision.cards]
    return next((card for card in cards if card.key == key), cards[-1])


def rebased(kept: Kept, day: str, scorecard: Scorecard) -> Kept:
    """The close as this scorecard would have made it; as it is if that cannot be said.

    Its band is the plain one: hysteresis looks at closes that were. A measure of which the close
    kept nothing counts as not configured on that day.
    """
    if kept.get("raw") is None or kept["revision"] == scorecard.revision:
        return kept
    explanation = score(measures_of(kept), scorecard, (), date.fromisoformat(day))
    fresh = keep(explanation)
    same = {name: kept[name] for name in STAYS if name in kept}
    return {**fresh, **same}


def measures_of(kept: Kept) -> dict[str, Measure]:
    """The measures of a kept close by key, with their values, and without words and evidence."""
    return {key: _measure(key, part) for key, part in kept["measures"].items()}


def _measure(key: str, part: Kept) -> Measure:
    state = part.get("state", "ok")
    usual = KNOWN.get(state, 0.0)
    known = part.get("known", usual)
    return Measure(
        key,
        state,
        part.get("value"),
        "",
        "",
        known=known,
        caps=tuple(part.get("caps", ())),
        broken=state == "unlinked" and ("kept" in part or "caps" in part),
        blend=known / usual if usual else 1.0,
        ages=part.get("ages", False),
    )
