"""Walking a stream of Freshdesk's to its end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hub.api import Page
from plugins.freshdesk import FRESHDESK
from plugins.freshdesk.client import FreshdeskClient
from plugins.freshdesk.sandbox import FreshdeskSandbox

STREAMS = {stream.name: stream for stream in FRESHDESK.streams}


def pages(name: str, client: FreshdeskClient, cursor: Any = None) -> list[Page]:
    """Every page from a cursor on."""
    return list(STREAMS[name].pages(client, cursor, ()))


def records(found: Iterable[Page]) -> list[Any]:
    """All records of some pages."""
    return [record for page in found for record in page.records]


def ids(found: Iterable[Page]) -> set[str]:
    """Their ids as text."""
    return {str(record["id"]) for record in records(found)}


def known(vendor: FreshdeskSandbox, name: str) -> set[str]:
    """What the vendor holds, the bins included where they are lists."""
    table = vendor.table(name)
    return set(table.ids()) | (set(table.tombstones) if name != "companies" else set())
