"""What a trial stands on: a connector, its mappings, and perhaps a vendor that answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hub.api import Connector, Record, Stream
from hub.conform.ground import Ground
from hub.conform.recorded import Payload, folder_of, payloads
from hub.conform.suite import creator
from hub.engine.incoming import Source
from hub.errors import NotFound
from hub.plugin_host import PluginHost
from hub.sandbox import Sandbox
from mappings.errors import Unmappable
from mappings.language import Context

ACCOUNTS, RETRY_SCALE = 12, 0.0005
End = tuple[str, str]


def _now() -> datetime:
    return datetime.now(UTC)


def _none(object: str) -> Sequence[Record]:
    return ()


@dataclass(slots=True)
class Footing:
    """client: None where no vendor answers, so that nothing can be read by id.

    before: records as they were before what is tried, by (object, native id). listed: the records
    that the vendor here lists of an object.
    """

    source: Source
    folder: Path
    client: Any = None
    account: str = ""
    moment: Callable[[], datetime] = _now
    before: dict[End, Record] = field(default_factory=dict)
    listed: Callable[[str], Sequence[Record]] = _none

    @property
    def connector(self) -> Connector:
        return self.source.connector

    def stream(self, name: str) -> Stream:
        """A stream by its own name or by its object; raises NotFound naming those there are."""
        streams = self.connector.streams
        found = next((s for s in streams if name in (s.name, s.object)), None)
        if found is None:
            known = ", ".join(s.name for s in streams)
            raise NotFound(f"{self.connector.title} has no stream {name}; it has {known}.")
        return found

    def native_id(self, object: str, record: Record) -> str:
        """The record's id by the mapping; empty where it has none that can be read."""
        try:
            return self.source.mappings[object].apply(record, self.source.context).native_id
        except Unmappable:
            return ""

    def stand_in(self, object: str, native_id: str) -> tuple[Record, str] | None:
        """A record for one that the vendor here does not have: a recorded one, else any listed."""
        kept = [
            (record, payload.file.name)
            for payload in payloads(folder_of(self.folder))
            for word, record in payload.records()
            if word == object
        ]
        same = [pair for pair in kept if self.native_id(object, pair[0]) == native_id]
        if found := next(iter([*same, *kept]), None):
            return found
        return next(((record, "the sandbox's list") for record in self.listed(object)), None)


def bare(host: PluginHost, name: str) -> Footing:
    """Without a vendor: bodies are parsed and records mapped, with no settings and no facts."""
    connector = host.connector(name)
    source = Source("cnx_try", connector, host.mappings[name], Context({}, {}))
    return Footing(source, connector.mapping.parent)


@contextmanager
def on_sandbox(host: PluginHost, name: str) -> Iterator[tuple[Footing, Ground]]:
    """With the connector's own sandbox, whose records are listed first."""
    connector = host.connector(name)
    folder = connector.mapping.parent
    with Sandbox([creator(folder)], accounts=ACCOUNTS, retry_scale=RETRY_SCALE) as sandbox:
        (vendor,) = sandbox.vendors.values()
        ground = Ground(connector, host.mappings[name], folder, vendor)
        account, client = ground.account().id, ground.usual()
        made = Footing(ground.source(), folder, client, account, vendor.moment)
        made.listed = lambda object: ground.records(made.stream(object))
        yield made, ground


def learn(footing: Footing, ground: Ground) -> None:
    """Keep the sandbox's records as they are now."""
    for stream in ground.connector.streams:
        if stream.object not in ground.mappings:
            continue
        for record in ground.records(stream):
            if native := footing.native_id(stream.object, record):
                footing.before[stream.object, native] = record


def payload_of(file: Path) -> Payload:
    """A recorded file with its entry in the index.yaml beside it; raises NotFound."""
    found = next((p for p in payloads(file.parent) if p.file.name == file.name), None)
    if found is None:
        raise NotFound(f"There is no file {file}.")
    return found
