"""The API over real stores: one tenant with HubSpot in small synced once, and keys of its own.

Tests leave what was synced as they found it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from hub.bootstrap import Hub
from hub.embedded import Services
from hub.sandbox import Sandbox
from hub.store.client import Doc
from hub.web import api
from tests.stage import Stage, build_hub


class Api:
    """A program that calls the API with one key."""

    def __init__(self, hub: Hub, tenant_id: str) -> None:
        self.hub, self.tenant_id = hub, tenant_id
        _, self.key = hub.catalogue.control.add_key(tenant_id, "test", hub.now())
        self.client = Client(site_of(hub).wsgi_app)

    def call(self, method: str, path: str, **options: Any) -> TestResponse:
        """A call below /api/v1 with the key."""
        headers = {"Authorization": f"Bearer {self.key}", **options.pop("headers", {})}
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **options)

    def get(self, path: str, expect: int = 200, **query: Any) -> Any:
        """The JSON of an answer with this status."""
        return self._json(self.call("GET", path, query_string=query), expect)

    def post(self, path: str, body: Any = None, expect: int = 200) -> Any:
        return self._json(self.call("POST", path, json={} if body is None else body), expect)

    def all(self, path: str, **query: Any) -> list[Any]:
        """Every row of a list, page by page."""
        rows, cursor = [], None
        while True:
            page = self.get(path, **query, **({"cursor": cursor} if cursor else {}))
            rows += page["items"]
            cursor = page["next"]
            if cursor is None:
                return rows

    @staticmethod
    def _json(answer: TestResponse, status: int) -> Any:
        assert answer.status_code == status, answer.get_data(as_text=True)[:600]
        kind = "application/json" if status < 400 else "application/problem+json"
        assert answer.content_type == kind
        return answer.get_json(force=True)


_SITES: dict[int, tuple[Hub, Flask]] = {}


def site_of(hub: Hub) -> Flask:
    """The hub's API as an application, which is made once."""
    if id(hub) not in _SITES:
        app = Flask("site")
        api.register(app, hub)
        _SITES[id(hub)] = hub, app
    return _SITES[id(hub)][1]


@pytest.fixture(scope="session")
def hub(services: Services) -> Iterator[Hub]:
    made = build_hub(services, public_url="https://hub.example")
    yield made
    made.close()


@pytest.fixture(scope="session")
def stage(hub: Hub) -> Iterator[Stage]:
    """A tenant whose HubSpot of twelve companies was synced once."""
    with Sandbox(["hubspot"], seed=7, accounts=12) as sandbox:
        made = Stage(hub, sandbox)
        made.sync(made.connect("hubspot"))
        yield made


@pytest.fixture(scope="session")
def connection(stage: Stage) -> Doc:
    found = stage.store.connections.find_one({})
    assert found is not None
    return found


@pytest.fixture(scope="session")
def api_client(stage: Stage) -> Api:
    return Api(stage.hub, stage.tenant_id)


@pytest.fixture(scope="session")
def stranger(stage: Stage) -> Api:
    """A key of another tenant on the same stores."""
    return Api(stage.hub, Stage(stage.hub).tenant_id)
