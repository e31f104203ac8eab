"""The hub's own guards over records in memory: what would be stored, in whatever order it came.

The engine's pure parts do the work (its plan of a batch, its reads by id, its two registers), so
that what converges here converges in the store; only the store itself is left out, which spares
a check a database and ten seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from hub.api import Page, Stream
from hub.conform.ground import Ground
from hub.conform.receiving import Pushed
from hub.conform.rule import Broken
from hub.engine import plan as planning
from hub.engine.incoming import Incoming, from_record
from hub.engine.reading import from_change, read
from hub.engine.record import Draft

ORIGIN = {"kind": "check", "id": ""}
Key = tuple[str, str]


def of_pages(
    ground: Ground, stream: Stream, pages: Iterable[Page], asked: datetime
) -> list[Incoming]:
    """What pages bring, as a run would hand it on; `asked` is when they were read."""
    source, found = ground.source(), []
    for page in pages:
        found += [from_record(source, stream.object, r, asked, ORIGIN) for r in page.records]
        for change in page.changes:
            found += from_change(source, change, asked, ORIGIN)
    return found


def of_pushes(ground: Ground, name: str, pushed: Sequence[Pushed]) -> list[Incoming]:
    """What deliveries of one webhook bring, with the reads that they cause, as in a drain."""
    source, account = ground.source(), ground.account().id
    webhooks = {w.name: w for w in ground.connector.webhooks}
    rows = [_row(name, place, one) for place, one in enumerate(pushed)]
    batch = planning.plan(rows, source, webhooks, account)
    for row in batch.rows:
        if row.error or row.held:
            raise Broken(f"{name}: {row.error or row.held}", str(ground.folder / "webhook.py"))
    answer = read(source, ground.usual(), batch.wanted, ground.vendor.moment, ORIGIN)
    if answer.later or answer.refused or answer.reconnect:
        told = [*answer.later.values(), *answer.refused.values()]
        raise Broken(f"{name}: {told[0].sentence}", str(ground.folder / "streams.py"))
    at_hand = [o.incoming for row in batch.rows for o in row.outcomes if o.incoming]
    return [*at_hand, *answer.found.values()]


def _row(name: str, place: int, pushed: Pushed) -> dict[str, object]:
    one = pushed.delivery
    return {
        "_id": str(place),
        "webhook": name,
        "method": one.method,
        "url": one.url,
        "headers": dict(one.headers),
        "body": one.body,
        "received_at": one.received_at,
    }


def fold(ground: Ground, items: Iterable[Incoming]) -> dict[Key, Draft]:
    """The records that stand after these, by object and native id."""
    source = ground.source()
    drafts: dict[Key, Draft] = {}
    for item in items:
        key = (item.object, item.native_id)
        drafts.setdefault(key, Draft(None, source)).take(replace(item))
    return drafts


def state(draft: Draft) -> tuple[str, bool, str | None]:
    """What of a record must not depend on the order: its body, whether it lives, whose it is."""
    life = draft.life
    body = draft.content.hash if draft.content else ""
    return body, bool(life and life.deleted), life.merged_into if life else None
