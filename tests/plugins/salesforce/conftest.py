"""The Salesforce sandbox, served over TLS, and clients that talk to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from plugins.salesforce import CONNECTOR, memory
from plugins.salesforce.client import Client
from plugins.salesforce.sandbox import Org
from tests.plugins.served import attempts, opener, served

Opener = Callable[..., Client]


@pytest.fixture
def org() -> Iterator[Org]:
    """One org over a world of twenty companies; tries are repeated without waiting."""
    memory.KEPT.clear()
    with attempts(3), served(Org, accounts=20) as found:
        yield found


@pytest.fixture
def connect(org: Org) -> Opener:
    """Opens a client; named values take the place of the sandbox's credentials."""
    return opener(CONNECTOR, org, Client)


@pytest.fixture
def client(connect: Opener) -> Client:
    return connect()
