"""Mixpanel's sandbox, served over HTTP, and clients that talk to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from plugins.mixpanel import MIXPANEL
from plugins.mixpanel.client import Mixpanel
from plugins.mixpanel.sandbox import MixpanelSandbox
from tests.plugins.served import attempts, opener, served

Opener = Callable[..., Mixpanel]


@pytest.fixture(autouse=True)
def _one_attempt() -> Iterator[None]:
    """The host's short retries are its own; here each call is made once."""
    with attempts(1):
        yield


@pytest.fixture
def vendor() -> Iterator[MixpanelSandbox]:
    """Mixpanel over a world of five companies."""
    with served(MixpanelSandbox, accounts=5) as found:
        yield found


@pytest.fixture
def connect(vendor: MixpanelSandbox) -> Opener:
    """Opens a client; named values take the place of the sandbox's credentials."""
    return opener(MIXPANEL, vendor, Mixpanel)


@pytest.fixture
def client(connect: Opener) -> Mixpanel:
    """A client with the right credentials."""
    return connect()
