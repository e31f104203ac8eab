"""Connections: a tenant's installed copy of a connector. Tested before saved, never half-saved."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog

from hub import describing, endpoints, grants
from hub.api import AccountInfo, Connector
from hub.errors import AlreadyThere, CorrectInput, Reconnect
from hub.fields import check_fields
from hub.store import inbox
from hub.store.client import Doc
from hub.store.control import new_id
from hub.store.errors import AlreadyStored
from hub.store.tenant import TenantStore
from hub.tokens import Grant

if TYPE_CHECKING:
    from hub.bootstrap import Hub

log = structlog.get_logger(__name__)

STATES = ("active", "paused", "disabled", "reconnect")


def add(
    hub: Hub,
    tenant_id: str,
    connector_name: str,
    settings: Mapping[str, str],
    secrets: Mapping[str, str],
    name: str = "",
    grant: Grant | None = None,
) -> Doc:
    """Check the credentials with the vendor, then save; nothing is saved when they fail.

    `grant`: access that an admin gave in the browser, instead of secrets.

    Raises CorrectInput naming the field, Reconnect (refused credentials), RetryLater (vendor down),
    AlreadyThere (this vendor account is connected already).
    """
    store = hub.store(tenant_id)
    connector = hub.plugins.connector(connector_name)
    settings, secrets = check_fields(connector, settings, secrets, granted=grant is not None)
    client = _unsaved(hub, tenant_id, connector, settings, secrets, grant)
    account = connector.check(client)
    _refuse_less(connector, account)
    _refuse_twice(store, connector, account.id)
    now = hub.now(tenant_id)
    connection_id = new_id("cnx")
    told = describing.ask(hub, store, connector, client, connection_id)
    connection: Doc = {
        "_id": connection_id,
        "connector": connector_name,
        "name": name or f"{connector.title}: {account.name}",
        "settings": dict(settings),
        "secrets": hub.catalogue.vault.seal(tenant_id, secrets),
        "account": {"id": account.id, "name": account.name},
        "facts": describing.facts(told),
        "described_at": now,
        "state": "active",
        "reason": "",
        "created_at": now,
    }
    if grant is not None:
        connection["grant"] = hub.catalogue.vault.seal(tenant_id, grant)
    describing.keep(store, connection_id, told, now)
    _save(hub, store, connector, connection, now)
    return connection


def _unsaved(
    hub: Hub,
    tenant_id: str,
    connector: Connector,
    settings: Mapping[str, str],
    secrets: Mapping[str, str],
    grant: Grant | None,
) -> Any:
    """A client with credentials that are yet to be proved."""
    token = {"access_token": grant["access_token"]} if grant else {}
    place = f"new:{tenant_id}:{connector.name}"
    return hub.open_client(connector.name, settings, {**secrets, **token}, place)


def _save(
    hub: Hub, store: TenantStore, connector: Connector, connection: Doc, now: datetime
) -> None:
    """The connection comes last, so that a crash before it leaves nothing that anybody sees."""
    connection_id = connection["_id"]
    store.streams.insert_many(
        {
            "_id": f"{connection_id}:{stream.name}",
            "connection_id": connection_id,
            "stream": stream.name,
            "object": stream.object,
            "cursor": None,
            "next_sync_at": now,
            "failures": 0,
        }
        for stream in connector.streams
    )
    endpoints.create(hub, store.tenant_id, connector, connection, now)
    store.note_due("connection", connection_id)
    store.note_due("tenant")
    try:
        store.connections.insert(connection)
    except AlreadyStored:
        _take_back(hub, store, connection_id)
        _refuse_twice(store, connector, connection["account"]["id"])
        raise
    rescore(store)
    hub.catalogue.control.note(
        store.tenant_id, "admin", "connection added", now, connector=connector.name
    )


def _take_back(hub: Hub, store: TenantStore, connection_id: str) -> None:
    """Another has connected the same account at the same moment."""
    store.streams.delete({"connection_id": connection_id})
    describing.forget(store, connection_id)
    mine = {"tenant_id": store.tenant_id, "connection_id": connection_id}
    hub.catalogue.control.endpoints.delete_many(mine)
    hub.catalogue.control.unlisten(connection_id)
    store.forget_due("connection", connection_id)


def _refuse_less(connector: Connector, account: AccountInfo) -> None:
    if account.missing:
        raise CorrectInput(
            f"These permissions are missing: {', '.join(account.missing)}. "
            f"{account.where or f'Grant them in {connector.title}.'} Then try again.",
            reason="missing_scopes",
        )


def _refuse_twice(store: TenantStore, connector: Connector, account_id: str) -> None:
    twin = store.connections.find_one({"connector": connector.name, "account.id": account_id})
    if twin is not None:
        raise AlreadyThere(
            f"This {connector.title} account is connected already, as {twin['name']}.",
            reason="account_connected",
        )


def test(hub: Hub, tenant_id: str, connection_id: str) -> Doc:
    """Ask the vendor whether the stored credentials still work."""
    store = hub.store(tenant_id)
    connection = hub.connection(store, connection_id)
    try:
        account = hub.connector_of(connection).check(hub.client(connection))
    except Reconnect as error:
        needs_reconnect(hub, store, connection_id, error.sentence)
        raise
    return {"id": account.id, "name": account.name, "missing": list(account.missing)}


def reconnect(
    hub: Hub,
    tenant_id: str,
    connection_id: str,
    settings: Mapping[str, str],
    secrets: Mapping[str, str],
    grant: Grant | None = None,
) -> Doc:
    """New credentials for the same vendor account; what was held drains by itself."""
    store = hub.store(tenant_id)
    connection = hub.connection(store, connection_id)
    connector = hub.connector_of(connection)
    stored = hub.catalogue.vault.open(connection.get("secrets"))
    plain, hidden = check_fields(
        connector,
        {**connection["settings"], **settings},
        {} if grant else {**stored, **secrets},
        granted=grant is not None,
    )
    client = _unsaved(hub, tenant_id, connector, plain, hidden, grant)
    account = connector.check(client)
    if account.id != connection["account"]["id"]:
        raise CorrectInput(
            f"These credentials belong to {account.name}, not to {connection['account']['name']}.",
            reason="other_account",
        )
    _refuse_less(connector, account)
    vault = hub.catalogue.vault
    change: Doc = {"$set": {"settings": plain, "secrets": vault.seal(tenant_id, hidden)}}
    if grant is not None:
        change["$set"]["grant"] = vault.seal(tenant_id, grant)
    change["$unset"] = {"refused": ""} if grant is not None else {"refused": "", "grant": ""}
    store.connections.update({"_id": connection_id}, change)
    return resume(hub, tenant_id, connection_id)


def pause(hub: Hub, tenant_id: str, connection_id: str) -> Doc:
    return _set_state(hub, hub.store(tenant_id), connection_id, "paused", "paused by a person")


def resume(hub: Hub, tenant_id: str, connection_id: str) -> Doc:
    """Active again: what was held is pending, and every stream is due at once."""
    store = hub.store(tenant_id)
    now = hub.now(tenant_id)
    connection = _set_state(hub, store, connection_id, "active", "")
    inbox.let_go(store, connection_id, now)
    due = {"$set": {"next_sync_at": now, "failures": 0}}
    store.streams.update_many({"connection_id": connection_id}, due)
    at_once = {"$unset": {"write_back.waits_until": ""}}
    store.connections.update({"_id": connection_id, "write_back": {"$exists": True}}, at_once)
    hub.bell.ring_drain(tenant_id, connection_id)
    return connection


def needs_reconnect(hub: Hub, store: TenantStore, connection_id: str, why: str) -> None:
    """The vendor refuses the credentials: hold everything until a person reconnects. Told once.

    A token that was granted may have been ended before its time, and is renewed first.
    """
    if grants.renew_early(hub, store, connection_id):
        return
    change = {"$set": {"state": "reconnect", "reason": why}}
    if store.connections.update({"_id": connection_id, "state": "active"}, change):
        inbox.hold(store, connection_id, "reconnect")
        _tell_state(hub, store, connection_id, "reconnect", why)


def _set_state(hub: Hub, store: TenantStore, connection_id: str, state: str, reason: str) -> Doc:
    hub.connection(store, connection_id)
    changed = store.connections.take(
        {"_id": connection_id}, {"$set": {"state": state, "reason": reason}}
    )
    assert changed is not None
    _tell_state(hub, store, connection_id, state, reason)
    return changed


def _tell_state(hub: Hub, store: TenantStore, connection_id: str, state: str, reason: str) -> None:
    hub.catalogue.control.note(
        store.tenant_id, "hub", f"connection {state}", hub.now(), connection=connection_id
    )
    hub.plugins.tell(
        "connection_changed",
        tenant_id=store.tenant_id,
        connection_id=connection_id,
        event={"state": state, "reason": reason},
    )
    rescore(store)
    hub.bell.publish(store.tenant_id, "connections", connection_id)


def rescore(store: TenantStore) -> None:
    """A change of what feeds the tenant's health makes every account due."""
    store.accounts.update_many({"listed": True}, {"$set": {"score_due": True}})


def rescore_noted(store: TenantStore) -> None:
    """Rescore for streams that ask for it, since whoever noted that may have died in between."""
    noted = [doc["_id"] for doc in store.streams.find({"rescore": True}, {"_id": 1})]
    if noted:
        rescore(store)
        store.streams.update_many({"_id": {"$in": noted}}, {"$unset": {"rescore": ""}})
