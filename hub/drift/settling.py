"""What people do with a notice: let it be, or take its suggestion into their overlay."""

from __future__ import annotations

from datetime import datetime

from hub import overlays
from hub.bootstrap import Hub
from hub.drift import notices
from hub.errors import CorrectInput, NotFound
from hub.reads import drift, fields
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from mappings import suggested


def dismiss(store: TenantStore, notice_id: str, who: str, now: datetime) -> Doc:
    """It is as it should be: the notice comes back only if there is more to it; raises NotFound."""
    return notices.close_by(store, notice_id, "dismissed", who, now)


def accept(hub: Hub, store: TenantStore, notice_id: str, who: str, now: datetime) -> Doc:
    """Put the suggested line live, with what is live already; returns the overlay's version.

    Raises NotFound, CorrectInput where there is nothing to suggest, BrokenOverlay.
    """
    told = drift.one(hub, store, notice_id)
    text = proposed(hub, store, notice_id)
    if text is None:
        raise CorrectInput("There is no line to suggest: change the overlay by hand.")
    live = overlays.activate(hub, store, told["connector"], told["object"], text, who, now)
    notices.close_by(store, notice_id, "accepted", who, now)
    return live


def proposed(hub: Hub, store: TenantStore, notice_id: str, object: str = "") -> str | None:
    """The overlay that is live with the suggested line in it.

    Raises NotFound, also for a notice about another object than `object`.
    """
    made = drift.suggestion(hub, store, notice_id)
    told = drift.one(hub, store, notice_id)
    if object and told["object"] != object:
        raise NotFound("That notice is about another record.")
    if made is None:
        return None
    return suggested.merged(written(store, told["connector"], told["object"]), made)


def picking(hub: Hub, store: TenantStore, connector: str, object: str, path: str) -> str:
    """The overlay that is live with a line that takes a field along; raises NotFound."""
    found = fields.load(hub, store, fields.find(store, connector, object), object)
    told = found.told.get(path)
    made = suggested.picked(found.base, path, told, found.taken)
    if made is None:
        raise NotFound("There is no such field to pick.")
    return suggested.merged(written(store, connector, object), made)


def written(store: TenantStore, connector: str, object: str) -> str:
    """The text of the overlay that is live; empty if none is."""
    kept = overlays.versions(store, connector, object)
    live = [version for version in kept if version["active"]]
    if not live:
        return ""
    return live[0].get("text") or suggested.text(live[0]["document"])
