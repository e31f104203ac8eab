"""Endpoints: where a vendor pushes for one connection, with one or two active secrets.

Those that an admin sets up by hand are made here; those that a vendor is asked for are made by
hub/subscriptions.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hub.api import Connector, Webhook
from hub.errors import CorrectInput, NotFound
from hub.store.client import Doc
from hub.store.control import new_token

if TYPE_CHECKING:
    from hub.bootstrap import Hub

ROTATION = timedelta(hours=24)
"""How long the former secret stays active beside the new one."""
REFUSED_KEPT = 20


def create(hub: Hub, tenant_id: str, connector: Connector, connection: Doc, now: datetime) -> None:
    """Endpoints for what an admin sets up by hand, and the routing of app-scope deliveries."""
    for webhook in connector.webhooks:
        if webhook.scope == "app":
            account, connection_id = connection["account"]["id"], connection["_id"]
            hub.catalogue.control.listen(connector.name, account, tenant_id, connection_id)
        elif webhook.register is None:
            insert(hub, tenant_id, connector, connection["_id"], webhook, "", "waiting", now)


def insert(
    hub: Hub,
    tenant_id: str,
    connector: Connector,
    connection_id: str,
    webhook: Webhook,
    target: str,
    state: str,
    now: datetime,
    **fields: datetime,
) -> tuple[str, str, str | None]:
    """A new endpoint: (endpoint id, key, secret)."""
    secret = new_token() if webhook.secret == "hub" else None  # noqa: S105
    document: Doc = {
        "tenant_id": tenant_id,
        "connector": connector.name,
        "connection_id": connection_id,
        "webhook": webhook.name,
        "target": target,
        "state": state,
        "created_at": now,
        **fields,
    }
    endpoint_id, key = hub.catalogue.control.add_endpoint(document)
    _seal(hub, tenant_id, endpoint_id, {"key": key, "secrets": [secret] if secret else []})
    return endpoint_id, key, secret


def _seal(hub: Hub, tenant_id: str, endpoint_id: str, hidden: Doc) -> None:
    sealed = hub.catalogue.vault.seal(tenant_id, hidden)
    hub.catalogue.control.endpoints.update_one(
        {"_id": endpoint_id, "tenant_id": tenant_id}, {"$set": {"sealed": sealed}}
    )


def hidden(hub: Hub, endpoint: Doc) -> Doc:
    """{"key": endpoint key, "secrets": [newest first], "retired_at": when the older one goes}."""
    return hub.catalogue.vault.open(endpoint.get("sealed"))


def active_secrets(opened: Doc, now: datetime) -> tuple[str, ...]:
    """The one or two secrets that count at this time."""
    secrets = opened.get("secrets", [])
    until = opened.get("retired_at")
    overlap = until is None or datetime.fromisoformat(until) > now
    return tuple(secrets if overlap else secrets[:1])


def url(hub: Hub, endpoint: Doc) -> str:
    """The public address of an endpoint; it holds the key, so it is shown to admins only."""
    return f"{base(hub)}/webhooks/{endpoint['connector']}/{hidden(hub, endpoint)['key']}"


def app_url(hub: Hub, connector: str) -> str:
    return f"{base(hub)}/webhooks/{connector}"


def base(hub: Hub) -> str:
    return hub.settings.public_url.rstrip("/")


def describe(hub: Hub, tenant_id: str, connection: Doc) -> list[Doc]:
    """What the screen and the CLI show: address, set-up text, state, whether a secret is set."""
    connector = hub.connector_of(connection)
    webhooks = {w.name: w for w in connector.webhooks}
    shown = []
    for endpoint in hub.catalogue.control.endpoints_of(tenant_id, connection["_id"]):
        webhook = webhooks.get(endpoint["webhook"])
        if webhook is not None:
            shown.append(_shown(hub, endpoint, webhook))
    shown += [
        {
            "id": f"app:{w.name}",
            "webhook": w.name,
            "title": w.title,
            "url": app_url(hub, connector.name),
            "setup": w.setup.replace("{url}", app_url(hub, connector.name)),
            "state": "app",
            "secret_by": w.secret,
            "has_secret": bool(hub.settings.apps.get(connector.name)),
            "last_delivery_at": None,
        }
        for w in connector.webhooks
        if w.scope == "app"
    ]
    return shown


def _shown(hub: Hub, endpoint: Doc, webhook: Webhook) -> Doc:
    opened = hidden(hub, endpoint)
    address = f"{base(hub)}/webhooks/{endpoint['connector']}/{opened['key']}"
    secrets = opened.get("secrets", [])
    shown_secret = secrets[0] if secrets and webhook.secret == "hub" else "(the secret)"  # noqa: S105
    return {
        "id": endpoint["_id"],
        "webhook": webhook.name,
        "title": webhook.title,
        "target": endpoint.get("target", ""),
        "url": address,
        "setup": webhook.setup.replace("{url}", address).replace("{secret}", shown_secret),
        "state": endpoint["state"],
        "secret_by": webhook.secret,
        "has_secret": bool(secrets),
        "registers": webhook.register is not None,
        "last_delivery_at": endpoint.get("last_delivery_at"),
        "expires_at": endpoint.get("expires_at"),
    }


def set_secret(hub: Hub, tenant_id: str, endpoint_id: str, secret: str) -> None:
    """A secret that the vendor made; the former one stays active for a day."""
    if not secret.strip():
        raise CorrectInput("The secret is empty.", field="secret")
    endpoint = hub.catalogue.control.endpoint(tenant_id, endpoint_id)
    opened = hidden(hub, endpoint)
    secrets = [secret.strip(), *opened.get("secrets", [])][:2]
    until = (hub.now(tenant_id) + ROTATION).isoformat() if len(secrets) > 1 else None
    _seal(hub, tenant_id, endpoint_id, {**opened, "secrets": secrets, "retired_at": until})


def rotate(hub: Hub, tenant_id: str, endpoint_id: str) -> str:
    """A fresh secret of ours, returned once; the former one stays active for a day."""
    secret = new_token()
    set_secret(hub, tenant_id, endpoint_id, secret)
    return secret


def store_greeted_secret(hub: Hub, tenant_id: str, endpoint_id: str, secret: str) -> bool:
    """A handshake's secret, durable before the answer; the first writer wins.

    True when this secret is (now) the endpoint's own.
    """
    control = hub.catalogue.control
    endpoint = control.endpoint(tenant_id, endpoint_id)
    opened = hidden(hub, endpoint)
    if opened.get("secrets"):
        return bool(opened["secrets"][0] == secret)
    sealed = hub.catalogue.vault.seal(tenant_id, {**opened, "secrets": [secret]})
    mine = {"_id": endpoint_id, "tenant_id": tenant_id, "greeted": {"$ne": True}}
    won = control.endpoints.update_one(mine, {"$set": {"sealed": sealed, "greeted": True}})
    if won.matched_count:
        return True
    again = hidden(hub, control.endpoint(tenant_id, endpoint_id))
    return bool(again.get("secrets")) and again["secrets"][0] == secret


def refused(hub: Hub, tenant_id: str, endpoint_id: str) -> list[Doc]:
    """The last refused deliveries of an endpoint: when, why, and the headers; never the body."""
    kept = hub.store(tenant_id).refused.find({"endpoint_id": endpoint_id})
    return list(kept.sort("at", -1).limit(REFUSED_KEPT))


def webhook_of(connector: Connector, name: str) -> Webhook:
    for webhook in connector.webhooks:
        if webhook.name == name:
            return webhook
    raise NotFound(f"{connector.title} has no webhook named {name}.")
