"""What a command works on: the hub's stores, and the tenant it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from hub import logs
from hub.bootstrap import Hub, build
from hub.errors import CorrectInput, NotFound, TryAgainSoon
from hub.settings import load_settings
from hub.store.outage import OUTAGE

F = TypeVar("F", bound=Callable[..., Any])
STORE_TIMEOUT_MS = 10_000


@contextmanager
def opened() -> Iterator[Hub]:
    """The hub for one command; raises TryAgainSoon when no store is known or one is down."""
    hub = _build()
    try:
        yield hub
    except OUTAGE as error:
        says = " ".join(str(error).split())[:160]
        raise TryAgainSoon(f"The store does not answer ({type(error).__name__}: {says}).") from None
    finally:
        hub.close()


def _build() -> Hub:
    try:
        settings = load_settings(need_stores=True)
    except CorrectInput as error:
        if error.field == "mongodb_uri":
            raise TryAgainSoon(error.sentence, reason="no_store") from None
        raise
    logs.configure("WARNING", "console")
    return build(settings, timeout_ms=STORE_TIMEOUT_MS)


def tenant_option(command: F) -> F:
    """Adds `--tenant`, given to the command as `tenant`: an id or a name, or nothing."""
    help = "Id or name of the tenant; not needed while there is only one."
    return click.option("--tenant", metavar="T", help=help)(command)


def tenant_id(hub: Hub, given: str | None) -> str:
    """The tenant that was named; the only one when none was. Raises NotFound or CorrectInput."""
    tenants = hub.catalogue.control.tenants
    if given:
        found = tenants.find_one({"_id": given}) or tenants.find_one({"name": given})
        if found is None:
            raise NotFound(f"There is no tenant {given}: `hub tenants list` shows them.")
        return str(found["_id"])
    some = list(tenants.find({}, {"name": 1}).limit(11))
    if not some:
        raise NotFound("There is no tenant yet: `hub tenants add NAME` makes one.")
    if len(some) > 1:
        names = ", ".join(f"{t['name']} ({t['_id']})" for t in some[:10])
        raise CorrectInput(f"Name the tenant with --tenant: {names}.", field="tenant")
    return str(some[0]["_id"])


def connection_id(hub: Hub, tenant: str, given: str) -> str:
    """A connection by id, or by its connector's name where the tenant has only one of it."""
    connections = hub.store(tenant).connections
    if connections.find_one({"_id": given}, {"_id": 1}):
        return given
    named = [c["_id"] for c in connections.find({"connector": given}, {"_id": 1}).limit(2)]
    if len(named) == 1:
        return str(named[0])
    if named:
        raise CorrectInput(f"There are several {given} connections: give an id.", field="id")
    raise NotFound(f"There is no connection {given}: `hub connections list` shows them.")
