"""HubSpot in small on a port of its own, and the connector's client pointed at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.sandbox import Sandbox
from plugins.hubspot.client import Client
from plugins.hubspot.sandbox import HubSpot, create
from tests.plugins.hubspot.walks import connected


@pytest.fixture
def vendor() -> Iterator[HubSpot]:
    with Sandbox(vendors=[create], seed=7, accounts=24) as sandbox:
        found = sandbox["hubspot"]
        assert isinstance(found, HubSpot)
        yield found


@pytest.fixture
def client(vendor: HubSpot) -> Client:
    return connected(vendor)
