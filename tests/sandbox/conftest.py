from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from hub.sandbox import Sandbox
from tests.sandbox.sink import Sink
from tests.sandbox.tiny import Batching, Secure, Tiny


@pytest.fixture
def sink() -> Iterator[Sink]:
    receiver = Sink()
    yield receiver
    receiver.close()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox([Tiny, Secure, Batching], accounts=30, retry_scale=0.0005) as running:
        yield running


@pytest.fixture
def tiny(sandbox: Sandbox) -> Tiny:
    vendor = sandbox["tiny"]
    assert isinstance(vendor, Tiny)
    return vendor


@pytest.fixture
def client(tiny: Tiny) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers["authorization"] = f"Bearer {tiny.token}"
        yield session
