"""Bugs that give secrets away."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from hub.api import HubError, Page, Stream
from hub.conform.bugs.subject import Pages, Subject, bug

log = logging.getLogger(__name__)


def _opened(subject: Subject, seen: Any) -> Subject:
    """The same; `seen(client, secrets)` is told of each client and may give another."""
    real = subject.connector.open

    def opened(settings: Any, secrets: Mapping[str, str], http: Any) -> Any:
        return seen(real(settings, secrets, http), dict(secrets))

    return subject.but(open=opened)


@bug("a secret is logged", "secrecy", "connect")
def logged(subject: Subject) -> Subject | None:
    def seen(client: Any, secrets: Mapping[str, str]) -> Any:
        log.warning("opened with %s", secrets)
        return client

    return _opened(subject, seen)


@bug("a secret is in a client's repr", "secrecy", "connect")
def shown(subject: Subject) -> Subject | None:
    def seen(client: Any, secrets: Mapping[str, str]) -> Any:
        kind = type(client)
        own = type(kind.__name__, (kind,), {"__slots__": (), "__repr__": lambda self: str(secrets)})
        client.__class__ = own
        return client

    return _opened(subject, seen)


@bug("a secret is in an error", "secrecy", "limit", "refuse")
def quoted(subject: Subject) -> Subject | None:
    held: dict[str, str] = {}

    def seen(client: Any, secrets: Mapping[str, str]) -> Any:
        held.update(secrets)
        return client

    def change(stream: Stream, pages: Pages, cursor: Any) -> Iterator[Page]:
        try:
            yield from pages
        except HubError as error:
            raise type(error)(f"{error.sentence} We sent {held}.") from None

    return _opened(subject.pages(change), seen)


@bug("a secret is behind an error", "secrecy", "limit", "refuse")
def chained(subject: Subject) -> Subject | None:
    held: dict[str, str] = {}

    def seen(client: Any, secrets: Mapping[str, str]) -> Any:
        held.update(secrets)
        return client

    def change(stream: Stream, pages: Pages, cursor: Any) -> Iterator[Page]:
        try:
            yield from pages
        except HubError as error:
            raise type(error)(error.sentence) from ValueError(f"GET /list?key={held}")

    return _opened(subject.pages(change), seen)


@bug("a secret is in a cursor", "secrecy", "list")
def in_cursor(subject: Subject) -> Subject | None:
    held: dict[str, str] = {}

    def seen(client: Any, secrets: Mapping[str, str]) -> Any:
        held.update(secrets)
        return client

    def change(stream: Stream, pages: Pages, cursor: Any) -> Iterator[Page]:
        for page in pages:
            mixed = isinstance(page.cursor, dict)
            yield replace(page, cursor={**page.cursor, "_auth": dict(held)}) if mixed else page

    return _opened(subject.pages(change), seen)
