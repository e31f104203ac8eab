"""HubSpot by installing the operator's app: the dated token endpoint, scopes, and the end of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from hub.embedded import Services
from hub.errors import CorrectInput
from plugins.hubspot.consent import OAUTH
from tests.granted import Granted
from tests.plugins import consented


@pytest.fixture(scope="module")
def hub_of(services: Services) -> Iterator[Granted]:
    with consented.installed(services, "hubspot") as found:
        yield found


@pytest.fixture
def stage(hub_of: Granted) -> Iterator[Granted]:
    with consented.new_tenant(hub_of) as found:
        yield found


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
    assert not consented.is_renewed(stage, connection, minutes=23)
    assert consented.is_renewed(stage, connection, minutes=25)
    assert stage.grant(connection)["refresh_token"] == before["refresh_token"]


def test_a_scope_that_the_app_lacks_is_named_before_anything_is_saved(stage: Granted) -> None:
    stage.granting.withheld = {"tickets", "crm.schemas.deals.read"}
    said = r"not granted: tickets, crm\.schemas\.deals\.read\. The hub's operator adds them"
    with pytest.raises(CorrectInput, match=said):
        stage.connected()
    assert stage.store.connections.count({}) == 0


def test_the_same_account_is_connected_once_by_whichever_way(stage: Granted) -> None:
    consented.is_connected_once(stage)


def test_an_app_that_was_uninstalled_asks_to_be_reconnected(stage: Granted) -> None:
    consented.asks_to_be_reconnected(stage, "owners", minutes=25)


def test_removing_the_connection_gives_the_access_back(stage: Granted) -> None:
    consented.gives_access_back(stage)
