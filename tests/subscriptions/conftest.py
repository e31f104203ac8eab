"""A hub with an edge, and Asana to push to it; the time is the test's to move."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina

from hub.bootstrap import Hub
from hub.embedded import Services
from hub.sandbox import Sandbox
from tests.stage import Stage, build_hub, serving
from tests.subscriptions.watched import Watched


@pytest.fixture(autouse=True, scope="module")
def _one_attempt() -> Iterator[None]:
    stamina.set_testing(True, attempts=1)
    yield
    stamina.set_testing(False)


@pytest.fixture(scope="session")
def hub(services: Services) -> Iterator[Hub]:
    made = build_hub(services)
    with serving(made):
        yield made
    made.close()


@pytest.fixture(scope="module")
def asana(hub: Hub) -> Iterator[Watched]:
    """A connection to a small Asana, synced and subscribed to; each test leaves it whole."""
    with Sandbox(["asana"], seed=3, accounts=4, retry_scale=1 / 60_000) as sandbox:
        yield Watched.connected(Stage(hub, sandbox), "asana")
