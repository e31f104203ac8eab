"""Somebody else's record without the erased: its body, and what the mapping makes of that."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hub.engine.incoming import Source
from hub.privacy.identifiers import Identifiers
from hub.privacy.redact import Redactor, dumped, without_short_ids
from mappings.errors import Unmappable
from mappings.language import Link, Mapped


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The body that is kept, and what it maps to; or why it cannot be mapped any more."""

    raw: bytes
    mapped: Mapped | None
    problem: Unmappable | None = None


def clean(source: Source, object: str, raw: bytes, who: Identifiers) -> Cleaned | None:
    """None when nobody of `who` stands in the body, or it is no JSON."""
    redactor = Redactor(who, source.connection_id)
    try:
        value = json.loads(raw)
    except ValueError:
        return None
    after = redactor.json(value)
    before = _links(source, object, value)

    def says_the_same(changed: Any) -> bool:
        links = _links(source, object, changed)
        return links is not None and not any(
            not is_of(link, source.connection_id, who) for link in (before or set()) - links
        )

    without_short_ids(after, redactor.short, says_the_same)
    return None if after == value else _mapped(source, object, after)


def _mapped(source: Source, object: str, value: Any) -> Cleaned:
    raw = dumped(value)
    try:
        return Cleaned(raw, source.mappings[object].apply(value, source.context))
    except Unmappable as problem:
        return Cleaned(raw, None, problem)


def _links(source: Source, object: str, value: Any) -> set[Link] | None:
    try:
        return set(source.mappings[object].apply(value, source.context).links)
    except Unmappable:
        return None


def is_of(link: Link, connection: str, who: Identifiers) -> bool:
    """Whether a link leads to one of them."""
    if link.by == "record":
        return f"{connection}:{link.value}" in who.keys
    return link.by == "email" and link.value in who.emails


def stored_links(links: Iterable[Link]) -> list[dict[str, str]]:
    return [{"kind": link.kind, "by": link.by, "value": link.value} for link in links]
