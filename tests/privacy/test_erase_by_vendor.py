"""HubSpot deletes a person for privacy: told by its webhook, the hub forgets by itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from hub.embedded import Services
from hub.sandbox import Sandbox
from hub.waiting import wait_until
from tests.privacy.desk import traces
from tests.stage import Stage, build_hub, serving


@pytest.fixture
def stage(services: Services) -> Iterator[Stage]:
    hub = build_hub(services)
    with Sandbox(["hubspot"], seed=7, accounts=3) as sandbox, serving(hub):
        yield Stage(hub, sandbox)
    hub.close()


def test_a_privacy_deletion_at_hubspot_erases_the_person_everywhere(stage: Stage) -> None:
    connection = stage.connect("hubspot")
    stage.sync(connection)
    stage.listen(connection)
    vendor = stage.sandbox["hubspot"]
    person = next(c for c in vendor.table("contacts").all() if c["properties"].get("email"))
    address = person["properties"]["email"]
    assert traces(stage, address)
    requests.post(
        f"{vendor.url}/crm/v3/objects/contacts/gdpr-delete",
        json={"objectId": person["id"]},
        headers={"Authorization": f"Bearer {vendor.token}"},
        timeout=10,
    ).raise_for_status()
    assert wait_until(lambda: not vendor.queued(), within_s=10)
    stage.drain(connection)
    (asked,) = stage.store.privacy_requests.find({})
    assert (asked["by"], asked["source"], asked["state"]) == ("vendor", "hubspot", "done")
    assert traces(stage, address) == []
    stage.sync(connection, full=True)
    assert traces(stage, address) == []
