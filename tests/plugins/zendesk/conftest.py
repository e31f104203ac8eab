"""Zendesk's sandbox, served over HTTP, and clients that talk to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from plugins.zendesk import ZENDESK
from plugins.zendesk.client import ZendeskClient
from plugins.zendesk.sandbox import ZendeskSandbox
from tests.plugins.served import attempts, opener, served

Opener = Callable[..., ZendeskClient]


@pytest.fixture(autouse=True)
def _one_attempt() -> Iterator[None]:
    """The host's short retries are its own; here each call is made once."""
    with attempts(1):
        yield


@pytest.fixture
def vendor() -> Iterator[ZendeskSandbox]:
    """Zendesk over a world of twelve companies, with small pages, an hour after its last edit."""
    with served(ZendeskSandbox, accounts=12) as found:
        found.page_size, found.lag_s = 10, 60
        found.clock.advance(3600)
        yield found


@pytest.fixture
def connect(vendor: ZendeskSandbox) -> Opener:
    """Opens a client; named values take the place of the sandbox's credentials."""
    return opener(ZENDESK, vendor, ZendeskClient)


@pytest.fixture
def client(connect: Opener) -> ZendeskClient:
    """A client with the right credentials."""
    return connect()
