"""HubSpot by installing the operator's app: the dated token endpoint, scopes, and the end of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from hub import grants, removal
from hub.embedded import Services
from hub.errors import AlreadyThere, CorrectInput, Reconnect
from hub.sandbox import Sandbox
from plugins.hubspot.consent import OAUTH
from tests.granted import Granted


@pytest.fixture(scope="module")
def hub_of(services: Services) -> Iterator[Granted]:
    with Sandbox(["hubspot"], seed=7, accounts=6) as sandbox:
        found = Granted(services, sandbox, "hubspot")
        yield found
        found.hub.close()


@pytest.fixture
def stage(hub_of: Granted) -> Iterator[Granted]:
    hub_of.change_tenant()
    yield hub_of
    hub_of.granting.withheld = set()


def test_people_sign_in_at_one_host_and_programs_at_another() -> None:
    assert OAUTH.authorize({}) == "https://app.hubspot.com/oauth/authorize"
    assert OAUTH.token({}) == "https://api.hubapi.com/oauth/2026-09/token"


def test_installing_the_app_connects_its_account_and_the_data_flows(stage: Granted) -> None:
    connection = stage.connected()
    grant = stage.grant(connection)
    assert grant["life_s"] == 1800
    assert set(grant["scopes"]) == set(OAUTH.scopes)
    assert connection["account"]["id"] == str(stage.granting.extra["hub_id"])
    stage.sync(connection, ["companies"])
    assert stage.store.records.count({"connection_id": connection["_id"]}) > 0


def test_the_endpoint_of_version_1_is_gone(stage: Granted) -> None:
    answer = requests.post(f"{stage.vendor.url}/oauth/v1/token", data={}, timeout=10)
    assert answer.status_code == 404


def test_a_token_is_renewed_after_24_minutes_and_the_refresh_token_stays(stage: Granted) -> None:
    connection = stage.connected()
    before = stage.grant(connection)
    stage.age(connection, minutes=23)
    assert grants.access_token(stage.hub, stage.stored(connection)) == before["access_token"]
    stage.age(connection, minutes=25)
    assert grants.access_token(stage.hub, stage.stored(connection)) != before["access_token"]
    assert stage.grant(connection)["refresh_token"] == before["refresh_token"]


def test_a_scope_that_the_app_lacks_is_named_before_anything_is_saved(stage: Granted) -> None:
    stage.granting.withheld = {"tickets", "crm.schemas.deals.read"}
    said = r"not granted: tickets, crm\.schemas\.deals\.read\. The hub's operator adds them"
    with pytest.raises(CorrectInput, match=said):
        stage.connected()
    assert stage.store.connections.count({}) == 0


def test_the_same_account_is_connected_once_by_whichever_way(stage: Granted) -> None:
    stage.connect("hubspot")
    with pytest.raises(AlreadyThere):
        stage.connected()


def test_an_app_that_was_uninstalled_asks_to_be_reconnected(stage: Granted) -> None:
    connection = stage.connected()
    stage.granting.end_consent()
    stage.age(connection, minutes=25)
    with pytest.raises(Reconnect, match="connect it once more"):
        stage.hub.client(stage.stored(connection))
    stage.sync(connection, ["owners"])
    assert stage.stored(connection)["state"] == "reconnect"
    stage.reconnected(connection)
    stage.sync(connection, ["owners"])
    assert stage.run_of(connection, "owners")["state"] == "done"


def test_removing_the_connection_gives_the_access_back(stage: Granted) -> None:
    connection = stage.connected()
    token = stage.grant(connection)["access_token"]
    removal.remove(stage.hub, stage.tenant_id, connection["_id"], erase=False)
    assert not stage.granting.lets_in(token)
