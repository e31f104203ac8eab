"""Mixpanel's sandbox, served over HTTP, and clients that talk to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import stamina

from hub.http import VendorHttp
from hub.sandbox import Sandbox
from plugins.mixpanel import MIXPANEL
from plugins.mixpanel.client import Mixpanel
from plugins.mixpanel.sandbox import MixpanelSandbox, create

Opener = Callable[..., Mixpanel]


@pytest.fixture(autouse=True)
def _one_attempt() -> Iterator[None]:
    """The host's short retries are its own; here each call is made once."""
    stamina.set_testing(True, attempts=1)
    yield
    stamina.set_testing(False)


@pytest.fixture
def vendor() -> Iterator[MixpanelSandbox]:
    """Mixpanel over a world of five companies."""
    with Sandbox([create], seed=7, accounts=5, retry_scale=1 / 60_000) as sandbox:
        served = sandbox["mixpanel"]
        assert isinstance(served, MixpanelSandbox)
        yield served


@pytest.fixture
def connect(vendor: MixpanelSandbox) -> Opener:
    """Opens a client with the sandbox's credentials; named values take the place of settings."""

    def opened(secret: str = vendor.token, **settings: str) -> Mixpanel:
        given = vendor.credentials()["settings"] | settings
        client = MIXPANEL.open(given, {"secret": secret}, VendorHttp(None, "c1"))
        assert isinstance(client, Mixpanel)
        return client

    return opened


@pytest.fixture
def client(connect: Opener) -> Mixpanel:
    """A client with the right credentials."""
    return connect()
