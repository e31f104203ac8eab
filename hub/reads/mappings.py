"""Mappings as they are shown: each vendor object, what it becomes, and whether it is overlaid."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub.bootstrap import Hub
from hub.engine import replay
from hub.errors import CorrectInput, NotFound
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from mappings.errors import BrokenMapping
from mappings.language import ObjectMapping, overlay

Overlay = Mapping[str, Any]


class BrokenOverlay(CorrectInput):
    """An overlay that cannot be used; `problems` names each place and the nearest valid name."""

    reason = "broken_mapping"

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems)[:2000], field="overlay")
        self.problems = problems


def everything(hub: Hub, store: TenantStore, connector: str | None = None) -> list[Doc]:
    """Every object of every connector (or of one), with the tenant's overlays laid over."""
    names = [connector] if connector else sorted(hub.plugins.connectors)
    return [
        shown(store, name, mapping) for name in names for mapping in _of(hub, store, name).values()
    ]


def _of(hub: Hub, store: TenantStore, connector: str) -> Mapping[str, ObjectMapping]:
    hub.plugins.connector(connector)
    return hub.mappings(store, connector)


def shown(store: TenantStore, connector: str, mapping: ObjectMapping) -> Doc:
    live = {"connector": connector, "object": mapping.object, "active": True}
    return {
        "connector": connector,
        "object": mapping.object,
        "stream": mapping.stream,
        "entity": mapping.entity,
        "rev": mapping.rev,
        "source_fields": list(mapping.source_fields),
        "custom_path": mapping.custom_path,
        "overlaid": store.overlays.find_one(live, {"_id": 1}) is not None,
    }


def one(hub: Hub, store: TenantStore, connector: str, object: str) -> Doc:
    """With the definition itself; raises NotFound naming the objects there are."""
    mapping = _find(hub, store, connector, object)
    return {**shown(store, connector, mapping), "definition": dict(mapping.definition)}


def _find(hub: Hub, store: TenantStore, connector: str, object: str) -> ObjectMapping:
    known = _of(hub, store, connector)
    if object not in known:
        raise NotFound(f"{connector} maps no {object}; it maps {', '.join(sorted(known))}.")
    return known[object]


def own(hub: Hub, connector: str, object: str) -> ObjectMapping:
    """The connector's own mapping, on which overlays lie; raises NotFound."""
    hub.plugins.connector(connector)
    known = hub.plugins.mappings[connector]
    if object not in known:
        raise NotFound(f"{connector} maps no {object}; it maps {', '.join(sorted(known))}.")
    return known[object]


def preview(
    hub: Hub, tenant_id: str, connection_id: str, object: str, document: Overlay, now: datetime
) -> Doc:
    """What an overlay, in the place of the live one, would do to the bodies stored for a
    connection; nothing is changed.

    {"counts": {same, changed, unmappable}, "examples": [...], "at"}. Raises BrokenOverlay.
    """
    store = hub.store(tenant_id)
    connector = hub.connection(store, connection_id)["connector"]
    try:
        changed = overlay(own(hub, connector, object), document)
    except BrokenMapping as error:
        raise BrokenOverlay(error.problems) from None
    return replay.preview_mapping(hub, tenant_id, connection_id, changed, now)
