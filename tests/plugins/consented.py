"""Connections by consent: the stage, and what holds at every vendor that connects so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from hub import grants, removal
from hub.embedded import Services
from hub.errors import AlreadyThere, Reconnect
from hub.sandbox import Sandbox
from hub.store.client import Doc
from tests.granted import Granted


@contextmanager
def installed(services: Services, vendor: str) -> Iterator[Granted]:
    """A hub with the operator's app at a vendor of six companies."""
    with Sandbox([vendor], seed=7, accounts=6) as sandbox:
        found = Granted(services, sandbox, vendor)
        yield found
        found.hub.close()


@contextmanager
def new_tenant(stage: Granted) -> Iterator[Granted]:
    """A tenant of its own; what the test has the app lack is given back."""
    stage.change_tenant()
    yield stage
    stage.granting.withheld = set()


def is_renewed(stage: Granted, connection: Doc, **after: float) -> bool:
    """Whether a token of this age is another one when it is asked for."""
    before = stage.grant(connection)["access_token"]
    stage.age(connection, **after)
    return grants.access_token(stage.hub, stage.stored(connection)) != before


def is_connected_once(stage: Granted) -> None:
    """Who has connected an account by its key cannot connect it by consent, too."""
    stage.connect(stage.name)
    with pytest.raises(AlreadyThere):
        stage.connected()


def asks_to_be_reconnected(stage: Granted, stream: str, **after: float) -> None:
    """When consent has ended: in a sentence at once, then as a state, until it is given again."""
    connection = stage.connected()
    stage.granting.end_consent()
    stage.age(connection, **after)
    with pytest.raises(Reconnect, match="connect it once more"):
        stage.hub.client(stage.stored(connection))
    stage.sync(connection, [stream])
    assert stage.stored(connection)["state"] == "reconnect"
    stage.reconnected(connection)
    stage.sync(connection, [stream])
    assert stage.run_of(connection, stream)["state"] == "done"


def gives_access_back(stage: Granted) -> None:
    """Removing the connection ends its token at the vendor."""
    connection = stage.connected()
    token = stage.grant(connection)["access_token"]
    assert not removal.remove(stage.hub, stage.tenant_id, connection["_id"], erase=False)
    assert not stage.granting.lets_in(token)
