"""The Salesforce sandbox, served over TLS, and clients that talk to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import stamina

from hub.http import VendorHttp
from hub.sandbox import Sandbox
from plugins.salesforce import CONNECTOR, memory
from plugins.salesforce.client import Client
from plugins.salesforce.sandbox import Org, create

Opener = Callable[..., Client]


@pytest.fixture
def org() -> Iterator[Org]:
    """One org over a world of sixty companies; tries are repeated without waiting."""
    stamina.set_testing(True, attempts=3)
    memory.KEPT.clear()
    with Sandbox(vendors=[create], seed=7, accounts=60, retry_scale=1 / 60_000) as sandbox:
        served = sandbox["salesforce"]
        assert isinstance(served, Org)
        yield served
    stamina.set_testing(False)


@pytest.fixture
def connect(org: Org) -> Opener:
    """Opens a client with the sandbox's credentials; named values take their place."""

    def opened(**other: str) -> Client:
        given = org.credentials()
        values = given["settings"] | given["secrets"] | other
        secret = {field.key for field in CONNECTOR.fields if field.secret}
        http = VendorHttp(None, "c1", loopback_ca=str(org.ca))
        client = CONNECTOR.open(
            {k: v for k, v in values.items() if k not in secret},
            {k: v for k, v in values.items() if k in secret},
            http,
        )
        assert isinstance(client, Client)
        return client

    return opened


@pytest.fixture
def client(connect: Opener) -> Client:
    return connect()
