"""Jira's sandbox, served over HTTP, and clients that talk to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from hub.api import Page
from plugins.jira import JIRA
from plugins.jira.client import JiraClient
from plugins.jira.sandbox import JiraSandbox
from tests.plugins.served import attempts, opener, served

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
def companies() -> int:
    """How many there are in the vendor's world; who reads many pages asks for more."""
    return 20


@pytest.fixture
def vendor(companies: int) -> Iterator[JiraSandbox]:
    """Jira over a world of so many companies."""
    with served(JiraSandbox, accounts=companies, retry_scale=1 / 6000) as found:
        yield found


@pytest.fixture
def connect(vendor: JiraSandbox) -> Opener:
    """Opens a client; named values take the place of the sandbox's credentials."""
    return opener(JIRA, vendor, JiraClient)


@pytest.fixture
def client(connect: Opener) -> JiraClient:
    """A client with the right credentials."""
    return connect()


@pytest.fixture
def one_attempt() -> Iterator[None]:
    """The host's short retries are its own; here each call is made once."""
    with attempts(1):
        yield
