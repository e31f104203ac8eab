"""The contract between the hub and a connector: the only module of the hub that plugins import.

A connector is a folder that yields one `Connector` record from the hook `register_connectors`.
Times are timezone-aware UTC datetimes. Ids are the vendor's own, as text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

import pluggy
import requests

from hub.api.limits import Left, Limits, Rate
from hub.api.oauth import Choice, OAuth
from hub.api.records import Change, ChangeKind, Json, Page, Record, Stream
from hub.api.webhooks import Delivery, Registered, Registration, Reply, Subscription, Webhook
from hub.api.writing import Refusal, WriteBack
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
    "Choice",
    "Connector",
    "CorrectInput",
    "Delivery",
    "Field",
    "GiveUp",
    "Http",
    "HubError",
    "Json",
    "Left",
    "Limits",
    "Malformed",
    "OAuth",
    "Observed",
    "Page",
    "Rate",
    "Reconnect",
    "Record",
    "Refusal",
    "Registered",
    "Registration",
    "Reply",
    "RetryLater",
    "Signal",
    "SourceKind",
    "Stream",
    "Subscription",
    "Unmappable",
    "VendorError",
    "Webhook",
    "WriteBack",
    "hookimpl",
]

hookimpl = pluggy.HookimplMarker("hub")

T = TypeVar("T")
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
    """Who the credentials belong to, and which permissions they lack.

    missing: each in the vendor's own words. where: a sentence that says where they are granted.
    """

    id: str
    name: str
    missing: tuple[str, ...] = ()
    where: str = ""


class Http(Protocol):
    """The hub's way out to a vendor: time-outs, limits, breaker and redaction in one place."""

    session: requests.Session
    """For plain requests. It guards itself and raises RetryLater on 429, 5xx, time-outs and lost
    connections, Reconnect on 401; other answers come back as they are."""

    def call(self, operation: str, function: Callable[[], T]) -> T:
        """Run one call of a vendor's SDK under the guard; `function` raises the hub's errors."""
        ...

    def note(self, headers: Mapping[str, str]) -> None:
        """Inside that `function`: the headers that the SDK was answered with, for `Limits.left`."""
        ...


@dataclass(frozen=True, slots=True)
class Connector:
    """One vendor. `open` is cheap and does no I/O; `check` proves the credentials.

    check raises CorrectInput (naming the field), Reconnect or RetryLater.
    describe(client): what the vendor says of this account, JSON. `fields` = object ->
    [{"name", "title", "type", "custom", "values"}] where `name` is the path that a mapping reads,
    `type` one of text, number, integer, boolean, date, time, choice, choices, reference, other, and
    `values` the words that records carry, or {"value", "title"}; `objects` = [{"name", "title"}],
    kinds of records that no stream brings; `users`, where no stream brings them. The rest are facts
    that mappings read as `account.…`, such as `currency` and `time_zone`: when one changes, records
    are mapped anew. GiveUp leaves what was told before.
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
    limits: Limits = field(default_factory=Limits)
    """What one account of this vendor allows."""
    write_back: WriteBack | None = None
    """How a customer's health is written into the vendor's record, where a tenant asks for it."""
    takes_events: bool = False
    """Its connections are sent usage events, with write keys."""
