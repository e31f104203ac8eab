"""Access that was granted: renewed once, saved at once, and ended with a reason."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

import pytest

from hub import consents, grants, removal, rotation
from hub.api import Choice
from hub.embedded import Services
from hub.errors import AlreadyThere, CorrectInput, NotFound, Reconnect, RetryLater
from hub.sandbox import Response, Sandbox
from hub.sandbox.granting import Granting
from hub.store.client import Doc
from tests.granted import Granted

RACERS, ROUNDS = 8, 12


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(["asana"], seed=7, accounts=5) as running:
        yield running


@pytest.fixture(scope="module")
def granted(services: Services, sandbox: Sandbox) -> Iterator[Granted]:
    found = Granted(services, sandbox, "asana")
    found.granting.rotates = True
    yield found
    found.hub.close()


@pytest.fixture
def stage(granted: Granted) -> Granted:
    """A tenant of its own."""
    granted.change_tenant()
    return granted


def test_consent_connects_and_the_data_flows(stage: Granted) -> None:
    connection = stage.connected()
    stage.sync(connection)
    assert stage.store.records.count({"connection_id": connection["_id"], "object": "task"}) > 0


def test_a_state_is_good_once_and_only_for_whoever_asked(stage: Granted) -> None:
    state, code = stage.consent("usr_1")
    with pytest.raises(NotFound):
        consents.answered(stage.hub, stage.tenant_id, "usr_2", state, code)
    with pytest.raises(NotFound):
        consents.answered(stage.hub, "ten_other", "usr_1", state, code)
    consents.answered(stage.hub, stage.tenant_id, "usr_1", state, code)
    with pytest.raises(NotFound):
        consents.answered(stage.hub, stage.tenant_id, "usr_1", state, code)


def test_a_choice_that_waits_is_no_state(stage: Granted) -> None:
    """What waits for an account to be picked is found by its own key alone, and stays."""
    choices = (Choice("a", "A", settings={}), Choice("b", "B", settings={}))
    key = consents.hold(stage.hub, replace(stage.answered(), choices=choices))
    with pytest.raises(NotFound):
        consents.answered(stage.hub, stage.tenant_id, "usr_1", key, "code")
    held = consents.held(stage.hub, stage.tenant_id, "usr_1", key)
    assert [choice.id for choice in held.choices] == ["a", "b"]


def test_a_code_that_the_vendor_does_not_know_connects_nothing(stage: Granted) -> None:
    state, _ = stage.consent()
    with pytest.raises(CorrectInput, match="invalid_grant"):
        consents.answered(stage.hub, stage.tenant_id, "usr_1", state, "stolen")


def test_nothing_secret_is_stored_in_clear(stage: Granted) -> None:
    connection = stage.connected()
    grant = stage.grant(connection)
    stored = repr(stage.hub.connection(stage.store, connection["_id"]))
    assert grant["access_token"] not in stored
    assert grant["refresh_token"] not in stored
    assert stage.granting.client_secret not in stored


def test_many_at_once_renew_once_and_none_is_lost(stage: Granted) -> None:
    connection = stage.connected()
    refused = stage.granting.refusals
    for _ in range(ROUNDS):
        stage.age(connection, minutes=49)
        before = stage.granting.renewals
        stored = stage.hub.connection(stage.store, connection["_id"])
        gate = threading.Barrier(RACERS)

        def race(stored: Doc = stored, gate: threading.Barrier = gate) -> str:
            gate.wait()
            return grants.access_token(stage.hub, stored)

        with ThreadPoolExecutor(RACERS) as pool:
            found = {future.result() for future in [pool.submit(race) for _ in range(RACERS)]}
        assert found == {stage.grant(connection)["access_token"]}
        assert stage.granting.renewals == before + 1
    assert stage.granting.refusals == refused


def test_each_renewal_names_where_consent_was_sent_back_to(
    stage: Granted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asana's pages name it among what a renewal sends; whether it must be is not said."""
    said: list[str | None] = []
    token = Granting.token

    def noted(self: Granting, form: dict[str, str]) -> Response:
        said.append(form.get("redirect_uri"))
        return token(self, form)

    monkeypatch.setattr(Granting, "token", noted)
    connection = stage.connected()
    for _ in range(2):
        stage.age(connection, minutes=49)
        grants.access_token(stage.hub, stage.hub.connection(stage.store, connection["_id"]))
    assert said == [consents.redirect_uri(stage.hub)] * 3


def test_a_young_token_is_left_alone(stage: Granted) -> None:
    connection = stage.connected()
    stage.age(connection, minutes=47)
    before = stage.granting.renewals
    stage.hub.client(stage.hub.connection(stage.store, connection["_id"]))
    assert stage.granting.renewals == before


def test_a_token_that_was_ended_early_is_renewed_without_asking_anybody(stage: Granted) -> None:
    connection = stage.connected()
    stage.granting.end_access()
    stage.age(connection, minutes=5)
    stage.sync(connection, ["users"])
    assert stage.hub.connection(stage.store, connection["_id"])["state"] == "active"
    stage.sync(connection, ["users"])
    assert stage.run_of(connection, "users")["state"] == "done"


def test_ended_consent_pauses_the_connection_and_goes_on_after_it_is_given_again(
    stage: Granted,
) -> None:
    connection = stage.connected()
    stage.granting.end_consent()
    stage.age(connection, minutes=49)
    stage.sync(connection, ["users"])
    paused = stage.hub.connection(stage.store, connection["_id"])
    assert paused["state"] == "reconnect"
    assert "connect it once more" in paused["reason"]
    assert stage.reconnected(connection)["_id"] == connection["_id"]
    stage.sync(connection, ["users"])
    assert stage.run_of(connection, "users")["state"] == "done"


def test_a_vendor_that_keeps_refusing_is_believed(stage: Granted) -> None:
    connection = stage.connected()
    for _ in range(grants.REFUSALS):
        assert grants.renew_early(stage.hub, stage.store, connection["_id"])
    assert not grants.renew_early(stage.hub, stage.store, connection["_id"])


def test_a_grant_outlives_a_new_data_key(stage: Granted) -> None:
    connection = stage.connected()
    before = stage.grant(connection)
    rotation.rotate_tenant(stage.hub, stage.tenant_id)
    rotation.rotate_tenant(stage.hub, stage.tenant_id)
    assert stage.grant(connection) == before


def test_without_a_refresh_token_the_end_is_the_end(stage: Granted) -> None:
    connection = stage.connected()
    grant = {**stage.grant(connection), "refresh_token": None}
    sealed = stage.hub.catalogue.vault.seal(stage.tenant_id, grant)
    stage.store.connections.update({"_id": connection["_id"]}, {"$set": {"grant": sealed}})
    stage.age(connection, hours=2)
    with pytest.raises(Reconnect):
        stage.hub.client(stage.hub.connection(stage.store, connection["_id"]))


def test_removing_a_connection_gives_the_access_back(stage: Granted) -> None:
    connection = stage.connected()
    grant = stage.grant(connection)
    removal.remove(stage.hub, stage.tenant_id, connection["_id"], erase=True)
    assert not stage.granting.lets_in(grant["access_token"])
    assert not stage.granting.is_current(grant["refresh_token"])


@pytest.mark.parametrize("status", [503, 403, 400])
def test_a_vendor_that_is_away_or_refuses_does_not_keep_a_connection_from_being_removed(
    stage: Granted, status: int
) -> None:
    connection = stage.connected()
    stage.vendor.faults.add("error", path="/-/oauth_revoke", count=9, status=status)
    (left,) = removal.remove(stage.hub, stage.tenant_id, connection["_id"], erase=True)
    assert left.startswith("The access that you gave still stands at the vendor: ")
    assert stage.store.connections.count({"_id": connection["_id"]}) == 0
    stage.vendor.faults.clear()


def test_fewer_permissions_than_are_needed_are_named_and_nothing_is_connected(
    stage: Granted,
) -> None:
    stage.granting.withheld = {"default"}
    with pytest.raises(CorrectInput, match="not granted: default") as refused:
        stage.connected()
    stage.granting.withheld = set()
    assert refused.value.reason == "missing_scopes"
    assert stage.store.connections.count({}) == 0


def test_the_same_account_twice_is_refused(stage: Granted) -> None:
    stage.connected()
    with pytest.raises(AlreadyThere, match="connected already"):
        stage.connected()


def test_our_secret_goes_to_no_other_host(stage: Granted) -> None:
    connector = stage.hub.plugins.connector("asana")
    settings = {**stage.settings, "base_url": "https://app.asana.com.evil.example/api/1.0"}
    with pytest.raises(CorrectInput, match="Asana"):
        consents.ask(stage.hub, stage.tenant_id, "usr_1", connector, settings)


@pytest.mark.parametrize("meanwhile", ["consent given anew", "a new data key", "a token set"])
def test_what_happens_while_the_vendor_answers_a_renewal_is_kept(
    stage: Granted, meanwhile: str
) -> None:
    connection = stage.connected()
    stage.age(connection, minutes=49)
    now, once = stage.granting.now, iter([True])
    anew = {**stage.grant(connection), "access_token": "given anew"}

    def happens() -> None:
        mine = {"_id": connection["_id"]}
        if meanwhile == "consent given anew":
            sealed = stage.hub.catalogue.vault.seal(stage.tenant_id, anew)
            stage.store.connections.update(mine, {"$set": {"grant": sealed}})
        elif meanwhile == "a new data key":
            rotation.rotate_tenant(stage.hub, stage.tenant_id)
        else:
            stage.store.connections.update(mine, {"$unset": {"grant": ""}})

    def at_the_vendor() -> datetime:
        if next(once, False):
            happens()
        return now()

    stage.granting.now = at_the_vendor
    try:
        if meanwhile == "a token set":
            with pytest.raises(RetryLater, match="other credentials"):
                grants.access_token(stage.hub, stage.stored(connection))
            return
        token = grants.access_token(stage.hub, stage.stored(connection))
    finally:
        stage.granting.now = now
    assert (token == "given anew") is (meanwhile == "consent given anew")
    assert stage.grant(connection)["access_token"] == token
    assert next(once, None) is None
