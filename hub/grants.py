"""Access that an admin granted in the browser: asked for, kept sealed, renewed before it ends.

All processes that use one connection renew its token one at a time, under a lease, and look again
once they have it: a vendor that hands out a new refresh token kills the former one at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hub import tokens
from hub.api import Connector
from hub.errors import CorrectInput, GiveUp, NotFound, Reconnect, RetryLater
from hub.fields import check_fields
from hub.http import VendorHttp
from hub.store import leases
from hub.store.client import Doc
from hub.store.control import hashed, new_token
from hub.store.tenant import TenantStore
from hub.tokens import App, Grant, TokenEndpoint
from hub.waiting import wait_until

if TYPE_CHECKING:
    from hub.bootstrap import Hub

CONSENT_FOR = timedelta(minutes=15)
"""How long an admin may take on the vendor's consent page."""
LEASE_S = 75
"""Longer than the longest call to a token endpoint takes."""
WAIT_S = 45.0
YOUNG, REFUSALS = timedelta(minutes=1), 3
"""A token younger than this is not renewed, but tried again; so often may one be refused."""


def app_of(hub: Hub, connector: Connector) -> App | None:
    """The operator's app at this vendor; None where there is none, or the vendor has no OAuth."""
    held = hub.settings.apps.get(connector.name, {})
    if connector.oauth is None or not {"client_id", "client_secret"} <= held.keys():
        return None
    return App(held["client_id"].get_secret_value(), held["client_secret"].get_secret_value())


def redirect_uri(hub: Hub) -> str:
    """Where vendors send the admin's browser back to; to be registered with each app."""
    return f"{hub.settings.public_url.rstrip('/')}/connections/consent"


def ask(
    hub: Hub,
    tenant_id: str,
    user_id: str,
    connector: Connector,
    settings: Mapping[str, str],
    name: str = "",
    connection_id: str = "",
) -> Doc:
    """Note what is wanted before the browser leaves: {"url": the consent page, "state"}.

    Raises CorrectInput for a bad setting, or where the operator has no app at this vendor.
    """
    app = app_of(hub, connector)
    if app is None or connector.oauth is None:
        raise CorrectInput(
            f"The operator has set no app for {connector.title}: use a token instead.",
            reason="no_app",
        )
    plain, _ = check_fields(connector, settings, {}, granted=True)
    now, state, verifier = hub.now(tenant_id), new_token(), new_token()
    hub.catalogue.control.consents.insert_one(
        {
            "_id": hashed(state),
            "tenant_id": tenant_id,
            "user_id": user_id,
            "connector": connector.name,
            "settings": plain,
            "name": name,
            "connection_id": connection_id,
            "sealed": hub.catalogue.vault.seal(tenant_id, {"verifier": verifier}),
            "expires_at": now + CONSENT_FOR,
        }
    )
    where = redirect_uri(hub)
    url = tokens.consent_url(connector.oauth, app, plain, state, verifier, where)
    return {"url": url, "state": state}


def answered(hub: Hub, tenant_id: str, user_id: str, state: str, code: str) -> tuple[Doc, Grant]:
    """What was wanted, and the grant for it. A state is good once, for whoever asked.

    Raises NotFound for a state that we did not give to this person or that is too old,
    CorrectInput when the vendor refuses the code.
    """
    mine = {"_id": hashed(state), "tenant_id": tenant_id, "user_id": user_id}
    wanted = hub.catalogue.control.consents.find_one_and_delete(mine)
    now = hub.now(tenant_id)
    if wanted is None or wanted["expires_at"] < now:
        raise NotFound("This answer does not belong to a connection you began: begin again.")
    connector = hub.plugins.connector(wanted["connector"])
    verifier = hub.catalogue.vault.open(wanted["sealed"])["verifier"]
    endpoint = _endpoint(hub, connector, wanted["settings"], f"new:{tenant_id}:{connector.name}")
    grant = endpoint.exchange(code, verifier, redirect_uri(hub), now)
    wanted["settings"] = {**wanted["settings"], **grant.pop("learnt")}
    return wanted, grant


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


def _renewed(hub: Hub, connection: Doc, grant: Grant, now: datetime) -> Grant:
    """Saved before the lease goes: the vendor may have killed the former refresh token already."""
    connector, settings = hub.connector_of(connection), connection["settings"]
    fresh = _endpoint(hub, connector, settings, connection["_id"]).refresh(grant, now)
    learnt = {f"settings.{key}": value for key, value in fresh.pop("learnt").items()}
    sealed = hub.catalogue.vault.seal(connection["tenant_id"], fresh)
    store = hub.store(connection["tenant_id"])
    store.connections.update({"_id": connection["_id"]}, {"$set": {"grant": sealed, **learnt}})
    return fresh


def _stored(hub: Hub, connection: Doc) -> Grant:
    store = hub.store(connection["tenant_id"])
    return hub.catalogue.vault.open(hub.connection(store, connection["_id"]).get("grant"))


def _endpoint(
    hub: Hub, connector: Connector, settings: Mapping[str, str], place: str
) -> TokenEndpoint:
    app = app_of(hub, connector)
    if app is None or connector.oauth is None:
        raise RetryLater(
            f"The operator's app for {connector.title} is not set just now.", reason="no_app"
        )
    session = VendorHttp(hub.redis, f"{place}:grant", hub.settings.sandbox_ca).session
    return TokenEndpoint(connector, connector.oauth, app, session, settings)
