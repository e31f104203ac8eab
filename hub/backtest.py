"""A tenant's score against its own past: month-end closes as they were known, and who left after.

Left out are accounts whose cancellation was already known on the day, and the revenue trend, which
is part of the outcome. An account that was merged or deleted within the horizon says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from hub.bootstrap import Hub
from hub.engine import days
from hub.errors import CorrectInput, NotFound
from hub.health.backtest import Snapshot, report
from hub.health.history import History, Kept, close_of
from hub.health.measures import Measure
from hub.health.rebase import card_of, measures_of
from hub.health.score import score
from hub.health.scorecard import Scorecard
from hub.reads import cards, history
from hub.scorecards import active
from hub.store.client import Doc
from hub.store.tenant import TenantStore

HORIZONS = range(7, 366)
USUAL_DAYS = 90
LOST = 0.5
OUTCOME = "mrr_trend"
LEAVING = "cancellation_scheduled"


@dataclass(frozen=True, slots=True)
class Fate:
    """How an account went on after a day: `left_on`, or `unknown` where nobody can tell."""

    left_on: str | None = None
    unknown: bool = False


def run(hub: Hub, store: TenantStore, horizon: int = USUAL_DAYS, seed: int = 1) -> Doc:
    """Test, keep and return the report, with "at" and "first" and "last" day of the snapshots.

    Raises CorrectInput for a horizon that is not 7 to 365 days.
    """
    if horizon not in HORIZONS:
        raise CorrectInput("The horizon is 7 to 365 days.", field="horizon")
    now = hub.now(store.tenant_id)
    found = list(snapshots(store, now.date(), horizon))
    told: Doc = report(found, horizon, seed)
    told |= {"at": now, "label": "own history"}
    told |= {"first": min((s.day for s in found), default=None)}
    told |= {"last": max((s.day for s in found), default=None)}
    key = {"_id": f"{store.tenant_id}:backtest"}
    store.tenant_state.update(key, {"$set": {"report": told}}, upsert=True)
    return told


def last(store: TenantStore) -> Doc:
    """The report of the last run; raises NotFound."""
    kept = store.tenant_state.find_one({"_id": f"{store.tenant_id}:backtest"})
    if kept is None:
        raise NotFound("No back-test was run yet: `hub health backtest` runs one.")
    return dict(kept["report"])


def snapshots(store: TenantStore, today: date, horizon: int) -> Iterator[Snapshot]:
    """Every account on every last day of a month whose horizon has passed."""
    absent, known = days.absent(store), _Cards(store)
    for account, past in _pasts(store, absent, today):
        for day in month_ends(past.first_day, today - timedelta(days=horizon)):
            found = _snapshot(account["_id"], past, day, horizon, known)
            if found is not None:
                yield found


def _pasts(
    store: TenantStore, absent: frozenset[str], today: date
) -> Iterator[tuple[Doc, History]]:
    """Each account that has closes, one after the other, in the order of their ids."""
    order = [("account_id", 1), ("month", 1)]
    for account_id, documents in groupby(
        store.health_days.find({"month": {"$exists": True}}).sort(order), _owner
    ):
        account = store.accounts.find_one({"_id": account_id}, history.TOLD_OF)
        if account is not None:
            past = History(documents, absent)
            days.close(past, account, today.isoformat())
            yield account, past


def _owner(document: Doc) -> str:
    return str(document["account_id"])


def month_ends(first: str | None, until: date) -> Iterator[str]:
    """The last days of months from `first` up to `until`, both included."""
    if first is None:
        return
    day = date.fromisoformat(first)
    while (end := _month_end(day)) <= until:
        yield end.isoformat()
        day = end + timedelta(days=1)


def _month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


class _Cards:
    """The scorecards of closes and of the revision before, without what is the outcome."""

    def __init__(self, store: TenantStore) -> None:
        self._store = store
        self._known: dict[str, Scorecard | None] = {}
        last = store.scorecards.find_one({"state": "retired"}, sort=[("revision", -1)])
        self._before = active.compiled(last) if last else None

    def before(self, kept: Kept, day: str) -> Mapping[str, float]:
        """What the revision before the active one makes of the same day."""
        if self._before is None:
            return {}
        card = without_outcome(card_of(kept, day, self._before))
        health = score(_judging(kept), card, (), date.fromisoformat(day))["health"]
        return {} if health is None else {"revision_before": float(health)}

    def of(self, kept: Kept, day: str) -> Scorecard | None:
        label = kept["revision"]
        if label not in self._known:
            card = cards.card(self._store, kept, day)
            self._known[label] = card and without_outcome(card)
        return self._known[label]


def without_outcome(card: Scorecard) -> Scorecard:
    """The card without the measure and the cap that say that revenue is leaving."""
    dimensions = tuple(
        replace(d, measures=tuple(m for m in d.measures if m.key != OUTCOME))
        for d in card.dimensions
    )
    caps = {key: limit for key, limit in card.caps.items() if key != LEAVING}
    return replace(card, dimensions=dimensions, caps=caps)


def _snapshot(
    account: str, past: History, day: str, horizon: int, known: _Cards
) -> Snapshot | None:
    kept = past.on(day)
    close = past.close(day)
    if kept is None or close is None or close["health"] is None or _is_leaving(kept):
        return None
    fate = fate_after(past, day, horizon)
    card = known.of(kept, day)
    if fate.unknown or card is None:
        return None
    found = snapshot(account, kept, day, card, fate.left_on)
    return found and replace(found, others={**found.others, **known.before(kept, day)})


def snapshot(
    account: str, kept: Kept, day: str, card: Scorecard, left_on: str | None
) -> Snapshot | None:
    """A close as the test sees it; None where too little was known for a score."""
    told = score(_judging(kept), card, (), date.fromisoformat(day))
    if told["health"] is None:
        return None
    rules = {rule.key: rule for d in card.dimensions for rule in d.measures}
    scores = {m["key"]: m for d in told["dimensions"] for m in d["measures"]}
    return Snapshot(
        account=account,
        day=day,
        health=told["health"],
        band=told["band"],
        left=left_on is not None,
        lead=_apart(day, left_on) if left_on else None,
        coverage=told["coverage"],
        measures={k: m["score"] if m["value"] is not None else None for k, m in scores.items()},
        references={k: rules[k].reference for k in scores},
        others=_others(kept, day),
    )


def _judging(kept: Kept) -> dict[str, Measure]:
    """The measures of a close that are not the outcome."""
    return {key: m for key, m in measures_of(kept).items() if key != OUTCOME}


def _others(kept: Kept, day: str) -> Mapping[str, float]:
    """What the same day says by other means: the score in force, and the manager alone."""
    shown = close_of(kept, day)["health"]
    found = {} if shown is None else {"shown_score": float(shown)}
    pulse = kept["measures"].get("csm_pulse", {})
    return found | ({"pulse_alone": float(pulse["score"])} if "value" in pulse else {})


def _is_leaving(kept: Kept) -> bool:
    return any(LEAVING in measure.get("caps", ()) for measure in kept["measures"].values())


def fate_after(past: History, day: str, horizon: int) -> Fate:
    """Who churned, or lost half of their monthly revenue, within the days that followed."""
    before = _worth(past.on(day) or {})
    end = (date.fromisoformat(day) + timedelta(days=horizon)).isoformat()
    for step, kept in past.steps(day, end):
        if kept.get("band") == "churned":
            return Fate(left_on=step)
        if kept.get("gone"):
            return Fate(unknown=True)
        now = _worth(kept)
        if before and now and now[0] == before[0] and now[1] <= LOST * before[1]:
            return Fate(left_on=step)
    return Fate()


def _worth(kept: Kept) -> tuple[str, float] | None:
    money = kept.get("mrr")
    if not money or (not money["minor"] and not kept.get("measures")):
        return None
    return money["currency"], money["minor"] / 10 ** money["exponent"]


def _apart(first: str, last: str) -> int:
    return (date.fromisoformat(last) - date.fromisoformat(first)).days


def words(told: Mapping[str, Any]) -> list[str]:
    """A report in sentences."""
    head = [
        f"{told['snapshots']} month-end snapshots of {told['accounts']} accounts; "
        f"{told['left']} accounts left within {told['horizon']} days.",
    ]
    if told["refused"]:
        return [*head, f"No claim: {told['refused']}"]
    return [*head, *_claims(told), *_cautions(told)]


def _claims(told: Mapping[str, Any]) -> Iterable[str]:
    low, high = told["auc_interval"] or (None, None)
    span = f" (95 %: {low:.3f} to {high:.3f}, bootstrap by account)" if low is not None else ""
    yield f"AUC {told['auc']:.3f}{span}."
    best, equal = told["compared"]["best_measure"], told["compared"]["equal_weights"]
    if best:
        yield f"Equal weights: {equal:.3f}. Best single measure: {best['key']} {best['auc']:.3f}."
    yield f"The worst tenth left {told['lift']:.1f} times as often as all."
    red = told["red"]
    if red["precision"] is not None:
        yield (
            f"Of red ones {100 * red['precision']:.0f} % left; of those who left "
            f"{100 * red['recall']:.0f} % were red."
        )
    if told["lead_days"]["median"] is not None:
        yield f"Red was seen {told['lead_days']['median']:.0f} days before, at the median."
    green = 100 * told["green_before"]["share"]
    yield f"{green:.0f} % of those who left were green when last seen."


def _cautions(told: Mapping[str, Any]) -> Iterable[str]:
    verdict = "passes" if told["passes"] else "does not pass"
    yield f"The test {verdict}: the interval has to begin above 0.6."
