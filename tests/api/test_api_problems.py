"""Who may call, and how every refusal looks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client

from hub.bootstrap import Hub, build
from hub.web import api
from tests.api.conftest import Api
from tests.stage import Stage

READ = (
    "/tenants",
    "/connectors",
    "/connections",
    "/runs",
    "/deliveries",
    "/quarantine",
    "/mappings",
    "/accounts",
    "/contacts",
    "/opportunities",
    "/tickets",
    "/work-items",
)


@pytest.mark.parametrize("path", READ)
def test_without_a_good_key_nothing_is_read(api_client: Api, path: str) -> None:
    for header in ({}, {"Authorization": "Bearer hub_wrong"}, {"Authorization": "Basic eDp5"}):
        answer = api_client.client.get(f"/api/v1{path}", headers=header)
        assert answer.status_code == 401
        assert answer.content_type == "application/problem+json"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        problem = answer.get_json(force=True)
        assert problem["type"] == "urn:hub:error:unauthenticated"
        assert "items" not in problem


def test_a_revoked_key_is_no_key(stage: Stage) -> None:
    program = Api(stage.hub, stage.tenant_id)
    program.get("/tenants")
    key = stage.hub.catalogue.control.key_of(program.key)
    assert key is not None
    stage.hub.catalogue.control.revoke_key(stage.tenant_id, key["_id"], stage.hub.now())
    program.get("/tenants", expect=401)


def test_another_tenants_key_sees_nothing_of_this_one(
    api_client: Api, stranger: Api, stage: Stage
) -> None:
    assert [t["id"] for t in stranger.get("/tenants")["items"]] == [stranger.tenant_id]
    stranger.get(f"/tenants/{stage.tenant_id}", expect=404)
    for path in ("/accounts", "/contacts", "/tickets", "/opportunities", "/connections", "/runs"):
        rows = api_client.get(path)["items"]
        assert rows, path
        assert stranger.get(path)["items"] == []
        problem = stranger.get(f"{path}/{rows[0]['id']}", expect=404)
        assert problem["type"] == "urn:hub:error:not_found"
        assert rows[0]["id"] not in json.dumps(problem)
    account = api_client.get("/accounts")["items"][0]["id"]
    for part in ("identity", "health", "timeline"):
        stranger.get(f"/accounts/{account}/{part}", expect=404)
    stranger.get("/contacts", account_id=account, expect=404)


def test_another_tenants_key_changes_nothing_of_this_one(
    api_client: Api, stranger: Api, stage: Stage
) -> None:
    mine = api_client.get("/connections")["items"][0]["id"]
    for step in ("test", "pause", "resume", "reconnect", "sync"):
        stranger.post(f"/connections/{mine}/{step}", expect=404)
    stranger.post(f"/connections/{mine}/webhooks/subscribe", expect=404)
    endpoint = api_client.get(f"/connections/{mine}/webhooks")["items"][0]["id"]
    stranger.post(f"/connections/{mine}/webhooks/{endpoint}/secret", expect=404)
    assert stranger.call("DELETE", f"/connections/{mine}?data=erase").status_code == 404
    assert api_client.get(f"/connections/{mine}")["state"] == "active"


@pytest.mark.parametrize(
    ("method", "path", "status", "reason"),
    [
        ("GET", "/nothing", 404, "not_found"),
        ("GET", "/accounts/acc_none", 404, "not_found"),
        ("PUT", "/accounts", 405, "method"),
        ("GET", "/accounts?limit=0", 422, "invalid"),
        ("GET", "/accounts?limit=many", 422, "invalid"),
        ("GET", "/accounts?band=purple", 422, "invalid"),
        ("GET", "/accounts?bnad=red", 422, "invalid"),
        ("GET", "/accounts?cursor=!!", 422, "invalid"),
        ("GET", "/accounts?cursor=W10", 422, "invalid"),
        ("GET", "/tickets?since=yesterday", 422, "invalid"),
        ("GET", "/tickets?since=2026-01-01T00:00:00", 422, "invalid"),
        ("DELETE", "/connections/cnx_none", 422, "invalid"),
    ],
)
def test_every_refusal_is_a_problem_with_a_stable_type(
    api_client: Api, method: str, path: str, status: int, reason: str
) -> None:
    answer = api_client.call(method, path)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    problem = answer.get_json(force=True)
    assert problem["type"] == f"urn:hub:error:{reason}"
    assert problem["status"] == status
    assert problem["detail"].endswith((".", "is."))


def test_a_wrong_field_is_named_and_what_was_sent_is_not_repeated(api_client: Api) -> None:
    problem = api_client.get("/accounts", limit="s3cret", expect=422)
    assert problem["field"] == "limit"
    assert [error["field"] for error in problem["errors"]] == ["limit"]
    assert "s3cret" not in json.dumps(problem)


def test_a_cursor_of_another_order_is_refused(api_client: Api) -> None:
    cursor = api_client.get("/accounts", sort="name", limit=2)["next"]
    assert api_client.get("/accounts", sort="-name", cursor=cursor, expect=422)["field"] == "cursor"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"not json", "application/json", 400),
        (b"[1, 2]", "application/json", 400),
        (b'{"ids": "\xff"}', "application/json", 400),
        (b'{"ids":' + b"[" * 100_000, "application/json", 400),
        (b"<ids/>", "text/xml", 400),
        (b'{"ids": ["' + b"x" * 1_100_000 + b'"]}', "application/json", 413),
        (b'{"ids": []}', "application/json", 422),
        (b'{"ids": ["\\ud800"]}', "application/json", 400),
        (b'{"ids": [{"$ne": 1}]}', "application/json", 422),
        (b'{"ids": ["a"], "failed_of": "b"}', "application/json", 422),
        (b"", "application/json", 422),
    ],
)
def test_a_bad_body_is_refused_and_never_an_error_of_ours(
    api_client: Api, body: bytes, kind: str, status: int
) -> None:
    answer = api_client.call("POST", "/deliveries/replay", data=body, content_type=kind)
    assert answer.status_code == status, answer.get_data(as_text=True)[:300]
    assert answer.content_type == "application/problem+json"


def test_a_store_that_is_down_is_503_with_a_time_to_come_again(stage: Stage) -> None:
    settings = stage.hub.settings.model_copy(update={"mongodb_uri": "mongodb://127.0.0.1:9/"})
    broken: Hub = build(settings, timeout_ms=300)
    app = Flask("site")
    api.register(app, broken)
    answer = Client(app.wsgi_app).get(
        "/api/v1/accounts", headers={"Authorization": "Bearer hub_any"}
    )
    broken.close()
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.get_json(force=True)["type"] == "urn:hub:error:unavailable"


def test_the_site_beside_the_api_keeps_its_own_answers(stage: Stage) -> None:
    app = Flask("site")

    @app.get("/apiary")
    def apiary() -> str:
        return "bees"

    api.register(app, stage.hub)
    client: Any = app.test_client()
    assert client.get("/apiary").text == "bees"
    assert client.get("/nothing").content_type.startswith("text/html")
    assert client.get("/api/nothing").content_type == "application/problem+json"
