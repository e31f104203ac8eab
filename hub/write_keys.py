"""Write keys: what an SDK sends its events with. Each belongs to one usage source of one tenant.

A key lies in browsers and apps for everybody to see, so it can only write, can be held to the
origins of web pages, has a rate of its own, and can be revoked at any moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog

from hub.errors import CorrectInput, NotFound
from hub.store.client import Doc
from hub.store.control import hashed, new_id, new_token
from hub.store.errors import StoreError
from hub.store.outage import OUTAGE

if TYPE_CHECKING:
    from hub.bootstrap import Hub

log = structlog.get_logger(__name__)

PREFIX = "hubw_"
MOST_ORIGINS = 50
MOST_RATE = 1_000_000
REVOKED_NOTE_S = 60
"""Longer than any process remembers a key."""
REFUSED_KEPT = 50
DEFAULT_PORTS = {"http": 80, "https": 443}


def create(
    hub: Hub,
    tenant_id: str,
    connection_id: str,
    name: str,
    origins: Sequence[str] = (),
    rate: int | None = None,
) -> tuple[Doc, str]:
    """The key's document and the key itself, which is shown this once.

    Raises CorrectInput for a connection that takes no events, an origin or a rate that cannot be.
    """
    connection = hub.connection(hub.store(tenant_id), connection_id)
    if not takes_events(hub, connection):
        raise CorrectInput("This connection takes no events.", reason="no_events", field="id")
    token = PREFIX + new_token()
    key: Doc = {
        "_id": new_id("wk"),
        "tenant_id": tenant_id,
        "connection_id": connection_id,
        "name": _name(name),
        "hash": hashed(token),
        "last4": token[-4:],
        "origins": sorted({origin(one) for one in _some(origins)}),
        "rate": _rate(hub.settings.usage_rate if rate is None else rate),
        "state": "active",
        "created_at": hub.now(tenant_id),
        "last_used_at": None,
    }
    hub.catalogue.control.write_keys.insert_one(key)
    return key, token


def takes_events(hub: Hub, connection: Doc) -> bool:
    """Whether events may be sent to this connection."""
    connector = hub.plugins.connectors.get(connection["connector"])
    return connector is not None and connector.takes_events


def allow(hub: Hub, tenant_id: str, key_id: str, origins: Sequence[str]) -> Doc:
    """Change the web pages that may use the key. Raises CorrectInput, NotFound."""
    allowed = sorted({origin(one) for one in _some(origins)})
    mine = {"_id": key_id, "tenant_id": tenant_id, "state": "active"}
    change = {"$set": {"origins": allowed}}
    if not hub.catalogue.control.write_keys.update_one(mine, change).matched_count:
        raise NotFound("There is no such active write key.")
    return one(hub, tenant_id, key_id)


def one(hub: Hub, tenant_id: str, key_id: str, connection_id: str | None = None) -> Doc:
    """A key, of this source where one is named. Raises NotFound."""
    mine = {"_id": key_id, "tenant_id": tenant_id}
    if connection_id is not None:
        mine["connection_id"] = connection_id
    found = hub.catalogue.control.write_keys.find_one(mine)
    if found is None:
        raise NotFound("There is no such write key.")
    return found


def everything(hub: Hub, tenant_id: str, connection_id: str | None = None) -> list[Doc]:
    """A tenant's keys, or those of one source; newest first, revoked ones too."""
    mine: Doc = {"tenant_id": tenant_id}
    if connection_id:
        mine["connection_id"] = connection_id
    return list(hub.catalogue.control.write_keys.find(mine).sort("created_at", -1))


def revoke(hub: Hub, tenant_id: str, key_id: str) -> None:
    """End a key at once, also where a process remembers it. Raises NotFound."""
    mine = {"_id": key_id, "tenant_id": tenant_id, "state": "active"}
    if not hub.catalogue.control.write_keys.update_one(
        mine, {"$set": {"state": "revoked"}}
    ).matched_count:
        raise NotFound("There is no such active write key.")
    try:
        hub.redis.set(revoked_note(key_id), "1", ex=REVOKED_NOTE_S)
    except OUTAGE:
        log.warning("revocation_not_told")


def revoked_note(key_id: str) -> str:
    """Where Redis holds that a key was revoked a moment ago."""
    return f"hub:write-key-revoked:{key_id}"


def find(hub: Hub, token: str) -> Doc | None:
    """The active key of this token whose source still exists."""
    key = hub.catalogue.control.write_keys.find_one({"hash": hashed(token), "state": "active"})
    if key is None:
        return None
    source = {"_id": key["connection_id"]}
    lives = hub.store(key["tenant_id"]).connections.find_one(source, {"_id": 1})
    return key if lives else None


def used(hub: Hub, key: Doc, at: datetime) -> None:
    """Note when the key was last used; a store that is busy must not refuse events for it."""
    mine = {"_id": key["_id"], "tenant_id": key["tenant_id"]}
    try:
        hub.catalogue.control.write_keys.update_one(mine, {"$set": {"last_used_at": at}})
    except StoreError:
        log.warning("write_key_not_marked")


def forget(hub: Hub, tenant_id: str, connection_id: str) -> None:
    """The keys go with their source."""
    mine = {"tenant_id": tenant_id, "connection_id": connection_id}
    hub.catalogue.control.write_keys.delete_many(mine)


def origin(given: str) -> str:
    """`https://app.example.com` as a browser writes it. Raises CorrectInput."""
    parts = urlsplit(given.strip().lower())
    try:
        port = parts.port
    except ValueError:
        port = None
        parts = urlsplit("")
    bare = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or not bare:
        raise CorrectInput(
            "An origin is a scheme and a host, such as https://app.example.com.", field="origins"
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    shown = "" if port in (None, DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{shown}"


def _name(given: str) -> str:
    name = given.strip()[:80]
    if not name:
        raise CorrectInput("Give the key a name that says who sends with it.", field="name")
    return name


def _some(origins: Sequence[str]) -> list[str]:
    given = [one for one in origins if one.strip()]
    if len(given) > MOST_ORIGINS:
        raise CorrectInput(f"A key may have {MOST_ORIGINS} origins.", field="origins")
    return given


def _rate(given: int) -> int:
    if not 1 <= given <= MOST_RATE:
        raise CorrectInput(f"The rate is 1 to {MOST_RATE:,} events a second.", field="rate")
    return given
