"""Replays: deliveries, quarantined records and stored bodies, through the same pipeline.

A replay asks the vendor nothing that the first run did not, and processing again what was applied
changes nothing. Each can be tried first: a dry run says what would change.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from time import monotonic
from typing import Any

from hub.bootstrap import Hub
from hub.engine import plan as planning
from hub.engine.incoming import Incoming, Source, from_record
from hub.engine.record import record
from hub.engine.registers import Fate
from hub.errors import CorrectInput, NotFound
from hub.store import inbox
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from mappings.errors import Unmappable
from mappings.language import Mapped, ObjectMapping

PREVIEWED = 200


def deliveries(hub: Hub, tenant_id: str, ids: Sequence[str]) -> int:
    """Make deliveries pending again; raises NotFound for one that is not this tenant's, and
    CorrectInput for one that a privacy request has taken a part of.
    """
    store = hub.store(tenant_id)
    rows = list(store.inbox.find({"_id": {"$in": list(ids)}}, {"connection_id": 1, "erased": 1}))
    missing = set(ids) - {row["_id"] for row in rows}
    if missing:
        raise NotFound(f"There is no delivery {sorted(missing)[0]}.")
    for row in rows:
        _refuse_erased(row)
    count = inbox.replay(store, ids, hub.now(tenant_id))
    for connection_id in {row["connection_id"] for row in rows}:
        hub.bell.ring_drain(tenant_id, connection_id)
    return count


def _refuse_erased(row: Doc) -> None:
    """What is left of such a body would not say what the vendor said."""
    if erased := row.get("erased"):
        raise CorrectInput(
            f"Delivery {row['_id']} cannot be replayed: its body was {erased['how']} on"
            f" {erased['at']:%Y-%m-%d} for a privacy request.",
            reason="erased",
            field="ids",
        )


def failed(hub: Hub, tenant_id: str, connection_id: str) -> int:
    """Make all failed deliveries of a connection pending again."""
    store = hub.store(tenant_id)
    hub.connection(store, connection_id)
    count = inbox.replay_failed(store, connection_id, hub.now(tenant_id))
    hub.bell.ring_drain(tenant_id, connection_id)
    return count


def preview_delivery(hub: Hub, tenant_id: str, delivery_id: str) -> list[Doc]:
    """What a replay would do: a list of {"would", and the record, its changes or the rule}."""
    store = hub.store(tenant_id)
    row = store.inbox.find_one({"_id": delivery_id})
    if row is None:
        raise NotFound("There is no such delivery.")
    _refuse_erased(row)
    connection = hub.connection(store, row["connection_id"])
    source = hub.source(store, connection)
    webhooks = {w.name: w for w in source.connector.webhooks}
    batch = planning.plan([row], source, webhooks, connection["account"]["id"])
    [item] = batch.rows
    if item.error or item.held:
        return [{"problem": item.error or item.held}]
    return [_outcome(source, store, outcome) for outcome in item.outcomes]


def _outcome(source: Source, store: TenantStore, outcome: planning.Outcome) -> Doc:
    if outcome.incoming is not None:
        item = outcome.incoming
        return {
            "object": item.object,
            "native_id": item.native_id,
            "would": "quarantine" if item.problem else "apply",
            "problem": item.problem.sentence if item.problem else "",
            "changes": _differences(store, source, item),
        }
    if outcome.wants:
        return {"would": "read", "records": [f"{o} {i}" for o, i in outcome.wants]}
    return {"would": "ignore", "rule": outcome.rule}


def _differences(store: TenantStore, source: Source, item: Incoming) -> Doc:
    """{field: {"from", "to"}} between the stored canonical values and the new ones."""
    if item.mapped is None:
        return {}
    stored = store.records.find_one({"_id": source.key(item.object, item.native_id)}) or {}
    return differences(stored.get("values") or {}, item.mapped.values)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Doc:
    return {
        name: {"from": before.get(name), "to": after.get(name)}
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    }


def quarantined(hub: Hub, tenant_id: str, ids: Sequence[str]) -> dict[str, int]:
    """Map quarantined bodies again with today's mapping: {"mended": n, "still": n}."""
    store = hub.store(tenant_id)
    counts = {"mended": 0, "still": 0}
    for entry in store.quarantine.find({"_id": {"$in": list(ids)}, "state": "open"}):
        item = _again(hub, store, entry)
        counts["still" if item.problem else "mended"] += 1
    hub.bell.ring_settle(tenant_id)
    return counts


def _again(hub: Hub, store: TenantStore, entry: Doc) -> Incoming:
    connection = hub.connection(store, entry["connection_id"])
    source = hub.source(store, connection)
    try:
        body = json.loads(bytes(entry["raw"]))
    except ValueError:
        why = Unmappable(entry["path"], entry["sentence"])
        return Incoming(entry["object"], entry["native_id"], problem=why)
    item = from_record(source, entry["object"], body, entry["at"], entry["origin"])
    now = hub.now(store.tenant_id)

    def write(within: TenantStore) -> None:
        record(within, source, [item], now)
        if item.problem is None:
            mended = {"$set": {"state": "mended", "mended_at": now}}
            within.quarantine.update({"_id": entry["_id"]}, mended)
            _move_fate(within, entry, item.fate or "applied")

    store.transact(write)
    return item


def _move_fate(store: TenantStore, entry: Doc, fate: Fate) -> None:
    """The change that brought the body is quarantined no more: its delivery's book says so."""
    if entry["origin"].get("kind") != "delivery":
        return
    row = store.inbox.find_one({"_id": entry["origin"]["id"], "fates.quarantined": {"$gte": 1}})
    if row is None:
        return
    before: Doc = row["fates"]
    after = {**before, "quarantined": before["quarantined"] - 1, fate: before.get(fate, 0) + 1}
    store.inbox.update({"_id": row["_id"]}, {"$set": {"fates": after}})
    inbox.count_changes(store, row["connection_id"], before, after)


def preview_mapping(
    hub: Hub, tenant_id: str, connection_id: str, mapping: ObjectMapping, now: datetime
) -> Doc:
    """What a changed mapping would do to stored bodies: counts, and the first differences."""
    store = hub.store(tenant_id)
    source = hub.source(store, hub.connection(store, connection_id))
    mine = {"connection_id": connection_id, "object": mapping.object, "raw": {"$exists": True}}
    shown: list[Doc] = []
    counts = {"same": 0, "changed": 0, "unmappable": 0}
    for doc in store.records.find(mine).sort("touched_at", -1).limit(PREVIEWED):
        try:
            mapped = mapping.apply(json.loads(bytes(doc["raw"])), source.context)
        except Unmappable as problem:
            counts["unmappable"] += 1
            shown.append({"record": doc["_id"], "path": problem.path, "problem": problem.sentence})
            continue
        moved = differences(_all(doc), _all(_shape(mapped)))
        counts["changed" if moved else "same"] += 1
        if moved:
            named = (doc.get("values") or {}).get("name")
            shown.append({"record": doc["_id"], "name": named, "changes": moved})
    return {"counts": counts, "examples": shown[:20], "at": now}


def _shape(mapped: Mapped) -> Doc:
    return {"values": mapped.values, "custom": mapped.custom, "external_id": mapped.external_id}


def _all(doc: Mapping[str, Any]) -> Doc:
    """Everything that an overlay can change, by name: custom values as custom.name."""
    custom = {f"custom.{name}": value for name, value in (doc.get("custom") or {}).items()}
    return {**(doc.get("values") or {}), **custom, "external_id": doc.get("external_id")}


def remap(
    hub: Hub, tenant_id: str, connection_id: str, object: str, deadline: float = math.inf
) -> int:
    """Map stored bodies of an object anew, until `deadline` (monotonic); returns how many.

    A body mapped by today's revision is left alone.
    """
    store = hub.store(tenant_id)
    source = hub.source(store, hub.connection(store, connection_id))
    old = {
        "connection_id": connection_id,
        "object": object,
        "raw": {"$exists": True},
        "mapping_rev": {"$ne": source.rev(object)},
    }
    count = 0
    while monotonic() < deadline and (docs := list(store.records.find(old).limit(500))):
        store.transact(lambda within, some=docs: _remap_some(within, source, some))  # type: ignore[misc]
        count += len(docs)
    hub.bell.ring_settle(tenant_id)
    return count


def _remap_some(store: TenantStore, source: Source, docs: list[Doc]) -> None:
    writes = []
    for doc in docs:
        change: Doc = {"mapping_rev": source.rev(doc["object"])}
        try:
            mapped = source.mappings[doc["object"]].apply(
                json.loads(bytes(doc["raw"])), source.context
            )
        except Unmappable as problem:
            change["problem"] = {"path": problem.path, "sentence": problem.sentence}
        else:
            change |= {
                "values": mapped.values,
                "custom": mapped.custom,
                "links": [_link(link) for link in mapped.links],
                "external_id": mapped.external_id,
                "due": {"account": 1, "contact": 2}.get(mapped.entity, 3),
            }
        same = {"_id": doc["_id"], "rev": doc["rev"]}
        writes.append(store.records.updating(same, {"$set": change}))
    store.records.bulk(writes)


def _link(link: Any) -> Doc:
    return {"kind": link.kind, "by": link.by, "value": link.value}
