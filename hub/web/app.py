"""The web process: one factory that builds everything, `gunicorn "hub.web.app:create_app()"`."""

from __future__ import annotations

import hashlib
import hmac
import importlib
import pkgutil

from flask import Flask

from hub import bootstrap, logs, web
from hub.bootstrap import Hub
from hub.plugin_host import load_plugins
from hub.settings import Settings, load_settings
from hub.web import status

STORE_TIMEOUT_MS = 3_000
"""A vendor gives up after 5 to 10 s, a person sooner: a store that hangs is said to be down."""
EDGES = (("webhooks.edge", "Edge"), ("webhooks.usage_edge", "UsageEdge"))


def create_app(settings: Settings | None = None) -> Flask:
    """The whole site: the edges in front, then API, screens and the status pages."""
    settings = settings or load_settings(need_stores=True)
    logs.configure(settings.log_level, settings.log_format)
    hub = bootstrap.build(settings, timeout_ms=STORE_TIMEOUT_MS)
    app = Flask(__name__, static_folder="static", template_folder="templates")
    app.secret_key = _session_key(settings)
    app.extensions["hub"] = hub
    app.register_blueprint(status.blueprint(hub))
    _add_parts(app, hub)
    return app


def preload() -> None:
    """Import and compile once what otherwise each process does: a server calls it before it forks.

    Nothing is connected to here.
    """
    settings = load_settings()
    logs.configure(settings.log_level, settings.log_format)
    for found in pkgutil.walk_packages(web.__path__, f"{web.__name__}."):
        importlib.import_module(found.name)
    for module, _ in EDGES:
        importlib.import_module(module)
    load_plugins(folder=settings.connectors_path)


def _add_parts(app: Flask, hub: Hub) -> None:
    """API, screens, and the edges: the hub may import `webhooks` here alone."""
    for name in ("hub.web.api", "hub.web.screens"):
        importlib.import_module(name).register(app, hub)
    for module, name in EDGES:
        edge = getattr(importlib.import_module(module), name)
        app.wsgi_app = edge(hub, app.wsgi_app)  # type: ignore[method-assign]


def _session_key(settings: Settings) -> bytes:
    """The operator's secret, or one derived from the master key for this purpose alone."""
    given = settings.session_secret.get_secret_value()
    key = given or settings.master_key.get_secret_value()
    return hmac.new(key.encode(), b"hub session", hashlib.sha256).digest()
