"""Secrets at rest: unreadable without the key, a key for each tenant, and both keys rotate."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from hub import rotation
from hub.bootstrap import Hub
from hub.embedded import Services
from hub.errors import CorrectInput
from hub.store.vault import Vault
from tests.stage import MASTER_KEY, Stage, build_hub

OTHER_KEY = base64.b64encode(bytes(range(96))).decode()


@pytest.fixture
def hub(services: Services) -> Iterator[Hub]:
    hub = build_hub(services)
    yield hub
    hub.close()


def test_what_is_sealed_opens_again_and_is_not_there_in_clear(hub: Hub) -> None:
    sealed = hub.catalogue.vault.seal("ten_a", {"token": "hush-hush"})
    assert hub.catalogue.vault.open(sealed) == {"token": "hush-hush"}
    assert b"hush" not in bytes(sealed)


def test_with_another_master_key_nothing_opens(hub: Hub) -> None:
    sealed = hub.catalogue.vault.seal("ten_b", {"token": "x"})
    other = Vault(hub.catalogue.control.database.client, "hub_control", OTHER_KEY)
    with pytest.raises(CorrectInput, match="master key"):
        other.open(sealed)


def test_a_dropped_tenant_takes_its_secrets_along_and_nobody_elses(hub: Hub) -> None:
    gone, stays = (hub.catalogue.vault.seal(t, {"token": t}) for t in ("ten_c", "ten_d"))
    hub.catalogue.vault.drop("ten_c")
    fresh = Vault(hub.catalogue.control.database.client, "hub_control", MASTER_KEY)
    with pytest.raises(CorrectInput):
        fresh.open(gone)
    assert fresh.open(stays) == {"token": "ten_d"}


def test_after_a_new_master_key_the_former_one_is_needed_no_more(hub: Hub) -> None:
    client = hub.catalogue.control.database.client
    before = Vault(client, "rotating", MASTER_KEY)
    sealed = before.seal("ten_e", {"token": "x"})
    assert Vault(client, "rotating", OTHER_KEY, MASTER_KEY).rewrap() == 1
    assert Vault(client, "rotating", OTHER_KEY).open(sealed) == {"token": "x"}
    with pytest.raises(CorrectInput):
        Vault(client, "rotating", MASTER_KEY).open(sealed)


def test_a_tenants_new_data_key_seals_everything_anew(hub: Hub) -> None:
    stage = Stage(hub)
    vault = hub.catalogue.vault
    sealed = vault.seal(stage.tenant_id, {"token": "x"})
    stage.store.connections.insert({"_id": f"cnx_{stage.tenant_id}", "secrets": sealed})
    assert rotation.rotate_tenant(hub, stage.tenant_id) == 1
    stored = stage.store.connections.find_one({"_id": f"cnx_{stage.tenant_id}"})
    assert stored["secrets"] != sealed
    assert vault.open(stored["secrets"]) == {"token": "x"}
    assert vault.open(sealed) == {"token": "x"}, "a late writer's secret stays readable"


@pytest.mark.parametrize("key", ["", "not base64", base64.b64encode(b"short").decode()])
def test_a_wrong_master_key_is_named(hub: Hub, key: str) -> None:
    with pytest.raises(CorrectInput) as refused:
        Vault(hub.catalogue.control.database.client, "hub_control", key)
    assert refused.value.field == "HUB_MASTER_KEY"
