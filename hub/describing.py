"""What a vendor says of the account behind a connection: facts for mappings, and its fields.

Facts are part of what a record is mapped by, so that records are mapped anew when one changes. The
fields are kept apart, one document for each object: a new one concerns no stored record.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog

from hub.api import Connector
from hub.errors import GiveUp
from hub.privacy import recognise, suppression
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from mappings import described
from mappings.described import Described

if TYPE_CHECKING:
    from hub.bootstrap import Hub

log = structlog.get_logger(__name__)

AGAIN_AFTER = timedelta(days=1)
APART = ("fields", "users", "objects")


def ask(hub: Hub, store: TenantStore, connector: Connector, client: Any, id: str) -> Doc:
    """All that the vendor says, without those who were erased."""
    if connector.describe is None:
        return {}
    known = suppression.load(hub.catalogue.vault, store)
    told: Doc = recognise.outside(known, id, connector.describe(client))
    return told


def facts(told: Doc) -> Doc:
    """What mappings may read."""
    return {name: value for name, value in told.items() if name not in APART}


def is_old(connector: Connector, connection: Doc, now: datetime) -> bool:
    at = connection.get("described_at")
    return connector.describe is not None and (at is None or now - at > AGAIN_AFTER)


def refresh(hub: Hub, store: TenantStore, connection: Doc, client: Any) -> Doc:
    """The connection with today's facts. Where the vendor refuses to tell, the old ones stay.

    Raises Reconnect and RetryLater.
    """
    connector = hub.connector_of(connection)
    if connector.describe is None:
        return connection
    now = hub.now(store.tenant_id)
    try:
        told = ask(hub, store, connector, client, connection["_id"])
    except GiveUp as refused:
        log.warning("describe_refused", connection=connection["_id"], reason=refused.reason)
        change: Doc = {"described_at": now, "describe_problem": refused.sentence}
    else:
        keep(store, connection["_id"], told, now)
        change = {"described_at": now, "describe_problem": "", "facts": facts(told)}
    store.connections.update({"_id": connection["_id"]}, {"$set": change})
    return {**connection, **change}


def keep(store: TenantStore, connection_id: str, told: Doc, now: datetime) -> None:
    """Write the fields of every object that the vendor tells of.

    An object that is told of no longer keeps its fields: a permission may just have been taken.
    """
    fields = described.fields(told)
    titles = described.objects(told)
    writes = []
    for object in sorted({*fields, *titles}):
        change = {
            "connection_id": connection_id,
            "object": object,
            "title": titles.get(object, object),
            "told_at": now,
        }
        if fields.get(object):
            change["fields"] = [asdict(one) for one in fields[object]]
        key = {"_id": f"{connection_id}:{object}"}
        writes.append(store.described.updating(key, {"$set": change}, upsert=True))
    store.described.bulk(writes)


def fields_of(doc: Doc | None) -> dict[str, Described]:
    """Path -> field, as `keep` has written them."""
    rows = (doc or {}).get("fields") or []
    return {
        row["name"]: Described(
            row["name"],
            row["title"],
            row["type"],
            row["custom"],
            tuple(row["values"]),
            tuple(row["titles"]),
        )
        for row in rows
    }


def forget(store: TenantStore, connection_id: str) -> None:
    """All that is known of a connection's fields goes with it."""
    store.described.delete({"connection_id": connection_id})
    store.drift.delete({"connection_id": connection_id})
