"""Write keys by the API: shown once, changed, revoked; and what was refused of their events."""

from __future__ import annotations

import pytest

from tests.api.conftest import Api
from tests.usage.sending import Sender, ours

HOME = "https://app.acme.test"


@pytest.fixture
def api(sender: Sender) -> Api:
    return Api(sender.hub, sender.tenant_id)


def test_a_key_made_by_the_api_sends_and_is_not_shown_again(sender: Sender, api: Api) -> None:
    path = f"/connections/{sender.source['_id']}/write-keys"
    made = api.post(path, {"name": "Mobile", "rate": 50}, 201)
    assert sender.post("/v1/track", {"userId": "u", "event": "A"}, key=made["key"]).ok
    assert made["key"] not in api.call("GET", path).text
    listed = api.get(path)
    assert [key["name"] for key in listed["items"]] == ["Mobile", "Tests"]
    assert listed["items"][0]["last_used_at"] is not None
    assert listed["events"]["accepted"] == 1


def test_origins_are_changed_and_a_key_revoked(sender: Sender, api: Api) -> None:
    one = f"/connections/{sender.source['_id']}/write-keys/{sender.key_doc['_id']}"
    changed = api.call("PATCH", one, json={"origins": [HOME, f"{HOME}/"]})
    assert changed.get_json()["origins"] == [HOME]
    assert api.call("PATCH", one, json={"origins": ["x"]}).get_json()["field"] == "origins"
    assert api.post(f"{one}/revoke")["state"] == "revoked"
    api.post(f"{one}/revoke", expect=404)
    assert sender.events(ours()).status_code == 401


def test_what_was_refused_is_shown_by_its_shape(sender: Sender, api: Api) -> None:
    sender.events({"events": [ours(event_id=None, properties={"a": "secret"})]})
    sender.post("/v1/track", b"no json")
    path = f"/connections/{sender.source['_id']}/write-keys/refused"
    found = {row["reason"]: row for row in api.get(path)["items"]}
    assert found["no_event_id"]["field"] == "event_id"
    assert '"a": "text"' in found["no_event_id"]["shape"]


def test_another_tenant_sees_and_touches_none_of_it(sender: Sender, address: str) -> None:
    stranger = Sender(sender.hub, address)
    other = Api(sender.hub, stranger.tenant_id)
    keys = f"/connections/{sender.source['_id']}/write-keys"
    mine = f"/connections/{stranger.source['_id']}/write-keys"
    other.get(keys, 404)
    other.post(keys, {"name": "Mine now"}, 404)
    other.get(f"{keys}/refused", 404)
    for path in (keys, mine):
        other.post(f"{path}/{sender.key_doc['_id']}/revoke", expect=404)
    assert sender.events(ours()).status_code == 202


def test_the_description_of_the_api_tells_how_to_send(api: Api) -> None:
    told = api.call("GET", "/openapi.json").get_json()
    answers = told["paths"]["/api/v1/events"]["post"]["responses"]
    assert {"202", "401", "413", "429"} <= set(answers)
