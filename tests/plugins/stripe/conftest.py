"""Stripe's sandbox, served over HTTP, and clients that talk to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from plugins.stripe import STRIPE
from plugins.stripe.client import StripeClient
from plugins.stripe.sandbox import StripeSandbox
from tests.plugins.served import attempts, opener, served

Opener = Callable[..., StripeClient]


@pytest.fixture(autouse=True)
def _one_attempt() -> Iterator[None]:
    """The host's short retries are its own; here each call is made once."""
    with attempts(1):
        yield


@pytest.fixture
def vendor() -> Iterator[StripeSandbox]:
    """Stripe over a world of twenty-five companies."""
    with served(StripeSandbox, accounts=25) as found:
        yield found


@pytest.fixture
def connect(vendor: StripeSandbox) -> Opener:
    """Opens a client; named values take the place of the sandbox's credentials."""
    return opener(STRIPE, vendor, StripeClient)


@pytest.fixture
def client(connect: Opener) -> StripeClient:
    """A client with the right credentials."""
    return connect()
