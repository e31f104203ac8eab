"""Bad input at the edge: the status of the contract, a sentence that helps, and nothing stored."""

from __future__ import annotations

import gzip
import json

import pytest
import requests

from hub import endpoints
from tests.webhooks.conftest import SECRET, Post, event


def test_a_signed_delivery_is_stored_once_and_answered_200(post: Post) -> None:
    assert post().status_code == 200
    [row] = post.rows()
    assert (row["state"], row["method"]) == ("pending", "POST")


@pytest.mark.parametrize(
    ("spoil", "status", "reason"),
    [
        pytest.param({"secret": "another"}, 401, "signature", id="wrong secret"),
        pytest.param({"headers": {"X-HubSpot-Signature-v3": ""}}, 401, "signature", id="empty"),
        pytest.param({"headers": {"X-HubSpot-Signature-v3": "Ä"}}, 401, "signature", id="no ASCII"),
        pytest.param({"age_s": 301}, 401, "signature", id="stale"),
        pytest.param({"age_s": -301}, 401, "signature", id="from the future"),
        pytest.param({"signed_url": "https://elsewhere/"}, 401, "signature", id="other URL"),
        pytest.param({"body": b"{not json"}, 400, "malformed", id="not JSON"),
        pytest.param({"body": b'[{"a":"\xff"}]'}, 400, "malformed", id="invalid UTF-8"),
        pytest.param({"body": b"[" * 200_000}, 400, "malformed", id="deep nesting"),
        pytest.param({"body": b"[" + b"1," * 4_200_000 + b"1]"}, 413, "too_large", id="too large"),
    ],
)
def test_one_thing_spoiled_is_refused_and_not_stored(
    refused: Post, spoil: dict, status: int, reason: str
) -> None:
    answer = refused(**spoil)
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert refused.rows() == []


def test_a_compressed_bomb_is_refused_unopened(refused: Post) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    answer = refused(bomb, headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, refused.rows()) == (400, [])


def test_a_missing_signature_header_is_401(refused: Post) -> None:
    answer = requests.post(refused.url, data=event(), timeout=10)
    assert (answer.status_code, refused.rows()) == (401, [])


@pytest.mark.parametrize("path", ["hubspot/unknown-key", "nobody/key", "jira/app", "", "hubspot/"])
def test_an_unknown_address_is_404_and_an_app_without_secret_401(refused: Post, path: str) -> None:
    base = refused.url.split("/webhooks/")[0]
    answer = refused(url=f"{base}/webhooks/{path}")
    assert answer.status_code == (401 if path == "hubspot/" else 404)


def test_a_key_of_another_connector_is_404(refused: Post) -> None:
    answer = refused(url=refused.url.replace("/hubspot/", "/jira/"))
    assert answer.status_code == 404


def test_without_a_configured_secret_everything_is_refused(post: Post) -> None:
    control = post.stage.hub.catalogue.control
    stored = control.endpoint(post.stage.tenant_id, post.endpoint_id())
    opened = endpoints.hidden(post.stage.hub, stored)
    endpoints._seal(post.stage.hub, post.stage.tenant_id, stored["_id"], opened | {"secrets": []})
    assert post(secret="").status_code == 401
    assert post.rows() == []


def test_both_secrets_count_while_one_is_rotated(post: Post) -> None:
    endpoints.set_secret(post.stage.hub, post.stage.tenant_id, post.endpoint_id(), "the next one")
    assert post(event(eventId=1), secret="the next one").status_code == 200
    assert post(event(eventId=2), secret=SECRET).status_code == 200
    endpoints.set_secret(post.stage.hub, post.stage.tenant_id, post.endpoint_id(), "a third one")
    assert post(event(eventId=3), secret="a third one").status_code == 200
    assert post(event(eventId=4), secret=SECRET).status_code == 401


def test_the_last_refusals_are_kept_without_body_or_secret(post: Post) -> None:
    post(secret="wrong", headers={"Authorization": "Bearer hush"})
    [kept] = endpoints.refused(post.stage.hub, post.stage.tenant_id, post.endpoint_id())
    assert (kept["status"], kept["reason"]) == (401, "signature")
    assert "x-hubspot-signature-v3" in kept["headers"]
    assert "hush" not in json.dumps(kept, default=str)
    assert "propertyValue" not in json.dumps(kept, default=str)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(event().replace(b'"X"', b'"\\u0058 \\/"'), id="escaped letters"),
        pytest.param(event().replace(b": ", b"  :\n\t"), id="odd spaces"),
        pytest.param(event().replace(b'"appId": 99', b'"appId": 99.0'), id="1.0"),
        pytest.param(event().replace(b"[{", b'[{"appId": 1, '), id="duplicate keys"),
    ],
)
def test_a_body_that_json_would_rewrite_verifies(post: Post, body: bytes) -> None:
    assert post(body).status_code == 200
    [row] = post.rows()
    assert bytes(row["body"]) == body
