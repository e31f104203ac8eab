"""The contract between the hub and a connector: the only module of the hub that plugins import.

A connector is a folder that yields one `Connector` record from the hook `register_connectors`.
Times are timezone-aware UTC datetimes. Ids are the vendor's own, as text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

import pluggy
import requests

from hub.api.oauth import OAuth
from hub.errors import (
    BadSignature,
    CorrectInput,
    GiveUp,
    HubError,
    Malformed,
    Reconnect,
    RetryLater,
    VendorError,
)
from hub.health.signals import Answer, Observed, Signal
from mappings.errors import Unmappable

__all__ = [
    "AccountInfo",
    "Answer",
    "BadSignature",
    "Change",
    "ChangeKind",
    "Connector",
    "CorrectInput",
    "Delivery",
    "Field",
    "GiveUp",
    "Http",
    "HubError",
    "Malformed",
    "OAuth",
    "Observed",
    "Page",
    "Reconnect",
    "Record",
    "Registered",
    "Registration",
    "Reply",
    "RetryLater",
    "Signal",
    "SourceKind",
    "Stream",
    "Unmappable",
    "VendorError",
    "Webhook",
    "hookimpl",
]

hookimpl = pluggy.HookimplMarker("hub")

T = TypeVar("T")
Record = Mapping[str, Any]
Json = Any
ChangeKind = Literal[
    "upsert", "delete", "restore", "merge", "privacy_delete", "link", "unlink", "gap"
]
SourceKind = Literal["crm", "billing", "support", "work", "usage"]


@dataclass(frozen=True, slots=True)
class Field:
    """One setting or secret that a tenant admin fills in to connect.

    `kind` is how the form shows and checks it; a `json` field holds an object as text.
    """

    key: str
    title: str
    help: str = ""
    kind: Literal["text", "url", "integer", "json", "choice"] = "text"
    secret: bool = False
    required: bool = True
    default: str = ""
    choices: tuple[str, ...] = ()
    placeholder: str = ""


@dataclass(frozen=True, slots=True)
class AccountInfo:
    """Who the credentials belong to, and which permissions they lack."""

    id: str
    name: str
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """One HTTP request of a vendor: lower-case header names, `url` as the vendor called it."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to one record of the vendor.

    `record` only when it has the stream's full shape; anything partial is None and the hub fetches
    the current record. `merge`: `into` names the survivor, `losers` the absorbed (native ids).
    `link`/`unlink`: `ends` holds both (object, native id); the hub fetches both again.
    `gap`: something was missed; an empty native id means the whole stream of this object.
    `account` (app scope) is the vendor account the change belongs to.
    """

    object: str
    native_id: str
    kind: ChangeKind
    occurred_at: datetime
    version: datetime | None = None
    account: str | None = None
    record: Record | None = None
    into: str | None = None
    losers: tuple[str, ...] = ()
    ends: tuple[tuple[str, str], ...] = ()
    rule: str | None = None
    """Why a change is to be ignored, by a named rule; such a change is counted and not applied."""


@dataclass(frozen=True, slots=True)
class Page:
    """What one request brought: records in the stream's full shape and the cursor behind them.

    `cursor` (JSON) continues after this page if handed back; the last page's cursor is where the
    next incremental run starts. `changes` carries deletes and merges that a listing shows.
    """

    records: Sequence[Record]
    cursor: Json
    total: int | None = None
    changes: Sequence[Change] = ()


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind of record that can be pulled.

    pages(client, cursor, fields): a cursor of None lists everything; `fields` are the vendor field
    names that mappings read (custom ones included), for vendors that must be asked for each.
    fetch(client, ids): current full-shape records; a deleted record may come as a `Change`;
    an id that is missing from the answer was not found.
    deletes: `listing` = absence from two complete listings; `events` = the stream or the webhooks
    tell; `never` = records of this kind are not deleted.
    precision_s: the coarseness of the vendor's modified stamp.
    """

    name: str
    object: str
    entity: str | None
    pages: Callable[[Any, Json, Sequence[str]], Iterable[Page]]
    fetch: Callable[[Any, Sequence[str]], Iterable[Record | Change]] | None = None
    interval_s: int = 300
    deletes: Literal["listing", "events", "never"] = "events"
    fetch_batch: int = 100
    precision_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Reply:
    """The HTTP answer to a vendor. `store_secret` is made durable before the answer is sent."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    store_secret: str | None = None


@dataclass(frozen=True, slots=True)
class Registration:
    """One webhook subscription: the endpoint, its one or two active secrets, and what must match.

    `state`: pending while our own create call is open, waiting before the first delivery, active.
    `account` is the vendor account id of the connection; `settings` the connection's settings.
    For app scope `secrets` and `settings` are the operator's.
    """

    endpoint_id: str
    url: str
    secrets: tuple[str, ...]
    state: Literal["pending", "waiting", "active"] = "active"
    account: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Registered:
    """The vendor's answer to a subscription: its id there, an expiry, a secret it chose."""

    vendor_id: str
    expires_at: datetime | None = None
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Webhook:
    """One way in which a vendor pushes. All callables but register/renew/unregister are pure.

    verify(delivery, registration) raises BadSignature; it sees raw bytes, before any parsing, and
    must refuse when `registration.secrets` is empty.
    delivery_key(delivery) raises Malformed if the body is not this vendor's. With `key_holds` the
    key is the vendor's own id; without, a key seen on a finished delivery makes it pending again.
    parse(delivery) yields the changes; unknown event types are changes with a `rule`.
    greet(delivery, registration) answers a handshake or None; it runs before verify.
    route(delivery) names the vendor accounts concerned (app scope).
    targets(client) lists what to subscribe to; register(client, url, target, secret).
    secret: who makes it. `hub` = we generate it and the admin copies it to the vendor (or register
    sends it), `vendor` = the admin pastes the vendor's, `handshake` = greet stores it,
    `operator` = the app's own secret in the operator's settings.
    setup: a few lines of Markdown for the admin, with {url} and {secret} to be filled in.
    """

    name: str
    title: str
    verify: Callable[[Delivery, Registration], None]
    delivery_key: Callable[[Delivery], str]
    parse: Callable[[Delivery], Iterable[Change]]
    scope: Literal["connection", "app"] = "connection"
    secret: Literal["hub", "vendor", "handshake", "operator"] = "hub"  # noqa: S105
    key_holds: bool = False
    ack: Reply = field(default_factory=Reply)
    max_body: int = 1024 * 1024
    greet: Callable[[Delivery, Registration], Reply | None] | None = None
    route: Callable[[Delivery], Sequence[str]] | None = None
    targets: Callable[[Any], Sequence[str]] | None = None
    register: Callable[[Any, str, str, str | None], Registered] | None = None
    renew: Callable[[Any, str], Registered] | None = None
    unregister: Callable[[Any, str], None] | None = None
    setup: str = ""


class Http(Protocol):
    """The hub's way out to a vendor: time-outs, limits, breaker and redaction in one place."""

    session: requests.Session
    """For plain requests. It guards itself and raises RetryLater on 429, 5xx, time-outs and lost
    connections, Reconnect on 401; other answers come back as they are."""

    def call(self, operation: str, function: Callable[[], T]) -> T:
        """Run one call of a vendor's SDK under the guard; `function` raises the hub's errors."""
        ...


@dataclass(frozen=True, slots=True)
class Connector:
    """One vendor. `open` is cheap and does no I/O; `check` proves the credentials.

    check raises CorrectInput (naming the field), Reconnect or RetryLater.
    mapping: path of mapping.yaml. conversions: name -> function(value, context) that extend the
    mapping language. `readme`: path of the set-up guide.
    """

    name: str
    title: str
    source_kind: SourceKind
    fields: tuple[Field, ...]
    open: Callable[[Mapping[str, str], Mapping[str, str], Http], Any]
    check: Callable[[Any], AccountInfo]
    streams: tuple[Stream, ...]
    webhooks: tuple[Webhook, ...]
    mapping: Path
    readme: Path
    conversions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    describe: Callable[[Any], Json] | None = None
    parser_rev: int = 1
    requires_hub: str = ">=0.1"
    authoritative: bool = False
    """At most one record per connection may be in one account (CRM and billing systems)."""
    oauth: OAuth | None = None
    """How an admin grants access in the browser, where the vendor has it."""
    takes_events: bool = False
    """Its connections are sent usage events, with write keys."""
