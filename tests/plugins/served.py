"""A connector's sandbox, served over HTTP, and its clients: what every connector's tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

import stamina

from hub.api import Connector
from hub.http import VendorHttp
from hub.sandbox import Sandbox, Vendor

V = TypeVar("V", bound=Vendor)
C = TypeVar("C")


@contextmanager
def attempts(count: int = 1) -> Iterator[None]:
    """The host's short retries are its own; meanwhile each call is made so often, unwaited."""
    stamina.set_testing(True, attempts=count)
    yield
    stamina.set_testing(False)


@contextmanager
def served(
    kind: type[V],
    accounts: int,
    now: datetime | None = None,
    retry_scale: float = 1 / 60_000,
    senders: int = 4,
) -> Iterator[V]:
    """A vendor of this kind over a world of so many companies, always the same ones."""
    running = Sandbox(
        [kind], seed=7, accounts=accounts, now=now, retry_scale=retry_scale, senders=senders
    )
    with running as sandbox:
        (vendor,) = sandbox.vendors.values()
        assert isinstance(vendor, kind)
        yield vendor


def opener(connector: Connector, vendor: Vendor, kind: type[C]) -> Callable[..., C]:
    """Opens a client with the sandbox's credentials; named values take the place of them.

    A value without a name takes the place of the one secret that the sandbox gives.
    """
    known = {field.key for field in connector.fields if field.secret}

    def opened(secret: str | None = None, **changed: Any) -> C:
        given = vendor.credentials()
        if secret is not None:
            (key,) = given["secrets"]
            changed[key] = secret
        secrets = given["secrets"] | {k: v for k, v in changed.items() if k in known}
        settings = given["settings"] | {k: v for k, v in changed.items() if k not in known}
        http = VendorHttp(None, "c1", loopback_ca=str(vendor.ca or ""))
        client = connector.open(settings, secrets, http)
        assert isinstance(client, kind)
        return client

    return opened
