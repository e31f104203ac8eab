"""SugarCRM's sandbox, served over HTTP, and clients that talk to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import stamina

from hub.http import VendorHttp
from hub.sandbox import Sandbox
from plugins.sugarcrm import SUGARCRM, sessions
from plugins.sugarcrm.client import SugarClient
from plugins.sugarcrm.sandbox import SugarSandbox, create

Opener = Callable[..., SugarClient]


@pytest.fixture(autouse=True)
def _one_attempt() -> Iterator[None]:
    """The host's short retries are its own; here each call is made once, by a new process."""
    sessions.KEPT.clear()
    stamina.set_testing(True, attempts=1)
    yield
    stamina.set_testing(False)


@pytest.fixture
def vendor() -> Iterator[SugarSandbox]:
    """Sugar over a world of nine companies."""
    with Sandbox([create], seed=7, accounts=9, senders=1) as sandbox:
        served = sandbox["sugarcrm"]
        assert isinstance(served, SugarSandbox)
        yield served


@pytest.fixture
def connect(vendor: SugarSandbox) -> Opener:
    """Opens a client with the sandbox's credentials; named values take the place of them."""

    def opened(**changed: str) -> SugarClient:
        given = vendor.credentials()
        known = {field.key for field in SUGARCRM.fields if field.secret}
        secrets = given["secrets"] | {k: v for k, v in changed.items() if k in known}
        settings = given["settings"] | {k: v for k, v in changed.items() if k not in known}
        client = SUGARCRM.open(settings, secrets, VendorHttp(None, "c1"))
        assert isinstance(client, SugarClient)
        return client

    return opened


@pytest.fixture
def client(connect: Opener) -> SugarClient:
    """A client with the right credentials."""
    return connect()
