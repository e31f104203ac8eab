"""Deciding about writing back: which field, on, off, and what would be written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hub.api import WriteBack
from hub.errors import CorrectInput
from hub.lineage import body
from hub.store import leases
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from hub.writing_back import marks
from hub.writing_back.text import text_of
from mappings.language import ObjectMapping

if TYPE_CHECKING:
    from hub.bootstrap import Hub

SHOWN = 3
REFUSED = 20
NEVER: Doc = {"on": False, "clearing": False}


def how(hub: Hub, connection: Doc) -> WriteBack | None:
    """How this connection's vendor takes a text; None where it takes none."""
    connector = hub.plugins.connectors.get(connection["connector"])
    return connector.write_back if connector else None


def choices(hub: Hub, tenant_id: str, connection_id: str) -> Doc:
    """{"fields": [{"name", "title", "read_by", "filled", "of"}], "missing", "create"}.

    `read_by` names what of ours reads the field, which keeps it from being chosen; of the last `of`
    records that were looked at, `filled` hold something in it. Raises CorrectInput where the vendor
    takes no text, and what a call raises.
    """
    store = hub.store(tenant_id)
    connection = hub.connection(store, connection_id)
    write_back = needed(hub, connection)
    client = hub.client(connection)
    mapping = hub.source(store, connection).mappings[write_back.object]
    used = _used(store, connection_id, write_back.object)
    fields = [
        {"name": name, "title": title, **used(name)}
        | {"read_by": _read_by(mapping, connection, name)}
        for name, title in write_back.fields(client)
    ]
    missing = list(write_back.lacks(client))
    return {"fields": fields, "missing": missing, "create": write_back.create}


def switch_on(hub: Hub, tenant_id: str, connection_id: str, field: str, by: str) -> Doc:
    """Write to this field from now on; returns how it stands.

    Raises CorrectInput: no such field, one that the mapping reads, a missing permission, or another
    field that still holds our texts.
    """
    store = hub.store(tenant_id)
    connection = hub.connection(store, connection_id)
    write_back = needed(hub, connection)
    _refuse_second(connection, field)
    offered = choices(hub, tenant_id, connection_id)
    title = _chosen(offered, field)
    now = hub.now(tenant_id)
    state = {
        "on": True,
        "clearing": False,
        "spread": False,
        "field": field,
        "title": title,
        "object": write_back.object,
        "by": by,
        "since": now,
    }
    change = {"$set": {"write_back": state}, "$addToSet": {"written_fields": field}}
    store.connections.update({"_id": connection_id}, change)
    _note(hub, tenant_id, connection_id, by, "write-back switched on", field=field)
    return stand(hub, store, hub.connection(store, connection_id))


def switch_off(hub: Hub, tenant_id: str, connection_id: str, by: str, clear: bool = False) -> Doc:
    """Write no more; with `clear` the texts that stand there are taken out of the field first.

    Without, they stay as they are.
    """
    store = hub.store(tenant_id)
    connection = hub.connection(store, connection_id)
    state = connection.get("write_back") or NEVER
    if not state.get("field"):
        return stand(hub, store, connection)
    change: Doc = {"write_back.on": False, "write_back.clearing": clear}
    change |= {"write_back.problem": None, "write_back.waits_until": None}
    store.connections.update({"_id": connection_id}, {"$set": change})
    if clear:
        marks.start_anew(store, connection_id)
    else:
        # Who is writing just now would note its texts for whatever field is chosen next.
        leases.seize(store, f"write:{connection_id}", 0)
        store.written.delete({"connection_id": connection_id})
    what = "write-back switched off" + (" and cleared" if clear else "")
    _note(hub, tenant_id, connection_id, by, what, field=state["field"])
    return stand(hub, store, hub.connection(store, connection_id))


def stand(hub: Hub, store: TenantStore, connection: Doc) -> Doc:
    """What the screen, the API and the command show of it; "possible" False where the vendor takes
    no text."""
    state = connection.get("write_back") or NEVER
    mine = {"connection_id": connection["_id"]}
    wrote = {**mine, "text": {"$exists": True}}
    last = store.written.find_one(wrote, {"at": 1}, sort=[("at", -1)]) or {}
    refused = {**mine, "refusal": {"$exists": True}}
    return {
        "possible": how(hub, connection) is not None,
        "on": bool(state.get("on")),
        "clearing": bool(state.get("clearing")),
        "field": state.get("field") if state.get("on") or state.get("clearing") else None,
        "title": state.get("title", ""),
        "since": state.get("since"),
        "by": state.get("by", ""),
        "problem": state.get("problem"),
        "waits_until": state.get("waits_until"),
        "written": store.written.count(wrote),
        "due": store.written.count({**mine, "due_at": {"$exists": True}}),
        "refused": store.written.count(refused),
        "last_at": last.get("at"),
        "refusals": list(_refusals(store, refused)),
    }


def preview(hub: Hub, store: TenantStore, connection: Doc, field: str = "") -> list[Doc]:
    """What would be written for three accounts.

    [{"account_id", "name", "native_id", "text", "now"}]; `now`: what the field holds by the last
    read, where a field is given.
    """
    write_back = needed(hub, connection)
    living = {"connection_id": connection["_id"], "object": write_back.object}
    living |= {"life.deleted": False, "account_id": {"$ne": None}}
    found = []
    for record in store.records.find(living).sort("_id", 1).limit(SHOWN):
        account = store.accounts.find_one({"_id": record["account_id"]}) or {}
        raw = body.read(record["raw"]) if field and record.get("raw") else None
        found.append(
            {
                "account_id": record["account_id"],
                "name": (account.get("flat") or {}).get("name") or record["native_id"],
                "native_id": record["native_id"],
                "text": text_of(account),
                "now": _at(raw, field),
            }
        )
    return found


def refuse_reading(
    store: TenantStore, connector: str, object: str, mapping: ObjectMapping
) -> str | None:
    """Why a mapping may not be put live: it reads a field that is written to; None if it may."""
    writing = {"connector": connector, "write_back.on": True, "write_back.object": object}
    for connection in store.connections.find(writing, {"write_back.field": 1, "name": 1}):
        field = connection["write_back"]["field"]
        if _reads(mapping, field):
            return (
                f"{field} holds the health that the hub writes back to {connection['name']}: what "
                "the hub says itself is no news. Switch writing back off first, or read another "
                "field"
            )
    return None


def forget(store: TenantStore, connection_id: str) -> None:
    """What was written goes from our books with the connection; the field keeps its texts."""
    store.written.delete({"connection_id": connection_id})


def needed(hub: Hub, connection: Doc) -> WriteBack:
    """Raises CorrectInput where the vendor takes no text, NotFound without its connector."""
    found = how(hub, connection)
    if found is None:
        title = hub.connector_of(connection).title
        raise CorrectInput(f"Nothing can be written back to {title}.", reason="no_write_back")
    return found


def _refuse_second(connection: Doc, field: str) -> None:
    state = connection.get("write_back") or NEVER
    if (state.get("on") or state.get("clearing")) and state["field"] != field:
        raise CorrectInput(
            f"The field {state['title']} holds the texts now: switch writing back off first, with "
            "or without clearing it.",
            reason="another_field",
            field="field",
        )


def _chosen(offered: Doc, field: str) -> str:
    if offered["missing"]:
        lacks = "; ".join(offered["missing"])
        raise CorrectInput(f"These permissions are missing: {lacks}.", reason="missing_scopes")
    found = next((one for one in offered["fields"] if one["name"] == field), None)
    if found is None:
        raise CorrectInput(
            f"There is no writable text field {field}. {offered['create']}", field="field"
        )
    if found["read_by"]:
        raise CorrectInput(
            f"The hub reads {field} ({found['read_by']}): what it writes there would come back as "
            "the vendor's word. Choose another field, or let it be read no more.",
            reason="field_is_read",
            field="field",
        )
    return str(found["title"])


def _read_by(mapping: ObjectMapping, connection: Doc, field: str) -> str:
    """What reads a field: a mapping, or a setting that names it; "" if nothing does."""
    if _reads(mapping, field):
        return "the mapping"
    bare = field.rpartition(".")[2]
    settings = connection["settings"].items()
    named = [key for key, value in settings if bare in re.split(r"[\s,;]+", str(value))]
    return f"the setting {named[0]}" if named else ""


def _used(store: TenantStore, connection_id: str, object: str) -> Callable[[str], Doc]:
    """How many of the records that were looked at hold something in a field."""
    found = store.described.find_one({"_id": f"{connection_id}:{object}"}, {"seen": 1, "of": 1})
    filled = {one["path"]: one["filled"] for one in (found or {}).get("seen", ())}
    return lambda name: {"filled": filled.get(name, 0), "of": (found or {}).get("of", 0)}


def _reads(mapping: ObjectMapping, field: str) -> bool:
    return any(path == field or path.startswith(f"{field}.") for path in mapping.source_fields)


def _refusals(store: TenantStore, refused: Doc) -> Iterator[Doc]:
    marks = list(store.written.find(refused).sort("_id", 1).limit(REFUSED))
    keys = [mark["_id"] for mark in marks]
    fields = {"account_id": 1, "values.name": 1}
    records = {d["_id"]: d for d in store.records.find({"_id": {"$in": keys}}, fields)}
    for mark in marks:
        record = records.get(mark["_id"], {})
        yield {
            "native_id": mark["native_id"],
            "account_id": record.get("account_id"),
            "name": (record.get("values") or {}).get("name") or mark["native_id"],
            "sentence": mark["refusal"]["sentence"],
            "at": mark["refusal"]["at"],
            "again_at": mark.get("due_at"),
        }


def _at(raw: Any, path: str) -> str | None:
    found = raw
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return str(found) if found not in (None, "") else None


def _note(hub: Hub, tenant_id: str, connection_id: str, by: str, what: str, **more: Any) -> None:
    at: datetime = hub.now()
    hub.catalogue.control.note(tenant_id, by, what, at, connection=connection_id, **more)
