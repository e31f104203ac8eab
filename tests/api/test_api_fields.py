"""The vendor's fields and their drift by the API, and by command."""

from __future__ import annotations

import pytest

from hub.store.client import Doc
from tests.api.conftest import Api
from tests.stage import Stage

GONE = "custom:\n  gone: gone\n"


def test_fields_are_listed_with_who_carries_them(api_client: Api, connection: Doc) -> None:
    home = f"/connections/{connection['_id']}/fields"
    told = api_client.get(home)
    assert (told["connector"], told["currency"], told["problem"]) == ("hubspot", "EUR", "")
    assert "machines" in [one["object"] for one in told["objects"]]
    (company,) = api_client.get(home, object="company")["objects"]
    tier = next(f for f in company["fields"] if f["name"] == "properties.tier")
    assert (tier["type"], tier["custom"], tier["values"][0]) == ("choice", True, "Gold")
    assert tier["suggestion"] == "custom:\n  tier: tier\n"
    assert 0 < tier["filled"] <= tier["of"] == company["of"]
    api_client.get(home, object="nothing", expect=404)


@pytest.mark.parametrize("way", ["dismiss", "accept"])
def test_a_notice_is_settled(api_client: Api, stage: Stage, connection: Doc, way: str) -> None:
    stage.store.drift.delete({})
    home = f"/connections/{connection['_id']}/drift"
    overlays = "/mappings/hubspot/company/overlays"
    api_client.post(overlays, {"text": GONE})
    (notice,) = api_client.get(home)["items"]
    assert (notice["kind"], notice["reads"]) == ("absent", ["custom.gone"])
    said = api_client.post(f"{home}/{notice['id']}/{way}")
    if way == "accept":
        live = api_client.get(overlays)["items"][0]
        assert (live["version"], live["text"]) == (said["version"], "custom:\n  gone: null\n")
    else:
        assert said["state"] == "dismissed"
    assert api_client.get(home)["items"] == []
    api_client.post(f"/connections/cnx_none/drift/{notice['id']}/{way}", expect=404)
    api_client.post(f"{home}/drf_none/{way}", expect=404)
    stage.store.overlays.delete({})
