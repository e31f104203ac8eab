"""What the rules stand on: one connector, its sandbox vendor, a client, and what was pushed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from structlog.testing import capture_logs
from yaml import YAMLError

from hub.api import (
    AccountInfo,
    Connector,
    HubError,
    Page,
    Record,
    RetryLater,
    Stream,
    Webhook,
)
from hub.conform import recorded
from hub.conform.receiving import Pushed, Received, set_up
from hub.conform.recorded import Payload
from hub.conform.rule import Broken, NothingToCheck
from hub.engine.incoming import Source
from hub.http import VendorHttp
from hub.sandbox import Edit, Vendor
from mappings.language import Context, ObjectMapping

TOO_MANY = 2_000
"""Pages, and looks at what a vendor makes ready, after which a listing is taken to have no end."""


class Asked(dict[str, str]):
    """Settings or secrets that note which of their keys somebody asked for."""

    def __init__(self, given: Mapping[str, str], asked: set[str]) -> None:
        super().__init__(given)
        self._asked = asked

    def __getitem__(self, key: str) -> str:
        self._asked.add(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self._asked.add(key)
        return super().get(key, default)


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
    received: dict[str, Received] = field(default_factory=dict)
    story: Any = None
    desks: Any = None
    on_edits: Callable[[], None] | None = None
    began: datetime = field(default_factory=partial(datetime.now, UTC))
    asked: set[str] = field(default_factory=set)
    _source: Source | None = None
    _account: AccountInfo | None = None
    _usual: Any = None

    @property
    def given(self) -> Mapping[str, Mapping[str, str]]:
        """The sandbox's own settings, secrets and (for an app) operator's secrets."""
        return self.vendor.credentials()

    def client(self, settings: Mapping[str, str] = MappingProxyType({}), /, **secrets: str) -> Any:
        """A fresh client, with other settings and secrets where given."""
        http = VendorHttp(None, "check", str(self.vendor.ca or ""))
        given = self.given
        own = Asked({**given["settings"], **settings}, self.asked)
        return self.connector.open(own, Asked({**given["secrets"], **secrets}, self.asked), http)

    def account(self) -> AccountInfo:
        """Whose credentials these are, asked once."""
        if self._account is None:
            self._account = self.connector.check(self.usual())
        return self._account

    def pages(self, stream: Stream) -> list[Page]:
        """The whole listing, read once."""
        if stream.name not in self._pages:
            self._pages[stream.name] = list(self.read(stream))
        return self._pages[stream.name]

    def usual(self) -> Any:
        """The client for whatever needs no new one; a new connection each time would be dear."""
        if self._usual is None:
            self._usual = self.client()
        return self._usual

    def read(self, stream: Stream, cursor: Any = None, client: Any = None) -> Iterator[Page]:
        """A listing with the fields that the mapping reads; raises RuntimeError without an end.

        Where the vendor has to make something ready, so much time passes, as it does for the hub.
        """
        mapping = self.mappings.get(stream.object)
        fields = mapping.source_fields if mapping else ()
        count = 0
        while count <= TOO_MANY:
            try:
                for page in stream.pages(client or self.usual(), cursor, fields):
                    count, cursor = count + 1, page.cursor
                    if count > TOO_MANY:
                        break
                    yield page
                else:
                    return
            except RetryLater as wait:
                if wait.reason != "preparing":
                    raise
                count += 1
                self.vendor.clock.advance(wait.retry_after or 1)
        raise RuntimeError(f"{stream.name} has no end")

    def filled(self) -> list[Stream]:
        """The streams that have a mapping and bring records here."""
        known = [s for s in self.connector.streams if s.object in self.mappings]
        return [s for s in known if self.records(s)]

    def records(self, stream: Stream) -> list[Record]:
        return [record for page in self.pages(stream) for record in page.records]

    def source(self) -> Source:
        """The connection as the hub would read it, with the vendor's own facts."""
        if self._source is None:
            client, account = self.usual(), self.account()
            facts = self.connector.describe(client) if self.connector.describe else {}
            known = {**facts, "id": account.id, "name": account.name}
            context = Context(dict(self.given["settings"]), known)
            self._source = Source("cnx_check", self.connector, self.mappings, context)
        return self._source

    def cursors(self) -> list[Any]:
        """Every cursor that was met so far."""
        return [page.cursor for pages in self._pages.values() for page in pages]

    def recorded(self, object: str) -> list[Record]:
        """Recorded records of one object."""
        found = [pair for payload in self.payloads() for pair in payload.records()]
        return [record for word, record in found if word == object]

    def payloads(self) -> list[Payload]:
        """What was recorded of this vendor; raises Broken for an index that cannot be read."""
        folder = recorded.folder_of(self.folder)
        try:
            return recorded.payloads(folder)
        except (ValueError, YAMLError) as error:
            raise Broken(str(error), str(folder / recorded.INDEX)) from None

    def native_id(self, stream: Stream, record: Record) -> str:
        return self.mappings[stream.object].apply(record, self.source().context).native_id

    def pushes(self, webhook: Webhook) -> list[Pushed]:
        """What the vendor pushes about some edits. Raises NothingToCheck when nothing comes."""
        if not self.pushed(webhook):
            raise NothingToCheck(f"The sandbox pushes nothing by {webhook.name}.")
        return self._pushed[webhook.name]

    def pushed(self, webhook: Webhook) -> list[Pushed]:
        """As `pushes`, empty when nothing comes."""
        if webhook.name not in self._pushed:
            self._pushed[webhook.name] = self._provoke(webhook)
        return self._pushed[webhook.name]

    @contextmanager
    def without(self, webhooks: Collection[str]) -> Iterator[None]:
        """As if the connector had none of these webhooks."""
        whole = self.connector
        left = tuple(one for one in whole.webhooks if one.name not in webhooks)
        self.connector = replace(whole, webhooks=left)
        try:
            yield
        finally:
            self.connector = whole

    @contextmanager
    def watching(self, edits: list[Edit]) -> Iterator[None]:
        """Keep every edit that the vendor tells of meanwhile."""
        told = self.vendor.tell

        def tell(edit: Edit) -> None:
            edits.append(edit)
            told(edit)

        self.vendor.tell = tell  # type: ignore[method-assign]
        try:
            yield
        finally:
            self.vendor.tell = told  # type: ignore[method-assign]

    def _provoke(self, webhook: Webhook) -> list[Pushed]:
        """Set the webhook up, make some edits, refuse one delivery, and keep what comes."""
        found = set_up(self, webhook)
        self.received[webhook.name] = found
        return found.pushed

    def pass_time(self) -> None:
        """So much that no later edit can have the stamp of an earlier one."""
        self.vendor.clock.advance(1 + max(s.precision_s for s in self.connector.streams))

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

    def heard(self, error: HubError) -> None:
        """Keep what an error says, and what lies behind it, for the rule on secrets."""
        link: BaseException | None = error
        while link is not None:
            self.said += [str(link), repr(link)]
            link = link.__cause__ or link.__context__

    def beside(self, vendor: Vendor) -> Ground:
        """The same connector on another vendor of its kind."""
        return Ground(self.connector, self.mappings, self.folder, vendor)

    def log(self) -> list[str]:
        """Every line that was logged so far."""
        return [*self.logged, *map(repr, self.entries)]


class _Keeper(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(record.getMessage())
