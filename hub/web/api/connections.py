"""/api/v1/connections: add, test, pause, resume, reconnect, sync and remove."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from flask import Response
from pydantic import Field, SecretStr

from hub import connections as making
from hub import removal, syncing
from hub.reads import connections
from hub.web.api.caller import caller
from hub.web.api.limits import LimitsOut, Turn
from hub.web.api.nouns import Answers, noun, problem
from hub.web.api.shapes import ById, Given, Model, answer
from hub.web.api.subscriptions import Missed, Watch
from hub.web.api.webhooks import WebhookOut

pages = noun("connections", __name__, "/connections")
VENDOR: Answers = {"502": problem("The vendor is slow, down or limiting us")}


class VendorAccount(Model):
    id: str
    name: str


class StreamError(Model):
    reason: str
    sentence: str
    at: datetime


class Missing(Model):
    """Records that two complete listings did not show: too many to delete without a person."""

    count: int
    live: int
    at: datetime


class StreamOut(Model):
    name: str
    object: str
    syncing: bool
    fresh_at: datetime | None
    next_sync_at: datetime | None
    listed_at: datetime | None
    failures: int
    error: StreamError | None
    failing_since: datetime | None
    waits: Turn | None
    missing: Missing | None


class ConnectionSummary(Model):
    """Never with its secrets."""

    id: str
    connector: str
    name: str
    account: VendorAccount
    settings: dict[str, str]
    state: Literal["active", "paused", "disabled", "reconnect"]
    reason: str
    created_at: datetime


class ConnectionRow(ConnectionSummary):
    streams: list[StreamOut]


class Connections(Model):
    items: list[ConnectionRow]


class Deliveries(Model):
    """received = pending + done + failed + duplicate; held rows are a part of pending."""

    received: int
    pending: int
    held: int
    done: int
    failed: int
    duplicate: int


class Ledger(Model):
    deliveries: Deliveries
    changes: dict[str, int]


class ConnectionOut(ConnectionRow):
    webhooks: list[WebhookOut]
    watch: Watch
    missed_by_webhooks: Missed
    ledger: Ledger
    limits: LimitsOut


class NewConnection(Given):
    connector: str = Field(max_length=100)
    name: str = Field("", max_length=200)
    settings: dict[str, str] = Field(default_factory=dict)
    secrets: dict[str, SecretStr] = Field(default_factory=dict)


class Credentials(Given):
    """What is not given stays as it is."""

    settings: dict[str, str] = Field(default_factory=dict)
    secrets: dict[str, SecretStr] = Field(default_factory=dict)


class TestResult(Model):
    id: str
    name: str
    missing: list[str] = Field(description="Permissions that the credentials lack")


class Holdings(Model):
    records: int
    deliveries: int
    quarantined: int
    written_back: int = Field(description="Texts that stay at the vendor: clear them first")


class Removal(Model):
    id: str
    removed: bool
    data: Literal["keep", "erase"] | None = None
    holds: Holdings
    left: list[str] = Field(
        default=[], description="What the vendor could not be told: take it away there"
    )


class RemovalQuery(Given):
    data: Literal["keep", "erase"] = Field(description="What is to become of its data")


class SyncRequest(Given):
    streams: list[str] = Field(
        default_factory=list, max_length=100, description="All if none is named"
    )
    full: bool = Field(False, description="List everything again, not only what is new")


class SyncAsked(Model):
    asked: list[str]
    full: bool
    runs: str = Field(description="Where to follow the runs")


def _opened(secrets: dict[str, SecretStr]) -> dict[str, str]:
    return {name: secret.get_secret_value() for name, secret in secrets.items()}


@pages.get("", responses={200: Connections})
def list_connections() -> Response:
    """List connections with their streams"""
    return answer(Connections, {"items": connections.everything(caller().hub, caller().tenant_id)})


@pages.post("", responses={201: ConnectionOut, 409: problem("Connected already"), **VENDOR})
def add_connection(body: NewConnection) -> Response:
    """Connect a vendor

    The credentials are tested first; nothing is saved if they fail.
    """
    hub, tenant = caller().hub, caller().tenant_id
    made = making.add(
        hub, tenant, body.connector, body.settings, _opened(body.secrets), body.name.strip()
    )
    caller().note("connection added", connection=made["_id"])
    where = f"/api/v1/connections/{made['_id']}"
    return answer(ConnectionOut, connections.one(hub, tenant, made["_id"]), 201, Location=where)


@pages.get("/<id>", responses={200: ConnectionOut})
def show_connection(path: ById) -> Response:
    """Show a connection: streams, webhooks, and both books of its ledger"""
    return answer(ConnectionOut, connections.one(caller().hub, caller().tenant_id, path.id))


@pages.post("/<id>/test", responses={200: TestResult, **VENDOR})
def test_connection(path: ById) -> Response:
    """Ask the vendor whether the stored credentials still work"""
    return answer(TestResult, making.test(caller().hub, caller().tenant_id, path.id))


@pages.post("/<id>/pause", responses={200: ConnectionSummary})
def pause_connection(path: ById) -> Response:
    """Stop syncing; webhooks are kept until it is resumed"""
    changed = making.pause(caller().hub, caller().tenant_id, path.id)
    return answer(ConnectionSummary, connections.shown(changed))


@pages.post("/<id>/resume", responses={200: ConnectionSummary})
def resume_connection(path: ById) -> Response:
    """Go on; what was kept is worked off"""
    changed = making.resume(caller().hub, caller().tenant_id, path.id)
    return answer(ConnectionSummary, connections.shown(changed))


@pages.post("/<id>/reconnect", responses={200: ConnectionSummary, **VENDOR})
def reconnect_connection(path: ById, body: Credentials) -> Response:
    """Give new credentials for the same vendor account"""
    secrets = _opened(body.secrets)
    hub, tenant = caller().hub, caller().tenant_id
    changed = making.reconnect(hub, tenant, path.id, body.settings, secrets)
    caller().note("connection reconnected", connection=path.id)
    return answer(ConnectionSummary, connections.shown(changed))


@pages.post("/<id>/sync", responses={202: SyncAsked})
def sync_connection(path: ById, body: SyncRequest) -> Response:
    """Sync now; the runs show how it goes"""
    hub, tenant = caller().hub, caller().tenant_id
    asked = syncing.ask(hub, tenant, path.id, body.streams, body.full)
    where = f"/api/v1/runs?connection_id={path.id}"
    return answer(SyncAsked, {"asked": asked, "full": body.full, "runs": where}, 202)


@pages.get("/<id>/removal", responses={200: Removal})
def preview_removal(path: ById) -> Response:
    """Show what a removal would take away"""
    holds = removal.preview(caller().hub, caller().tenant_id, path.id)
    return answer(Removal, {"id": path.id, "removed": False, "holds": holds})


@pages.delete("/<id>", responses={200: Removal})
def remove_connection(path: ById, query: RemovalQuery) -> Response:
    """Take a connection away, keeping or erasing the data it brought"""
    hub, tenant = caller().hub, caller().tenant_id
    holds = removal.preview(hub, tenant, path.id)
    left = removal.remove(hub, tenant, path.id, erase=query.data == "erase")
    found = {"id": path.id, "removed": True, "data": query.data, "holds": holds, "left": left}
    return answer(Removal, found)
