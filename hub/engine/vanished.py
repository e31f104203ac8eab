"""Records that listings no longer show are asked for by id before they count as deleted.

A vendor may have merged one into another without a word, or shown less than it has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from hub.api import Stream
from hub.engine import listings
from hub.engine.incoming import Source
from hub.engine.reading import read
from hub.engine.record import record
from hub.store.client import Doc
from hub.store.tenant import TenantStore

BATCH = 500


def look(
    store: TenantStore,
    source: Source,
    stream: Stream,
    client: Any,
    run: Doc,
    now: Callable[[], datetime],
    between: Callable[[], None],
) -> Doc | None:
    """Set tombstones after a full listing; where too many are missing, what to ask the admin."""
    if stream.deletes != "listing":
        return None
    mine = {"connection_id": run["connection_id"], "stream": stream.name, "full": True}
    before = list(store.runs.find({**mine, "state": "done"}).sort("started_at", -1).limit(1))
    runs = [run, *before]
    found = listings.absent(store, source, stream, runs)
    listings.forget(store, run["connection_id"], stream.name, [r["_id"] for r in runs])
    if found.too_many:
        count = len(found.native_ids)
        some = {"ids": found.native_ids[:1000], "count": count, "live": found.live}
        return {**some, "at": run["started_at"]}
    gone = ask(store, source, stream, client, found.native_ids, run, now, between)
    confirm(store, source, stream, gone, run)
    return None


def confirm(
    store: TenantStore, source: Source, stream: Stream, native_ids: Sequence[str], run: Doc
) -> None:
    """Set tombstones for records that two complete listings did not show."""
    gone = listings.as_deleted(stream, native_ids, run["started_at"], run)
    for start in range(0, len(gone), BATCH):
        some = gone[start : start + BATCH]
        store.transact(partial(record, source=source, batch=some, now=run["started_at"]))


def ask(
    store: TenantStore,
    source: Source,
    stream: Stream,
    client: Any,
    native_ids: Sequence[str],
    run: Doc,
    now: Callable[[], datetime],
    between: Callable[[], None],
) -> list[str]:
    """Record what the vendor says of them; returns those of which it knows nothing.

    One that could not be asked for is not among them: the next listing brings it up again. Where
    nothing can be read by id, all are returned. `between` is called between two calls.
    """
    if stream.fetch is None or not native_ids:
        return list(native_ids)
    wanted = dict.fromkeys((stream.object, one) for one in native_ids)
    answer = read(source, client, wanted, now, {"kind": "run", "id": run["_id"]}, between)
    found = list(answer.found.values())
    for start in range(0, len(found), BATCH):
        some = found[start : start + BATCH]
        store.transact(partial(record, source=source, batch=some, now=now()))
    return [native_id for object, native_id in answer.missing if object == stream.object]
