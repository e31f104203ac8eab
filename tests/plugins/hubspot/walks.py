"""Helpers of the HubSpot tests: a way out without waiting, a client, and a whole walk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import requests

from hub.api import Stream
from hub.http import Guard, GuardedSession
from plugins.hubspot import CONNECTOR
from plugins.hubspot.client import Client
from plugins.hubspot.sandbox import HubSpot

T = TypeVar("T")
STREAMS: dict[str, Stream] = {stream.name: stream for stream in CONNECTOR.streams}


class Unguarded:
    """A way out without waiting, so that each refusal is seen as it comes."""

    def __init__(self) -> None:
        self.session: requests.Session = GuardedSession(Guard(None, "test"))

    def call(self, operation: str, function: Callable[[], T]) -> T:
        return function()

    def note(self, headers: Mapping[str, str]) -> None: ...


def connected(vendor: HubSpot, **settings: str) -> Client:
    """The connector's client with the sandbox's credentials."""
    known = vendor.credentials()
    found = CONNECTOR.open(known["settings"] | settings, known["secrets"], Unguarded())
    assert isinstance(found, Client)
    return found


def walk(client: Client, stream: str, cursor: Any = None) -> tuple[list[Any], list[Any], Any]:
    """All records and changes of one run, and the cursor it ended with."""
    records: list[Any] = []
    changes: list[Any] = []
    for page in STREAMS[stream].pages(client, cursor, ()):
        records += page.records
        changes += page.changes
        cursor = page.cursor
    return records, changes, cursor
