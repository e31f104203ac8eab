"""Write keys: who may send with which, from where and how often."""

from __future__ import annotations

import pytest
import requests

from hub import removal, write_keys
from hub.errors import CorrectInput
from tests.usage.sending import Sender, ours, track

HOME = "https://app.acme.test"


@pytest.mark.parametrize("key", ["hubw_unknown", "", "ä"])
def test_a_wrong_key_is_401_in_both_manners(sender: Sender, key: str) -> None:
    header = {"Authorization": f"Bearer {key}".encode()}
    sdk = sender.post("/v1/track", track(writeKey=key), key="")
    assert (sdk.status_code, sdk.json()["success"]) == (401, False)
    assert {"code", "message"} <= set(sdk.json())
    own = requests.post(f"{sender.url}/api/v1/events", json=ours(), headers=header, timeout=10)
    assert (own.status_code, own.json()["type"]) == (401, "urn:hub:error:invalid_write_key")
    assert sender.rows() == []


def test_two_keys_that_differ_are_401(sender: Sender) -> None:
    other = sender.another_key()[1]
    assert sender.post("/v1/track", track(writeKey=other)).status_code == 401
    assert sender.post("/v1/track", track(writeKey=sender.key)).status_code == 200


def test_an_api_key_cannot_send_events_and_a_write_key_cannot_read(sender: Sender) -> None:
    token = sender.hub.catalogue.control.add_key(sender.tenant_id, "Reader", sender.hub.now())[1]
    assert sender.post("/v1/track", track(), key=token).status_code == 401
    assert sender.hub.catalogue.control.key_of(sender.key) is None


def test_a_revoked_key_is_401_at_once_though_it_was_just_used(sender: Sender) -> None:
    assert sender.events(ours()).status_code == 202
    write_keys.revoke(sender.hub, sender.tenant_id, sender.key_doc["_id"])
    assert sender.events(ours(event_id="e-2")).status_code == 401
    assert sender.events(ours(event_id="e-3")).status_code == 401
    assert len(sender.rows()) == 1


def test_a_removed_source_takes_its_keys_with_it(sender: Sender) -> None:
    removal.remove(sender.hub, sender.tenant_id, sender.source["_id"], erase=False)
    assert sender.events(ours()).status_code == 401


def test_a_server_key_refuses_pages_and_a_page_key_all_other_pages(sender: Sender) -> None:
    page_key = sender.another_key(origins=[HOME])[1]
    for key, origin, status in (
        (sender.key, None, 200),
        (sender.key, HOME, 403),
        (page_key, HOME, 200),
        (page_key, "https://evil.test", 403),
        (page_key, f"{HOME}.evil.test", 403),
        (page_key, "null", 403),
        (page_key, None, 200),
    ):
        headers = {"Origin": origin} if origin else {}
        answer = sender.post("/v1/track", track(), key=key, headers=headers)
        assert answer.status_code == status, (origin, answer.text)
        allowed = answer.headers.get("Access-Control-Allow-Origin")
        assert allowed == (origin if origin and status == 200 else None)


@pytest.mark.parametrize("path", ["/v1/t", "/api/v1/events"])
def test_a_browser_may_ask_before_it_sends(sender: Sender, path: str) -> None:
    asked = {"Origin": HOME, "Access-Control-Request-Method": "POST"}
    answer = requests.options(sender.url + path, headers=asked, timeout=10)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == HOME
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize(
    "given", ["app.acme.test", "https://", "https://a/b", "ftp://a", "*", "https://a:x", "null"]
)
def test_an_origin_that_no_browser_would_send_is_refused(sender: Sender, given: str) -> None:
    with pytest.raises(CorrectInput):
        sender.another_key(origins=[given])


def test_origins_are_kept_as_browsers_write_them(sender: Sender) -> None:
    given = ["HTTPS://App.Acme.test:443/", "http://127.0.0.1:8080", "https://app.acme.test"]
    made = sender.another_key(origins=given)[0]
    assert made["origins"] == ["http://127.0.0.1:8080", "https://app.acme.test"]


def test_a_key_over_its_rate_is_told_when_to_come_again(sender: Sender) -> None:
    """10 a second: a batch of 25 is 2.5 s of it, so the next has to wait for 1.5 s."""
    key = sender.another_key(rate=10)[1]
    batch = {"batch": [track(messageId=str(n)) for n in range(25)]}
    assert sender.post("/v1/batch", batch, key=key).status_code == 200
    answer = sender.post("/v1/batch", batch, key=key)
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert answer.headers["Retry-After"] == "2"
    assert sender.post("/v1/track", track()).status_code == 200, "another key is not slowed"
    assert sender.book()["received"] == 26


@pytest.mark.parametrize("path", ["/v1/", "/v1/trac", "/v1/track/"])
def test_an_unknown_address_is_404_as_json(sender: Sender, path: str) -> None:
    answer = sender.post(path, track())
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_settings_are_told_to_the_pages_of_a_good_key_alone(sender: Sender) -> None:
    page_key = sender.another_key(origins=[HOME])[1]
    for key, origin, status in (
        (page_key, HOME, 200),
        (page_key, "https://evil.test", 403),
        (sender.key, None, 200),
        ("hubw_unknown", HOME, 401),
    ):
        headers = {"Origin": origin} if origin else {}
        url = f"{sender.url}/v1/projects/{key}/settings"
        answer = requests.get(url, headers=headers, timeout=10)
        assert answer.status_code == status
    assert requests.get(f"{sender.url}/v1/projects/x/y", timeout=10).status_code == 404


def test_other_methods_are_405(sender: Sender) -> None:
    answer = requests.get(f"{sender.url}/v1/track", timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (405, "method")
