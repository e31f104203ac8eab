"""What the rules stand on: one connector, its sandbox vendor, a client, and what was pushed."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from hub.api import Connector, Delivery, Page, Record, Registration, Reply, Stream, Webhook
from hub.conform.rule import NothingToCheck
from hub.conform.sink import Sink
from hub.engine.incoming import Source
from hub.http import VendorHttp
from hub.sandbox import Vendor
from mappings.language import Context, ObjectMapping

SECRET = "a-secret-for-the-check-alone"  # noqa: S105
EDITS = 12
SETTLE_S = 20.0
TOO_MANY = 2_000
"""Pages after which a listing is taken to have no end."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """One delivery as it came, and the registration that it belongs to."""

    delivery: Delivery
    registration: Registration


@dataclass(slots=True)
class Ground:
    """One connector under check. What is dear (listings, pushes) is made once and kept."""

    connector: Connector
    mappings: Mapping[str, ObjectMapping]
    folder: Path
    vendor: Vendor
    logged: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    entries: list[Any] = field(default_factory=list)
    _pages: dict[str, list[Page]] = field(default_factory=dict)
    _pushed: dict[str, list[Pushed]] = field(default_factory=dict)
    _source: Source | None = None

    @property
    def given(self) -> Mapping[str, Mapping[str, str]]:
        """The sandbox's own settings, secrets and (for an app) operator's secrets."""
        return self.vendor.credentials()

    def client(self, **secrets: str) -> Any:
        """A fresh client, with other secrets where given."""
        http = VendorHttp(None, "check", str(self.vendor.ca or ""))
        given = self.given
        return self.connector.open(dict(given["settings"]), {**given["secrets"], **secrets}, http)

    def pages(self, stream: Stream) -> list[Page]:
        """The whole listing, read once."""
        if stream.name not in self._pages:
            self._pages[stream.name] = list(self.read(stream))
        return self._pages[stream.name]

    def read(self, stream: Stream, cursor: Any = None) -> Iterator[Page]:
        """A listing with the fields that the mapping reads; raises RuntimeError without an end."""
        mapping = self.mappings.get(stream.object)
        fields = mapping.source_fields if mapping else ()
        for count, page in enumerate(stream.pages(self.client(), cursor, fields)):
            if count > TOO_MANY:
                raise RuntimeError(f"{stream.name} has no end")
            yield page

    def records(self, stream: Stream) -> list[Record]:
        return [record for page in self.pages(stream) for record in page.records]

    def source(self) -> Source:
        """The connection as the hub would read it, with the vendor's own facts."""
        if self._source is None:
            client = self.client()
            account = self.connector.check(client)
            facts = self.connector.describe(client) if self.connector.describe else {}
            known = {**facts, "id": account.id, "name": account.name}
            context = Context(dict(self.given["settings"]), known)
            self._source = Source("cnx_check", self.connector, self.mappings, context)
        return self._source

    def native_id(self, stream: Stream, record: Record) -> str:
        return self.mappings[stream.object].apply(record, self.source().context).native_id

    def pushes(self, webhook: Webhook) -> list[Pushed]:
        """What the vendor pushes about some edits. Raises NothingToCheck when nothing comes."""
        if webhook.name not in self._pushed:
            self._pushed[webhook.name] = self._provoke(webhook)
        if not self._pushed[webhook.name]:
            raise NothingToCheck(f"The sandbox pushes nothing by {webhook.name}.")
        return self._pushed[webhook.name]

    def _provoke(self, webhook: Webhook) -> list[Pushed]:
        """Set the webhook up, make some edits, and take what comes: one address for each target."""
        kept: dict[str, str] = {}
        account = self.connector.check(self.client()).id
        settings = dict(self.given["settings"]) if webhook.scope == "connection" else {}

        def registered(url: str, state: str = "active") -> Registration:
            secrets = (kept[url],) if url in kept else ()
            return Registration("end_check", url, secrets, state, account, settings)  # type: ignore[arg-type]

        def answer(delivery: Delivery) -> Reply:
            asked = registered(delivery.url, "pending")
            reply = webhook.greet(delivery, asked) if webhook.greet else None
            if reply is None:
                return webhook.ack
            if reply.store_secret:
                kept[delivery.url] = reply.store_secret
            sink.got.remove(delivery)
            return reply

        with Sink(answer) as sink:
            self._subscribe(webhook, sink.url, kept)
            self.vendor.stir_many(EDITS)
            self.vendor.settle(SETTLE_S)
            for subscription in self.vendor.subscriptions():
                self.vendor.unsubscribe(subscription.id)
        return [Pushed(delivery, registered(delivery.url)) for delivery in sink.got]

    def _subscribe(self, webhook: Webhook, url: str, kept: dict[str, str]) -> None:
        """Set the webhook up by the vendor's API where it has one, else as an admin would."""
        if webhook.register is None:
            operator = self.given.get("operator", {})
            secret = operator.get("app_secret") if webhook.scope == "app" else None
            kept[url] = secret or SECRET
            self.vendor.subscribe(url, kept[url], extra={"webhook": webhook.name})
            return
        client = self.client()
        for place, target in enumerate(webhook.targets(client) if webhook.targets else ("",)):
            own = f"{url}{place}"
            made = webhook.register(client, own, target, SECRET)
            if webhook.secret != "handshake":  # noqa: S105
                kept[own] = made.secret or SECRET

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Keep everything that is logged meanwhile, for the rule on secrets."""
        handler = _Keeper(self.logged)
        root = logging.getLogger()
        root.addHandler(handler)
        try:
            with capture_logs() as self.entries:
                yield
        finally:
            root.removeHandler(handler)

    def log(self) -> list[str]:
        """Every line that was logged so far."""
        return [*self.logged, *map(repr, self.entries)]


class _Keeper(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(record.getMessage())
