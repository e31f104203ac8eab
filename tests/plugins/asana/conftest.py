"""Asana's sandbox, served over HTTP, and clients that talk to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from plugins.asana import ASANA
from plugins.asana.client import AsanaClient
from plugins.asana.sandbox import AsanaSandbox
from tests.plugins.served import attempts, opener, served

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _one_attempt() -> Iterator[None]:
    """The host's short retries are its own; here each call is made once."""
    with attempts(1):
        yield


@pytest.fixture
def vendor() -> Iterator[AsanaSandbox]:
    """Asana over a world of twenty companies."""
    with served(AsanaSandbox, accounts=20, now=NOW) as found:
        yield found


@pytest.fixture
def connect(vendor: AsanaSandbox) -> Callable[..., AsanaClient]:
    """Opens a client; named values take the place of the sandbox's credentials."""
    return opener(ASANA, vendor, AsanaClient)


@pytest.fixture
def client(connect: Callable[..., AsanaClient]) -> AsanaClient:
    """A client with the right credentials."""
    return connect()
