"""Access that an admin granted in the browser: kept sealed, renewed before it ends, given back.

All processes that use one connection renew its token one at a time, under a lease, and look again
once they have it: a vendor that hands out a new refresh token kills the former one at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from hub import tokens
from hub.api import Connector
from hub.budget import Budget
from hub.errors import GiveUp, HubError, Reconnect, RetryLater
from hub.http import VendorHttp
from hub.store import leases
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from hub.tokens import App, Grant, TokenEndpoint
from hub.waiting import wait_until

if TYPE_CHECKING:
    from hub.bootstrap import Hub

log = structlog.get_logger(__name__)

LEASE_S = 120
"""Longer than the tries of one call to a token endpoint take together: none begins later than 45 s
after the first, and each has 35 s."""
WAIT_S = 45.0
YOUNG, REFUSALS = timedelta(minutes=1), 3
"""A token younger than this is not renewed, but tried again; so often may one be refused."""


def app_of(hub: Hub, connector: Connector) -> App | None:
    """The operator's app at this vendor; None where there is none, or the vendor has no OAuth."""
    held = hub.settings.apps.get(connector.name, {})
    if connector.oauth is None or not {"client_id", "client_secret"} <= held.keys():
        return None
    return App(held["client_id"].get_secret_value(), held["client_secret"].get_secret_value())


def access_token(hub: Hub, connection: Doc) -> str:
    """The connection's current token, renewed first when four fifths of its life are over.

    Raises Reconnect when consent has ended, RetryLater while another process is at it for long.
    """
    grant = hub.catalogue.vault.open(connection["grant"])
    if tokens.is_due(grant, hub.now(connection["tenant_id"])):
        grant = renew(hub, connection, grant["access_token"])
        mine = {"_id": connection["_id"]}
        hub.store(connection["tenant_id"]).connections.update(mine, {"$unset": {"refused": ""}})
    return str(grant["access_token"])


def renew_early(hub: Hub, store: TenantStore, connection_id: str) -> bool:
    """After the vendor refused a token: whether another try is worth it.

    The refused token may be an older one than ours, or one that was ended before its time. A vendor
    that refuses `REFUSALS` in a row means it.
    """
    granted = {"_id": connection_id, "grant": {"$exists": True}}
    connection = store.connections.take(granted, {"$inc": {"refused": 1}})
    if connection is None or connection["refused"] > REFUSALS:
        return False
    grant = hub.catalogue.vault.open(connection["grant"])
    if hub.now(store.tenant_id) - datetime.fromisoformat(grant["issued_at"]) < YOUNG:
        return True
    try:
        renew(hub, connection, grant["access_token"])
    except RetryLater:
        return True
    except (GiveUp, Reconnect):
        return False
    return True


def renew(hub: Hub, connection: Doc, known: str) -> Grant:
    """A grant that is newer than the access token `known`, from whoever renews it first."""
    store, connection_id = hub.store(connection["tenant_id"]), connection["_id"]
    held: list[leases.Lease] = []

    def done() -> bool:
        lease = leases.acquire(store, f"grant:{connection_id}", LEASE_S)
        held.extend([lease] if lease else [])
        return bool(held) or _stored(hub, connection)["access_token"] != known

    if not wait_until(done, within_s=WAIT_S, every_s=0.05):
        raise RetryLater("Another process is renewing the access.", reason="renewing")
    try:
        grant = _stored(hub, connection)
        if grant["access_token"] != known:
            return grant
        return _renewed(hub, connection, grant, hub.now(store.tenant_id))
    finally:
        for lease in held:
            leases.release(store, lease)


def give_back(hub: Hub, connection: Doc) -> list[str]:
    """Tell the vendor that its access is no longer wanted; a vendor that is away is no error.

    A sentence where access is left at the vendor.
    """
    if not connection.get("grant"):
        return []
    try:
        connector = hub.connector_of(connection)
        if connector.oauth is None or connector.oauth.revoke is None:
            raise GiveUp(f"the hub does not give it back to {connector.title}.", reason="no_revoke")
        tenant_id, key = connection["tenant_id"], f"gone:{connection['_id']}"
        place = endpoint(hub, connector, connection["settings"], key, tenant_id)
        place.revoke(hub.catalogue.vault.open(connection["grant"]))
    except HubError as error:
        log.warning("the vendor was not told that access ended", reason=error.reason)
        return [f"The access that you gave still stands at the vendor: {error.sentence}"]
    return []


def _renewed(hub: Hub, connection: Doc, grant: Grant, now: datetime) -> Grant:
    """Saved before the lease goes: the vendor may have killed the former refresh token already.

    Consent that was given anew meanwhile stays; the same grant under a new data key is replaced.
    """
    connector, settings = hub.connector_of(connection), connection["settings"]
    place = endpoint(hub, connector, settings, connection["_id"], connection["tenant_id"])
    fresh = place.refresh(grant, now)
    learnt = {f"settings.{key}": value for key, value in fresh.pop("learnt").items()}
    sealed = hub.catalogue.vault.seal(connection["tenant_id"], fresh)
    store = hub.store(connection["tenant_id"])
    while True:
        before = _sealed(hub, connection)
        stored = hub.catalogue.vault.open(before)
        if stored["access_token"] != grant["access_token"]:
            return stored
        same = {"_id": connection["_id"], "grant": before}
        if store.connections.update(same, {"$set": {"grant": sealed, **learnt}}):
            return fresh


def _stored(hub: Hub, connection: Doc) -> Grant:
    return hub.catalogue.vault.open(_sealed(hub, connection))


def _sealed(hub: Hub, connection: Doc) -> Any:
    """As it is stored just now: consent may have been given anew, a key changed, or a token set."""
    stored = hub.connection(hub.store(connection["tenant_id"]), connection["_id"])
    if "grant" not in stored:
        raise RetryLater("The connection has other credentials by now.", reason="reconnected")
    return stored["grant"]


def endpoint(
    hub: Hub, connector: Connector, settings: Mapping[str, str], place: str, tenant_id: str
) -> TokenEndpoint:
    """The vendor's token endpoint for these settings; RetryLater while the operator has no app.

    Its breaker goes by the tenant's time, as do those who come again.
    """
    app = app_of(hub, connector)
    if app is None or connector.oauth is None:
        raise RetryLater(
            f"The operator's app for {connector.title} is not set just now.", reason="no_app"
        )
    key = f"{place}:grant"
    budget = Budget(hub.redis, key, who=key, offset_s=partial(hub.ahead_s, tenant_id))
    session = VendorHttp(hub.redis, key, hub.settings.sandbox_ca, budget).session
    return TokenEndpoint(connector, connector.oauth, app, session, settings)
