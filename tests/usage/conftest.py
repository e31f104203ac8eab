"""A hub that takes events over real HTTP, one usage source, and a key to send with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.bootstrap import Hub
from hub.embedded import Services
from tests.engine.toy import Toy
from tests.stage import Stage, build_hub
from tests.usage.sending import Sender, taking


@pytest.fixture(scope="session")
def hub(services: Services) -> Iterator[Hub]:
    """One for the whole folder: each test has a tenant of its own. Toy connectors stay on it."""
    made = build_hub(services)
    yield made
    made.close()


@pytest.fixture(scope="session")
def address(hub: Hub) -> Iterator[str]:
    with taking(hub) as url:
        yield url


@pytest.fixture
def sender(hub: Hub, address: str) -> Sender:
    return Sender(hub, address)


@pytest.fixture
def stage(hub: Hub) -> Stage:
    """A tenant whose events a test puts where the edge leaves them."""
    return Stage(hub)


@pytest.fixture
def toy(hub: Hub) -> Toy:
    return Toy(hub)
