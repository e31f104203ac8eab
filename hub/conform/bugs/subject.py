"""What a bug is made of and done to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hub.api import Change, Connector, Page, Record, Stream, Webhook
from mappings.language import ObjectMapping

Pages = Iterable[Page]


@dataclass(frozen=True, slots=True)
class Subject:
    """A connector with its compiled mappings.

    exempt: rules that its vendor makes impossible for all webhooks. merges, limit_headers: whether
    its sandbox has them. plain: whether all its calls are the hub's own session's. zoned: whether
    it writes times with their zone. tells_merges: whether merges are told as such.
    """

    connector: Connector
    mappings: Mapping[str, ObjectMapping]
    exempt: frozenset[str] = frozenset()
    merges: bool = False
    limit_headers: bool = False
    plain: bool = False
    zoned: bool = False
    tells_merges: bool = False

    def but(self, **changes: Any) -> Subject:
        """The same with other fields of the connector."""
        return replace(self, connector=replace(self.connector, **changes))

    def streams(self, change: Callable[[Stream], Mapping[str, Any]]) -> Subject:
        """The same with other fields of each stream."""
        return self.but(streams=tuple(replace(s, **change(s)) for s in self.connector.streams))

    def webhooks(self, change: Callable[[Webhook], Mapping[str, Any]]) -> Subject | None:
        """The same with other fields of each webhook; None where there are none."""
        hooks = self.connector.webhooks
        return self.but(webhooks=tuple(replace(w, **change(w)) for w in hooks)) if hooks else None

    def pages(self, change: Callable[[Stream, Pages, Any], Pages]) -> Subject:
        """The same with listings that pass through `change(stream, pages, cursor)`."""

        def wrapped(stream: Stream) -> Mapping[str, Any]:
            real = stream.pages

            def pages(client: Any, cursor: Any, fields: Any) -> Pages:
                return change(stream, real(client, cursor, fields), cursor)

            return {"pages": pages}

        return self.streams(wrapped)

    def fetches(
        self, change: Callable[[Stream, Iterable[Any], Any], Iterable[Any]]
    ) -> Subject | None:
        """The same with reads by id that pass through `change(stream, found, ids)`."""

        def wrapped(stream: Stream) -> Mapping[str, Any]:
            real = stream.fetch
            if real is None:
                return {}
            return {"fetch": lambda client, ids: change(stream, real(client, ids), ids)}

        some = any(stream.fetch for stream in self.connector.streams)
        return self.streams(wrapped) if some else None

    def changes(self, change: Callable[[Change], Change]) -> Subject | None:
        """The same with every change of a webhook passed through `change`."""

        def wrapped(webhook: Webhook) -> Mapping[str, Any]:
            real = webhook.parse
            return {"parse": lambda delivery: [change(c) for c in real(delivery)]}

        return self.webhooks(wrapped)

    def records(self, change: Callable[[Stream, Record], Record]) -> Subject:
        """The same with every record, listed or read by id, passed through `change`."""

        def listed(stream: Stream, pages: Pages, cursor: Any) -> Iterator[Page]:
            for page in pages:
                yield replace(page, records=[change(stream, r) for r in page.records])

        def read(stream: Stream, found: Iterable[Any], ids: Any) -> Iterator[Any]:
            return (one if isinstance(one, Change) else change(stream, one) for one in found)

        made = self.pages(listed)
        return made.fetches(read) or made


@dataclass(frozen=True, slots=True)
class Bug:
    """One mistake, and the rules that are about it."""

    name: str
    rules: tuple[str, ...]
    apply: Callable[[Subject], Subject | None]


BUGS: dict[str, Bug] = {}
Apply = Callable[[Subject], Subject | None]


def bug(name: str, *rules: str) -> Callable[[Apply], Apply]:
    """Declare a bug; the rule that is about it comes first."""

    def declare(apply: Apply) -> Apply:
        BUGS[name] = Bug(name, rules, apply)
        return apply

    return declare
