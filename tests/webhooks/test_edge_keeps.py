"""What the edge keeps of a delivery, and that a plugin's trouble throws no delivery away."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import requests

from hub.bootstrap import Hub
from hub.embedded import Services
from tests.engine.toy import Toy
from tests.stage import Stage, build_hub, serving


@pytest.fixture
def hub(services: Services) -> Iterator[Hub]:
    made = build_hub(services)
    with serving(made):
        yield made
    made.close()


@pytest.fixture
def stage(hub: Hub) -> Stage:
    return Stage(hub)


@pytest.fixture
def toy(hub: Hub) -> Toy:
    return Toy(hub)


def test_a_stored_delivery_does_not_hold_the_key_that_let_it_in(stage: Stage, toy: Toy) -> None:
    url = stage.endpoint(toy.connect(stage.tenant_id))["url"]
    assert requests.post(url + "?a=b", data=b"[]", timeout=10).status_code == 200
    [row] = stage.store.inbox.find({})
    assert url.rsplit("/", 1)[1] not in repr(row)
    assert row["url"].endswith(f"/webhooks/{toy.name}/(key)?a=b")


def test_a_key_that_is_no_proper_text_does_not_fail_its_neighbours(stage: Stage, toy: Toy) -> None:
    """JSON can hold half a surrogate pair, which MongoDB cannot; commits hold many deliveries."""
    toy.key = lambda delivery: str(json.loads(delivery.body)[0])
    url = stage.endpoint(toy.connect(stage.tenant_id))["url"]
    assert requests.post(url, data=rb'["\ud800"]', timeout=10).status_code == 200
    assert stage.store.inbox.count({}) == 1


def test_a_connector_that_failed_to_load_makes_the_vendor_try_again(stage: Stage, toy: Toy) -> None:
    """404 would tell some vendors to drop the subscription."""
    url = stage.endpoint(toy.connect(stage.tenant_id))["url"]
    del stage.hub.plugins.connectors[toy.name]
    answer = requests.post(url, data=b"[]", timeout=10)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
