"""Records that two full listings did not show, and that were too many to delete unasked."""

from __future__ import annotations

from hub.engine import runs, vanished
from hub.errors import AlreadyThere
from hub.store.client import Doc
from hub.web.screens.here import Here


def delete(asked: Here, connection_id: str, stream_name: str) -> int:
    """Set the tombstones that were held back; returns how many."""
    connection = asked.hub.connection(asked.store, connection_id)
    stream = runs.stream_of(asked.hub, connection, stream_name)
    found = _waiting(asked, connection_id, stream_name)
    source = asked.hub.source(asked.store, connection)
    run = {"_id": f"decision by {asked.person.email}", "started_at": found["at"]}
    vanished.confirm(asked.store, source, stream, found["ids"], run)
    _decided(asked, connection_id, stream_name, "missing records deleted", len(found["ids"]))
    asked.hub.bell.ring_settle(asked.tenant_id)
    return len(found["ids"])


def keep(asked: Here, connection_id: str, stream_name: str) -> None:
    found = _waiting(asked, connection_id, stream_name)
    _decided(asked, connection_id, stream_name, "missing records kept", found["count"])


def _waiting(asked: Here, connection_id: str, stream_name: str) -> Doc:
    state = asked.store.streams.find_one({"_id": f"{connection_id}:{stream_name}"}) or {}
    if not state.get("missing"):
        raise AlreadyThere("Nothing waits for a decision here any more.")
    return dict(state["missing"])


def _decided(asked: Here, connection_id: str, stream: str, what: str, count: int) -> None:
    asked.store.streams.update({"_id": f"{connection_id}:{stream}"}, {"$set": {"missing": None}})
    asked.hub.catalogue.control.note(
        asked.tenant_id,
        asked.person.email,
        what,
        asked.now,
        connection=connection_id,
        stream=stream,
        count=count,
    )
