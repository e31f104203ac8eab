"""/api/v1/connectors: what can be connected, and which plugins failed to load and why."""

from __future__ import annotations

from flask import Response
from pydantic import Field

from hub.reads import connectors
from hub.web.api.caller import caller
from hub.web.api.nouns import noun
from hub.web.api.shapes import Model, answer

pages = noun("connectors", __name__, "/connectors")


class ConnectorField(Model):
    """One setting or secret that connecting asks for."""

    key: str
    title: str
    help: str
    kind: str
    secret: bool
    required: bool
    default: str
    choices: list[str]
    placeholder: str


class ConnectorStream(Model):
    name: str
    object: str
    entity: str | None
    interval_s: int
    deletes: str


class ConnectorWebhook(Model):
    name: str
    title: str
    scope: str
    secret_by: str = Field(description="Who makes the secret: hub, vendor, handshake, operator")
    registers: bool = Field(description="The hub can subscribe by itself")
    setup: str


class Connector(Model):
    name: str
    title: str
    source_kind: str
    origin: str
    authoritative: bool
    requires_hub: str
    grade: str = Field(description="gold, silver, bronze or none by the contract suite; unchecked")
    fields: list[ConnectorField]
    streams: list[ConnectorStream]
    webhooks: list[ConnectorWebhook]


class FailedPlugin(Model):
    name: str
    origin: str
    reason: str


class Connectors(Model):
    items: list[Connector]
    failed: list[FailedPlugin]


class ByName(Model):
    name: str


@pages.get("", responses={200: Connectors})
def list_connectors() -> Response:
    """List connectors, and plugins that failed to load"""
    return answer(Connectors, connectors.everything(caller().hub.plugins))


@pages.get("/<name>", responses={200: Connector})
def show_connector(path: ByName) -> Response:
    """Show what a connector asks for and offers"""
    return answer(Connector, connectors.one(caller().hub.plugins, path.name))
