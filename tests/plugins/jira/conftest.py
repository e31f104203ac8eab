"""Jira's sandbox, served over HTTP, and clients that talk to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import stamina

from hub.api import Page
from hub.http import VendorHttp
from hub.sandbox import Sandbox
from plugins.jira import JIRA
from plugins.jira.client import JiraClient
from plugins.jira.sandbox import JiraSandbox, create

Opener = Callable[..., JiraClient]
STREAMS = {stream.object: stream for stream in JIRA.streams}


class Reading:
    """The streams of one connection, read in whole, and what the vendor itself holds."""

    def __init__(self, vendor: JiraSandbox, client: JiraClient) -> None:
        self.vendor, self.client = vendor, client

    def run(self, object: str, cursor: Any = None) -> Iterator[Page]:
        """A run of a stream, page by page."""
        return iter(STREAMS[object].pages(self.client, cursor, ()))

    def pages(self, object: str, cursor: Any = None) -> list[Page]:
        """All pages of a run."""
        return list(self.run(object, cursor))

    def fetched(self, object: str, *ids: str) -> list[Any]:
        """What a fetch by id brings."""
        fetch = STREAMS[object].fetch
        assert fetch is not None
        return list(fetch(self.client, ids))

    def live(self, object: str) -> set[str]:
        """Ids in the vendor's own table, by the type of their project."""
        desk = object == "request"
        return {
            issue["id"]
            for issue in self.vendor.table("issues").all()
            if (issue["fields"]["project"]["projectTypeKey"] == "service_desk") == desk
        }

    def one(self, object: str) -> str:
        """One id, always the same."""
        return min(self.live(object))

    @staticmethod
    def records(found: Sequence[Page]) -> list[dict[str, Any]]:
        """The records of pages."""
        return [dict(record) for page in found for record in page.records]


@pytest.fixture
def jira(vendor: JiraSandbox, client: JiraClient) -> Reading:
    """The streams of a connection with the right credentials."""
    return Reading(vendor, client)


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


@pytest.fixture
def one_attempt() -> Iterator[None]:
    """The host's short retries are its own; here each call is made once."""
    stamina.set_testing(True, attempts=1)
    yield
    stamina.set_testing(False)
