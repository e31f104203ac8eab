"""An edge over real HTTP, with a HubSpot connection whose signatures these tests make."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from hub import endpoints
from hub.bootstrap import Hub
from hub.embedded import Services
from hub.sandbox import Sandbox
from hub.store.client import Doc
from tests.stage import Stage, build_hub, serving

SECRET = "the-private-app's-secret"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(["hubspot"], seed=7, accounts=3) as running:
        yield running


def sign(secret: str, method: str, url: str, body: bytes, stamp_ms: int) -> str:
    """HubSpot's v3 signature, from its published recipe."""
    message = f"{method}{url}".encode() + body + str(stamp_ms).encode()
    return base64.b64encode(hmac.digest(secret.encode(), message, "sha256")).decode()


@dataclass
class Post:
    """Sends to one endpoint as HubSpot would, and lets a test spoil one thing."""

    stage: Stage
    connection: Doc
    url: str

    def __call__(
        self,
        body: bytes | None = None,
        *,
        secret: str = SECRET,
        age_s: float = 0,
        url: str = "",
        signed_url: str = "",
        headers: dict[str, str] | None = None,
    ) -> requests.Response:
        sent = event() if body is None else body
        address = url or self.url
        stamp = int((time.time() - age_s) * 1000)
        given = {
            "Content-Type": "application/json",
            "X-HubSpot-Request-Timestamp": str(stamp),
            "X-HubSpot-Signature-v3": sign(secret, "POST", signed_url or address, sent, stamp),
        }
        return requests.post(address, data=sent, headers=given | (headers or {}), timeout=20)

    def rows(self) -> list[Doc]:
        return list(self.stage.store.inbox.find({"connection_id": self.connection["_id"]}))

    def endpoint_id(self) -> str:
        return str(self.stage.endpoint(self.connection)["id"])


def event(**changes: Any) -> bytes:
    """One event of the sandbox's portal, as HubSpot writes it."""
    base = {
        "eventId": 1,
        "subscriptionId": 7,
        "portalId": 62515001,
        "appId": 99,
        "occurredAt": int(time.time() * 1000),
        "subscriptionType": "company.propertyChange",
        "attemptNumber": 0,
        "objectId": 1,
        "propertyName": "name",
        "propertyValue": "X",
    }
    return json.dumps([base | changes]).encode()


@pytest.fixture(scope="module")
def hub(services: Services) -> Iterator[Hub]:
    hub = build_hub(services)
    with serving(hub):
        yield hub
    hub.close()


@pytest.fixture
def post(hub: Hub, sandbox: Sandbox) -> Post:
    return connected(Stage(hub, sandbox))


@pytest.fixture(scope="module")
def refused(hub: Hub, sandbox: Sandbox) -> Post:
    """For what the edge must not take: nothing of it may be stored."""
    return connected(Stage(hub, sandbox))


def connected(stage: Stage) -> Post:
    """The stage's tenant with a HubSpot connection that knows its secret."""
    connection = stage.connect("hubspot")
    endpoint = stage.endpoint(connection)
    endpoints.set_secret(stage.hub, stage.tenant_id, endpoint["id"], SECRET)
    return Post(stage, connection, endpoint["url"])
