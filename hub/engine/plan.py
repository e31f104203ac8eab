"""From inbox rows to what has to be done: bodies and evidence at hand, and what to fetch.

Thin events of one record are folded into one fetch. Everything here is pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hub.api import Change, Delivery, Webhook
from hub.engine import registers
from hub.engine.incoming import Incoming, Source, from_record
from hub.engine.registers import Fate, Life
from hub.queue import JobTimeout
from hub.store.client import Doc

ANY_TIME = datetime(1970, 1, 1, tzinfo=UTC)
LATE = timedelta(seconds=60)
"""A delete this much older than its arrival is checked by a fetch: the record may be back."""


@dataclass(slots=True)
class Outcome:
    """What became of one change of a row; filled in as the work goes on.

    blocked: records that the event names and that are suppressed, so that nobody asks for them.
    """

    fate: Fate | None = None
    rule: str = ""
    incoming: Incoming | None = None
    wants: tuple[tuple[str, str], ...] = ()
    blocked: tuple[tuple[str, str], ...] = ()
    occurred_at: datetime | None = None


@dataclass(slots=True)
class RowPlan:
    """One row on its way: its changes' outcomes, or why it cannot be worked on now."""

    row: Doc
    outcomes: list[Outcome] = field(default_factory=list)
    error: str = ""
    held: str = ""
    delay_s: float | None = None
    waits: bool = False
    """It is put off for a turn at the vendor, which is no failed attempt."""
    stripped: Doc = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        return not self.error and not self.held and self.delay_s is None

    def fates(self) -> dict[str, int]:
        counts: dict[str, int] = defaultdict(int)
        for outcome in self.outcomes:
            counts[outcome.fate or "failed"] += 1
        return dict(counts)


@dataclass(slots=True)
class Plan:
    """A batch: its rows, and the records to fetch with evidence that events gave for each."""

    rows: list[RowPlan]
    wanted: dict[tuple[str, str], Life | None] = field(default_factory=dict)
    since: dict[tuple[str, str], datetime] = field(default_factory=dict)
    gaps: set[str] = field(default_factory=set)


def delivery_of(row: Doc) -> Delivery:
    return Delivery(
        row["method"], row["url"], row["headers"], bytes(row["body"]), row["received_at"]
    )


def plan(rows: list[Doc], source: Source, webhooks: Mapping[str, Webhook], account: str) -> Plan:
    """Parse a batch of rows; a row that cannot be parsed is failed alone."""
    batch = Plan([])
    for row in rows:
        item = RowPlan(row)
        batch.rows.append(item)
        webhook = webhooks.get(row["webhook"])
        if webhook is None:
            item.held = f"this connector has no webhook named {row['webhook']}"
            continue
        try:
            changes = list(webhook.parse(delivery_of(row)))
        except JobTimeout:
            raise
        except Exception as error:
            item.error = f"it cannot be parsed: {type(error).__name__}: {str(error)[:300]}"
            continue
        for change in changes:
            if change.account in (None, account):
                _place(batch, item, change, source)
            elif webhook.scope == "connection":
                _place(batch, item, replace(change, rule="other_account"), source)
    return batch


def _place(batch: Plan, item: RowPlan, change: Change, source: Source) -> None:
    outcome = Outcome(occurred_at=change.occurred_at)
    item.outcomes.append(outcome)
    if change.rule:
        outcome.fate, outcome.rule = "ignored", change.rule
    elif change.object not in source.mappings:
        item.held = f"no mapping for the object {change.object}"
    elif change.kind == "gap" and not change.native_id:
        batch.gaps.add(change.object)
        outcome.fate = "applied"
    else:
        PLACES.get(change.kind, _fetch)(Placing(batch, item, outcome, source), change)


@dataclass(frozen=True, slots=True)
class Placing:
    """Where one change is being placed."""

    batch: Plan
    item: RowPlan
    outcome: Outcome
    source: Source

    @property
    def row(self) -> Doc:
        return self.item.row


def _upsert(at: Placing, change: Change) -> None:
    if change.record is None:
        _fetch(at, change)
        return
    life = registers.restored(change.occurred_at) if change.kind == "restore" else None
    at.outcome.incoming = from_record(
        at.source, change.object, change.record, change.occurred_at, origin(at.row), life
    )


def _delete(at: Placing, change: Change) -> None:
    at.outcome.incoming = _evidence(change, registers.deleted(change.occurred_at), at.row)
    if at.row["received_at"] - change.occurred_at > LATE:
        _want(at, (change.object, change.native_id), None, change.occurred_at)


def _erase(at: Placing, change: Change) -> None:
    at.outcome.incoming = _evidence(change, registers.erased(), at.row)


def _merge(at: Placing, change: Change) -> None:
    """Each loser becomes a change of its own; the survivor is read again."""
    into = change.into or change.native_id
    losers = [loser for loser in change.losers if loser != into]
    life = registers.merged(change.occurred_at, at.source.key(change.object, into))
    extra = [Outcome(occurred_at=change.occurred_at) for _ in losers[1:]]
    at.item.outcomes += extra
    for loser, one in zip(losers, [at.outcome, *extra], strict=False):
        one.incoming = Incoming(change.object, loser, life=life, origin=origin(at.row))
    _want(at, (change.object, into), None, change.occurred_at)


def _fetch(at: Placing, change: Change) -> None:
    life = registers.restored(change.occurred_at) if change.kind == "restore" else None
    # A link moves no modified stamp, so the stamp cannot tell whether the answer is too early.
    since = ANY_TIME if change.kind in ("link", "unlink") else change.occurred_at
    for end in change.ends or ((change.object, change.native_id),):
        if end[0] in at.source.mappings and end[1]:
            _want(at, end, life, since)
    if not at.outcome.wants:
        at.outcome.fate, at.outcome.rule = "ignored", "nothing_to_read"


PLACES = {
    "upsert": _upsert,
    "restore": _upsert,
    "delete": _delete,
    "privacy_delete": _erase,
    "merge": _merge,
}


def _want(at: Placing, end: tuple[str, str], life: Life | None, since: datetime) -> None:
    at.outcome.wants = (*at.outcome.wants, end)
    at.batch.wanted[end] = registers.livelier(at.batch.wanted.get(end), life)
    at.batch.since[end] = max(since, at.batch.since.get(end, since))


def _evidence(change: Change, life: Life, row: Doc) -> Incoming:
    return Incoming(change.object, change.native_id, life=life, origin=origin(row))


def origin(row: Doc) -> dict[str, str]:
    return {"kind": "delivery", "id": row["_id"]}
