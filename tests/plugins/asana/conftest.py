"""Asana's sandbox, served over HTTP, and clients that talk to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import stamina

from hub.http import VendorHttp
from hub.sandbox import Sandbox
from plugins.asana import ASANA
from plugins.asana.client import AsanaClient
from plugins.asana.sandbox import AsanaSandbox, create

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _one_attempt() -> Iterator[None]:
    """The host's short retries are its own; here each call is made once."""
    stamina.set_testing(True, attempts=1)
    yield
    stamina.set_testing(False)


@pytest.fixture
def vendor() -> Iterator[AsanaSandbox]:
    """Asana over a world of sixty companies."""
    with Sandbox([create], seed=7, accounts=60, now=NOW, retry_scale=1 / 60_000) as sandbox:
        served = sandbox["asana"]
        assert isinstance(served, AsanaSandbox)
        yield served


@pytest.fixture
def connect(vendor: AsanaSandbox) -> Callable[..., AsanaClient]:
    """Opens a client with the sandbox's credentials; named values take the place of settings."""

    def opened(token: str = vendor.token, **settings: str) -> AsanaClient:
        given = vendor.credentials()["settings"] | settings
        client = ASANA.open(given, {"token": token}, VendorHttp(None, "c1"))
        assert isinstance(client, AsanaClient)
        return client

    return opened


@pytest.fixture
def client(connect: Callable[..., AsanaClient]) -> AsanaClient:
    """A client with the right credentials."""
    return connect()
