"""Jira's sandbox, served over HTTP, and clients that talk to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from hub.http import VendorHttp
from hub.sandbox import Sandbox
from plugins.jira import JIRA
from plugins.jira.client import JiraClient
from plugins.jira.sandbox import JiraSandbox, create

Opener = Callable[..., JiraClient]


@pytest.fixture
def vendor() -> Iterator[JiraSandbox]:
    """Jira over a world of sixty companies."""
    with Sandbox(vendors=[create], seed=7, accounts=60, retry_scale=1 / 6000) as sandbox:
        served = sandbox["jira"]
        assert isinstance(served, JiraSandbox)
        yield served


@pytest.fixture
def connect(vendor: JiraSandbox) -> Opener:
    """Opens a client with the sandbox's credentials; named values take the place of settings."""

    def opened(token: str = vendor.token, **settings: str) -> JiraClient:
        given = vendor.credentials()["settings"] | settings
        client = JIRA.open(given, {"token": token}, VendorHttp(None, "c1"))
        assert isinstance(client, JiraClient)
        return client

    return opened


@pytest.fixture
def client(connect: Opener) -> JiraClient:
    """A client with the right credentials."""
    return connect()
