"""The revision of its scoring that counts for a tenant.

A document: {"_id": "ten_1:hub-default/2", "name", "revision": 2, "label": "hub-default/2",
"document": as `hub.health.revision` reads it, "frozen": references and rates as of then, "state":
draft | active | retired, "author", "at", "note", "diff": [sentence], "dry_run": report or None,
"activated_at", "work": steps still to be done}. It is written until it is activated, and never
after.
"""

from __future__ import annotations

from hub.health import revision as revisions
from hub.health.revision import Revision
from hub.store.client import Doc
from hub.store.tenant import TenantStore

_KEPT: dict[str, Revision] = {}
MOST_KEPT = 500


def active(store: TenantStore) -> Revision:
    """What the tenant activated last; `hub-default/1` until then."""
    found = stored(store)
    return compiled(found) if found else revisions.default()


def stored(store: TenantStore) -> Doc | None:
    """The document of the active revision, if it is the tenant's own."""
    return store.scorecards.find_one({"state": "active"})


def compiled(document: Doc) -> Revision:
    """A revision that is never changed any more, checked once in a process.

    A signal that was uninstalled since is passed over: its weight is shared among the rest.
    """
    key = document["_id"]
    if key not in _KEPT:
        if len(_KEPT) >= MOST_KEPT:
            _KEPT.clear()
        _KEPT[key] = revisions.check_document(
            document["name"],
            document["revision"],
            document["document"],
            document.get("frozen"),
            known=None,
        )
    return _KEPT[key]
