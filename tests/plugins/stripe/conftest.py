"""Stripe's sandbox, served over HTTP, and clients that talk to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import stamina

from hub.http import VendorHttp
from hub.sandbox import Sandbox
from plugins.stripe import STRIPE
from plugins.stripe.client import StripeClient
from plugins.stripe.sandbox import StripeSandbox, create

Opener = Callable[..., StripeClient]


@pytest.fixture(autouse=True)
def _one_attempt() -> Iterator[None]:
    """The host's short retries are its own; here each call is made once."""
    stamina.set_testing(True, attempts=1)
    yield
    stamina.set_testing(False)


@pytest.fixture
def vendor() -> Iterator[StripeSandbox]:
    """Stripe over a world of twenty-five companies."""
    with Sandbox([create], seed=7, accounts=25, retry_scale=1 / 60_000) as sandbox:
        served = sandbox["stripe"]
        assert isinstance(served, StripeSandbox)
        yield served


@pytest.fixture
def connect(vendor: StripeSandbox) -> Opener:
    """Opens a client with the sandbox's credentials; named values take the place of settings."""

    def opened(api_key: str = vendor.key, **settings: str) -> StripeClient:
        given = vendor.credentials()["settings"] | settings
        client = STRIPE.open(given, {"api_key": api_key}, VendorHttp(None, "c1"))
        assert isinstance(client, StripeClient)
        return client

    return opened


@pytest.fixture
def client(connect: Opener) -> StripeClient:
    """A client with the right credentials."""
    return connect()
