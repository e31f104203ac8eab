"""A tenant's overlays: checked, put live as numbered versions, withdrawn, and replayed.

One version is live for an object of a connector, and counts for all connections of that connector.
What is stored keeps the values of the revision that made them until it is mapped anew.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hub.bootstrap import Hub
from hub.drift import look
from hub.errors import NotFound
from hub.reads.mappings import BrokenOverlay, own
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from hub.writing_back import desk
from mappings.document import read
from mappings.errors import BrokenMapping
from mappings.language import ObjectMapping, overlay

DRAFT = "your overlay"
MOST_TEXT = 64 * 1024


def check(hub: Hub, connector: str, object: str, text: str) -> ObjectMapping:
    """The connector's mapping with this overlay laid over it.

    Raises BrokenOverlay with every problem as "file:line: place: what; nearest name".
    """
    return _laid(hub, connector, object, text, _document(text))


def _document(text: str) -> Any:
    if len(text) > MOST_TEXT:
        raise BrokenOverlay([f"{DRAFT}: it has more than {MOST_TEXT:,} characters"])
    try:
        document, problems = read(text, DRAFT)
        problems.check()
    except BrokenMapping as error:
        raise BrokenOverlay(error.problems) from None
    return document


def activate(
    hub: Hub, store: TenantStore, connector: str, object: str, text: str, author: str, now: datetime
) -> Doc:
    """Put an overlay live in the place of the one before; returns its version document.

    Raises BrokenOverlay. Stored records follow when they are mapped anew.
    """
    document = _document(text)
    laid = _laid(hub, connector, object, text, document)
    if problem := desk.refuse_reading(store, connector, object, laid):
        raise BrokenOverlay([f"{DRAFT}: {problem}"])
    mine = {"connector": connector, "object": object}

    def write(within: TenantStore) -> Doc:
        last = within.overlays.find_one(mine, {"version": 1}, sort=[("version", -1)]) or {}
        version = int(last.get("version") or 0) + 1
        live = {
            "_id": f"{store.tenant_id}:{connector}:{object}:{version}",
            **mine,
            "version": version,
            "active": True,
            "document": document,
            "text": text,
            "author": author,
            "at": now,
        }
        within.overlays.update_many({**mine, "active": True}, _ended(now))
        within.overlays.insert(live)
        return live

    made = store.transact(write)
    look.again(hub, store, connector, object, now)
    return made


def _laid(hub: Hub, connector: str, object: str, text: str, document: Any) -> ObjectMapping:
    try:
        return overlay(own(hub, connector, object), document, text, DRAFT)
    except BrokenMapping as error:
        raise BrokenOverlay(error.problems) from None


def _ended(now: datetime) -> Doc:
    return {"$set": {"active": False, "ended_at": now}}


def withdraw(hub: Hub, store: TenantStore, connector: str, object: str, now: datetime) -> None:
    """The connector's own mapping counts again; raises NotFound where no overlay is live."""
    live = {"connector": connector, "object": object, "active": True}
    if not store.overlays.update_many(live, _ended(now)):
        raise NotFound(f"No overlay of {connector} {object} is live.")
    look.again(hub, store, connector, object, now)


def versions(store: TenantStore, connector: str, object: str) -> list[Doc]:
    """All versions, the latest first."""
    mine = {"connector": connector, "object": object}
    return list(store.overlays.find(mine).sort("version", -1))


def waiting(hub: Hub, store: TenantStore, connector: str, object: str) -> list[Doc]:
    """[{"id", "name", "stored", "old"}]: per connection how many bodies are stored, and how many of
    them an older revision has mapped."""
    found = []
    for connection in store.connections.find({"connector": connector}):
        mine: Doc = {"connection_id": connection["_id"], "object": object}
        mine["raw"] = {"$exists": True}
        rev = hub.source(store, connection).rev(object)
        found.append(
            {
                "id": connection["_id"],
                "name": connection["name"],
                "stored": store.records.count(mine),
                "old": store.records.count({**mine, "mapping_rev": {"$ne": rev}}),
            }
        )
    return found


def replay(hub: Hub, store: TenantStore, connector: str, object: str) -> int:
    """Have a worker map anew what an older revision has mapped; returns how many bodies that is."""
    due = [one for one in waiting(hub, store, connector, object) if one["old"]]
    for one in due:
        hub.bell.ring_remap(store.tenant_id, one["id"], object)
    return sum(one["old"] for one in due)
