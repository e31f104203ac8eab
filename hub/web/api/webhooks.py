"""/api/v1/connections/<id>/webhooks: addresses, secrets, subscriptions, refused deliveries."""

from __future__ import annotations

from datetime import datetime

from flask import Response
from pydantic import Field, SecretStr

from hub import endpoints
from hub.errors import NotFound
from hub.reads import connections, deliveries
from hub.store.client import Doc
from hub.subscriptions import asking, health, looking
from hub.web.api.caller import caller
from hub.web.api.nouns import noun
from hub.web.api.shapes import ById, Given, Model, answer
from hub.web.api.subscriptions import SubscriptionHealth, Watch

pages = noun("webhooks", __name__, "/connections/<id>/webhooks")


class WebhookOut(Model):
    """`url` holds a key: treat it as a secret."""

    id: str
    webhook: str
    title: str
    target: str | None
    url: str
    setup: str
    state: str
    secret_by: str
    has_secret: bool
    registers: bool | None
    last_delivery_at: datetime | None
    expires_at: datetime | None
    health: SubscriptionHealth


class Webhooks(Model):
    items: list[WebhookOut]


class Subscribed(Model):
    webhook: str
    target: str
    state: str
    reason: str


class Subscriptions(Model):
    items: list[Subscribed]


class NewSecret(Given):
    secret: SecretStr | None = Field(
        None, description="The vendor's; without it the hub makes one and answers with it"
    )


class Rotated(Model):
    id: str
    secret: str | None = Field(description="The new secret, shown this once, if the hub made it")


class Refusal(Model):
    id: str
    webhook: str
    endpoint_id: str
    at: datetime
    status: int
    reason: str
    sentence: str
    headers: dict[str, str]
    sender: str | None


class Refusals(Model):
    items: list[Refusal]


class ByEndpoint(Model):
    id: str
    endpoint: str


@pages.get("", responses={200: Webhooks})
def list_webhooks(path: ById) -> Response:
    """List a connection's webhook addresses with their set-up text"""
    return answer(Webhooks, {"items": _all(path.id)})


@pages.post("/subscribe", responses={200: Subscriptions})
def subscribe(path: ById) -> Response:
    """Ask the vendor to push, where it has an API for it"""
    found = asking.subscribe(caller().hub, caller().tenant_id, path.id)
    return answer(Subscriptions, {"items": found})


@pages.post("/look", responses={200: Watch})
def look(path: ById) -> Response:
    """Have the hub look after the subscriptions soon: list, mend, renew"""
    connection = caller().hub.connection(caller().store, path.id)
    looking.soon(caller().hub, caller().tenant_id, path.id)
    return answer(Watch, health.watch(connection))


@pages.post("/<endpoint>/secret", responses={200: Rotated})
def renew_secret(path: ByEndpoint, body: NewSecret) -> Response:
    """Renew a webhook's secret; the former one stays good for a day beside it"""
    hub, tenant = caller().hub, caller().tenant_id
    endpoint = _own(path.id, path.endpoint)
    made = None
    if body.secret is None:
        made = endpoints.rotate(hub, tenant, endpoint["id"])
    else:
        endpoints.set_secret(hub, tenant, endpoint["id"], body.secret.get_secret_value())
    caller().note("webhook secret renewed", connection=path.id, endpoint=endpoint["id"])
    return answer(Rotated, {"id": endpoint["id"], "secret": made})


@pages.get("/refused", responses={200: Refusals})
def list_refused(path: ById) -> Response:
    """List the last refused deliveries: headers and reason only"""
    caller().hub.connection(caller().store, path.id)
    found = deliveries.rejected(caller().hub, caller().tenant_id, path.id)
    return answer(Refusals, {"items": found})


def _all(connection_id: str) -> list[Doc]:
    connection = caller().hub.connection(caller().store, connection_id)
    return connections.webhooks_of(caller().hub, caller().tenant_id, connection)


def _own(connection_id: str, endpoint_id: str) -> Doc:
    """An endpoint of this very connection with a secret of its own."""
    for endpoint in _all(connection_id):
        if endpoint["id"] == endpoint_id and endpoint["state"] != "app":
            return endpoint
    raise NotFound("There is no such webhook in this connection.")
