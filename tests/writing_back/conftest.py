"""A hub with an edge, and the two vendors that take health back, each connected and synced once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import stamina

from hub.bootstrap import Hub
from hub.embedded import Services
from hub.sandbox import Sandbox
from plugins.salesforce import memory
from tests.stage import build_hub, serving
from tests.writing_back.written import Written


@pytest.fixture(autouse=True, scope="module")
def _one_attempt() -> Iterator[None]:
    stamina.set_testing(True, attempts=1)
    yield
    stamina.set_testing(False)


@pytest.fixture(scope="module")
def hub(services: Services) -> Iterator[Hub]:
    memory.KEPT.clear()
    made = build_hub(services)
    with serving(made):
        yield made
    made.close()


@pytest.fixture(scope="module")
def salesforce(hub: Hub) -> Iterator[Written]:
    with connected(hub, "salesforce") as found:
        yield found


@pytest.fixture(scope="module")
def hubspot(hub: Hub) -> Iterator[Written]:
    with connected(hub, "hubspot") as found:
        yield found


@contextmanager
def connected(hub: Hub, name: str) -> Iterator[Written]:
    """In a sandbox of its own, whose clock the test moves."""
    with Sandbox([name], seed=5, accounts=5, retry_scale=1 / 60_000) as sandbox:
        yield Written.connected(hub, sandbox, name)


@pytest.fixture(params=["salesforce", "hubspot"])
def written(request: pytest.FixtureRequest) -> Iterator[Written]:
    """Each vendor in turn, switched off and empty after each test."""
    found: Written = request.getfixturevalue(request.param)
    yield found
    found.reset()
