"""Zendesk's sandbox, served over HTTP, and clients that talk to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import stamina

from hub.http import VendorHttp
from hub.sandbox import Sandbox
from plugins.zendesk import ZENDESK
from plugins.zendesk.client import ZendeskClient
from plugins.zendesk.sandbox import ZendeskSandbox, create

Opener = Callable[..., ZendeskClient]


@pytest.fixture(autouse=True)
def _one_attempt() -> Iterator[None]:
    """The host's short retries are its own; here each call is made once."""
    stamina.set_testing(True, attempts=1)
    yield
    stamina.set_testing(False)


@pytest.fixture
def vendor() -> Iterator[ZendeskSandbox]:
    """Zendesk over a world of twelve companies, with small pages, an hour after its last edit."""
    with Sandbox([create], seed=7, accounts=12, retry_scale=1 / 60_000) as sandbox:
        served = sandbox["zendesk"]
        assert isinstance(served, ZendeskSandbox)
        served.page_size, served.lag_s = 10, 60
        sandbox.clock.advance(3600)
        yield served


@pytest.fixture
def connect(vendor: ZendeskSandbox) -> Opener:
    """Opens a client with the sandbox's credentials; named values take the place of settings."""

    def opened(api_token: str = vendor.token, **settings: str) -> ZendeskClient:
        given = vendor.credentials()["settings"] | settings
        client = ZENDESK.open(given, {"api_token": api_token}, VendorHttp(None, "c1"))
        assert isinstance(client, ZendeskClient)
        return client

    return opened


@pytest.fixture
def client(connect: Opener) -> ZendeskClient:
    """A client with the right credentials."""
    return connect()
