"""A change on its way into `source records`, after mapping and before any guard."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.api import Connector, Record, Stream
from hub.engine import registers
from hub.engine.registers import Content, Fate, Life
from hub.privacy.suppression import Lookup, nobody
from mappings.errors import Unmappable
from mappings.language import Context, Mapped, ObjectMapping

MAX_RAW = 4 * 1024 * 1024


@dataclass(slots=True)
class Incoming:
    """One record's news: a body, evidence of life, or both; or why it could not be mapped.

    news: it was taken for what the vendor says, not only mapped anew.
    """

    object: str
    native_id: str
    content: Content | None = None
    life: Life | None = None
    raw: bytes = b""
    mapped: Mapped | None = None
    problem: Unmappable | None = None
    origin: Mapping[str, str] = field(default_factory=dict)
    fate: Fate | None = None
    rule: str = ""
    news: bool = False
    redacted: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """The connection a record comes through, with what is needed to read it."""

    connection_id: str
    connector: Connector
    mappings: Mapping[str, ObjectMapping]
    context: Context
    facts_rev: str = ""
    suppressed: Lookup = nobody
    own: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By object: paths whose change is our own doing, since we write there."""

    def key(self, object: str, native_id: str) -> str:
        return f"{self.connection_id}:{object}:{native_id}"

    def rev(self, object: str) -> str:
        """Changes when a record of this object would be mapped differently."""
        return f"{self.mappings[object].rev}-{self.facts_rev}"

    def stream(self, object: str) -> Stream | None:
        return next((s for s in self.connector.streams if s.object == object), None)


def body(record: Record) -> bytes:
    """The record as canonical JSON bytes, so that its hash does not depend on key order."""
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str)
    return text.encode()


def digest(raw: bytes) -> str:
    return hashlib.blake2b(raw, digest_size=12).hexdigest()


def from_record(
    source: Source,
    object: str,
    record: Record,
    read_at: datetime,
    origin: Mapping[str, str],
    occurred: Life | None = None,
) -> Incoming:
    """Map one full-shape record; a record that cannot be mapped carries its problem."""
    raw = b""
    try:
        raw = _safe_body(record)
        if len(raw) > MAX_RAW:
            raise Unmappable("$", f"the record has {len(raw)} bytes; {MAX_RAW} are allowed")
        mapped = source.mappings[object].apply(record, source.context)
    except Unmappable as problem:
        native = _native_id(source.mappings[object], record) or f"?{digest(raw)}"
        return Incoming(object, native, raw=raw[:MAX_RAW], problem=problem, origin=origin)
    return _placed(source, mapped, raw, read_at, origin, occurred)


def _safe_body(record: Record) -> bytes:
    try:
        return body(record)
    except (RecursionError, TypeError, ValueError) as error:
        raise Unmappable("$", f"the record is no plain JSON ({type(error).__name__})") from error


def _placed(
    source: Source,
    mapped: Mapped,
    raw: bytes,
    read_at: datetime,
    origin: Mapping[str, str],
    occurred: Life | None,
) -> Incoming:
    stream = source.stream(mapped.object)
    precision = stream.precision_s if stream else 1.0
    life = _life(source, mapped, read_at)
    return Incoming(
        mapped.object,
        mapped.native_id,
        content=registers.content(
            mapped.version, source.connector.parser_rev, read_at, digest(raw), precision
        ),
        life=registers.livelier(life, occurred),
        raw=raw,
        mapped=mapped,
        origin=origin,
    )


def _life(source: Source, mapped: Mapped, read_at: datetime) -> Life:
    at = mapped.version or read_at
    if mapped.merged_into:
        return registers.merged(at, source.key(mapped.object, mapped.merged_into))
    if mapped.deleted:
        return registers.deleted(at)
    return registers.read_alive(mapped.version, read_at)


def _native_id(mapping: ObjectMapping, record: Any) -> str | None:
    """The record's id where the mapping can still find it, to name it in the quarantine."""
    if not isinstance(record, Mapping):
        return None
    own = mapping.definition["id"].get("from")
    places = (own if isinstance(own, str) else "id", "id", "Id", "gid")
    value: Any = next((record[place] for place in places if record.get(place)), None)
    if not isinstance(value, str | int):
        return None
    return str(value)[:200].encode("utf-8", "replace").decode().replace("\0", "?")
