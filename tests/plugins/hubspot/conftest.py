"""HubSpot in small on a port of its own, and the connector's client pointed at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from plugins.hubspot.client import Client
from plugins.hubspot.sandbox import HubSpot
from tests.plugins.hubspot.walks import connected
from tests.plugins.served import served


@pytest.fixture
def vendor() -> Iterator[HubSpot]:
    with served(HubSpot, accounts=24, retry_scale=1 / 60) as found:
        yield found


@pytest.fixture
def client(vendor: HubSpot) -> Client:
    return connected(vendor)
