"""Salesforce's web server flow: at the org's address or a general one; tokens without a life."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub import consents, grants
from hub.embedded import Services
from hub.errors import CorrectInput
from plugins.salesforce.consent import OAUTH
from tests.granted import Granted
from tests.plugins import consented


@pytest.fixture(scope="module")
def hub_of(services: Services) -> Iterator[Granted]:
    with consented.installed(services, "salesforce") as found:
        yield found


@pytest.fixture
def stage(hub_of: Granted) -> Iterator[Granted]:
    with consented.new_tenant(hub_of) as found:
        yield found


def test_my_domain_takes_the_browser_and_the_token_calls() -> None:
    settings = {"instance_url": "https://acme--dev.sandbox.my.salesforce.com/"}
    host = "https://acme--dev.sandbox.my.salesforce.com/services/oauth2"
    assert OAUTH.authorize(settings) == f"{host}/authorize"
    assert OAUTH.token(settings) == f"{host}/token"
    assert OAUTH.revoke
    assert OAUTH.revoke(settings) == f"{host}/revoke"


def test_consent_connects_and_the_data_flows(stage: Granted) -> None:
    connection = stage.connected()
    stage.sync(connection, ["users"])
    assert stage.store.records.count({"connection_id": connection["_id"]}) > 0


def test_behind_a_general_host_the_org_s_own_address_is_learnt(stage: Granted) -> None:
    general = stage.vendor.url.replace("127.0.0.1", "localhost")
    connection = stage.connected(instance_url=general)
    assert connection["settings"]["instance_url"] == stage.vendor.url
    stage.sync(connection, ["users"])
    assert stage.run_of(connection, "users")["state"] == "done"


def test_an_org_that_has_moved_is_followed_at_the_next_renewal(stage: Granted) -> None:
    connection = stage.connected()
    moved = {"$set": {"settings.instance_url": stage.vendor.url.replace("127.0.0.1", "localhost")}}
    stage.store.connections.update({"_id": connection["_id"]}, moved)
    stage.age(connection, minutes=13)
    grants.access_token(stage.hub, stage.stored(connection))
    assert stage.stored(connection)["settings"]["instance_url"] == stage.vendor.url


@pytest.mark.parametrize(
    "address", ["https://acme.lightning.force.com", "https://salesforce.com.evil.example"]
)
def test_no_other_host_hears_of_the_app(stage: Granted, address: str) -> None:
    connector = stage.hub.plugins.connector("salesforce")
    settings = stage.settings | {"instance_url": address}
    with pytest.raises(CorrectInput, match="no address of Salesforce"):
        consents.ask(stage.hub, stage.tenant_id, "usr_1", connector, settings)


def test_without_a_life_it_is_renewed_within_the_shortest_session(stage: Granted) -> None:
    connection = stage.connected()
    before = stage.grant(connection)
    assert not consented.is_renewed(stage, connection, minutes=11, seconds=50)
    assert consented.is_renewed(stage, connection, minutes=12, seconds=10)
    assert stage.grant(connection)["refresh_token"] != before["refresh_token"]


def test_a_session_that_ended_earlier_is_renewed_without_a_person(stage: Granted) -> None:
    connection = stage.connected()
    stage.granting.end_access()
    stage.age(connection, minutes=5)
    stage.sync(connection, ["users"])
    stage.sync(connection, ["users"])
    assert stage.stored(connection)["state"] == "active"
    assert stage.run_of(connection, "users")["state"] == "done"


@pytest.mark.parametrize("scope", ["api", "refresh_token"])
def test_a_missing_scope_is_named_as_setup_calls_it(stage: Granted, scope: str) -> None:
    stage.granting.withheld = {scope}
    stage.granting.grants_renewal = scope == "api"
    with pytest.raises(CorrectInput, match=f"not granted: {scope}.*Perform requests at any time"):
        stage.connected()
    stage.granting.grants_renewal = True


def test_the_same_org_is_connected_once_by_whichever_way(stage: Granted) -> None:
    consented.is_connected_once(stage)


def test_consent_that_was_taken_away_asks_to_be_given_again(stage: Granted) -> None:
    consented.asks_to_be_reconnected(stage, "users", minutes=13)


def test_removing_the_connection_gives_the_access_back(stage: Granted) -> None:
    consented.gives_access_back(stage)
