"""Puts the API together: its nouns, who may call, how errors look, and its description."""

from __future__ import annotations

from importlib import import_module

from flask import Response, jsonify
from flask_openapi.models.info import Info
from flask_openapi.openapi import OpenAPI

from hub.bootstrap import Hub
from hub.plugin_host import VERSION
from hub.web.api import caller, problems, reference
from hub.web.api.shapes import Problem

NOUNS = (
    "tenants",
    "connectors",
    "connections",
    "webhooks",
    "runs",
    "deliveries",
    "quarantine",
    "mappings",
    "fields",
    "accounts",
    "health",
    "backtest",
    "judgements",
    "scorecards",
    "contacts",
    "events",
    "event_intake",
    "write_keys",
    "write_back",
    "records",
    "lineage",
    "identity",
    "rulings",
    "quality",
    "privacy",
)
BODY_LIMIT = 1024 * 1024
OPENAPI = "3.1.0"
ABOUT = """What a hub knows of one tenant's customers, and how it came to know it.

**Who may call.** Send `Authorization: Bearer <api key>`; a key belongs to one tenant and sees
nothing of any other. `hub keys add` makes one.

**Lists** come in pages: pass `next` of a page as `cursor` to get the one behind it. Rows that are
added meanwhile neither repeat nor hide others.

**Times** are UTC in RFC 3339. **Money** is `{"minor": 1250, "currency": "EUR", "exponent": 2}`,
which is 12.50 EUR.

**Errors** are `application/problem+json` (RFC 9457) with a stable `type`, a sentence in `detail`
and, where one is to blame, the `field`.
"""


def build(hub: Hub) -> OpenAPI:
    """The API as an application; it shares the hub's stores and nothing else with the screens."""
    app = OpenAPI(
        "hub.web.api",
        info=Info(title="Customer hub API", version=VERSION, description=ABOUT),
        security_schemes={"key": {"type": "http", "scheme": "bearer"}},
        doc_ui=False,
        static_folder=None,
        validation_error_model=Problem,
        validation_error_callback=problems.of_validation,
    )
    # The framework would write 3.2.0, which readers of 3.1 refuse.
    app.openapi_version = OPENAPI
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    app.before_request(lambda: caller.identify(hub))
    app.after_request(_guarded)
    problems.install(app)
    for noun in NOUNS:
        app.register_api(import_module(f"hub.web.api.{noun}").pages)
    app.add_url_rule("/api/v1/openapi.json", "openapi", lambda: jsonify(app.api_doc))
    app.register_blueprint(reference.pages)
    return app


def _guarded(response: Response) -> Response:
    """Answers hold customers' data: no cache keeps them, no browser guesses their type."""
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
