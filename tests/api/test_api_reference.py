"""The OpenAPI document and the reference page."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from hub.web.api.accounts import AccountQuery
from hub.web.api.shapes import Model
from tests.api.conftest import Api

METHODS = {"get", "post", "put", "patch", "delete"}
NOUNS = {
    "tenants", "connectors", "connections", "runs", "deliveries", "quarantine",
    "mappings", "accounts", "contacts", "opportunities", "tickets", "work-items", "identity",
    "privacy", "scorecards", "events", "event-names", "health",
}  # fmt: skip


@pytest.fixture
def document(api_client: Api) -> Any:
    answer = api_client.client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    return answer.get_json()


def test_it_is_openapi_3_1_and_names_every_noun(document: Any) -> None:
    assert re.fullmatch(r"3\.1\.\d+", document["openapi"])
    assert {path.split("/")[3] for path in document["paths"]} == NOUNS


def test_every_operation_is_named_once_wants_a_key_and_knows_its_problems(document: Any) -> None:
    operations = [
        operation
        for item in document["paths"].values()
        for method, operation in item.items()
        if method in METHODS
    ]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names)) > 30
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    for operation in operations:
        assert operation["security"] == [{"key": []}]
        assert operation["summary"]
        assert "application/problem+json" in operation["responses"]["401"]["content"]
        assert "application/json" not in operation["responses"]["422"]["content"]


def test_every_reference_leads_somewhere(document: Any) -> None:
    wanted = set(re.findall(r'"#/([^"]+)"', json.dumps(document)))
    assert wanted
    for reference in wanted:
        found = document
        for part in reference.split("/"):
            assert part in found, reference
            found = found[part]


def test_every_part_of_a_path_is_a_required_parameter(document: Any) -> None:
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            given = {p["name"] for p in item[method].get("parameters", ()) if p["in"] == "path"}
            assert given == set(re.findall(r"{(\w+)}", path)), (method, path)


def test_filters_and_paging_are_described(document: Any) -> None:
    parameters = document["paths"]["/api/v1/tickets"]["get"]["parameters"]
    assert {p["name"] for p in parameters} >= {"limit", "cursor", "status", "account_id", "since"}


def test_a_models_schema_is_made_once() -> None:
    assert AccountQuery.model_json_schema() is AccountQuery.model_json_schema()
    assert AccountQuery.model_json_schema() is not Model.model_json_schema()


def test_the_page_is_served_from_here_under_a_strict_policy(api_client: Api) -> None:
    page = api_client.client.get("/api/docs")
    policy = page.headers["Content-Security-Policy"]
    nonce = re.search(r"script-src 'nonce-([^']+)'", policy)
    assert nonce
    assert "unsafe-inline" not in policy.split("style-src")[0]
    assert re.findall(r"<script[^>]*>", page.text) == [
        f'<script src="/api/docs/redoc.standalone.js" nonce="{nonce[1]}">',
        f'<script nonce="{nonce[1]}">',
    ]
    assert not re.search(r"https?://", page.text)
    assert nonce[1] not in api_client.client.get("/api/docs").text
    with api_client.client.get("/api/docs/redoc.standalone.js") as script:
        assert script.status_code == 200
        assert len(script.data) > 500_000
