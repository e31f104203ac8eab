"""The screens: server-rendered pages for people, each for the signed-in person's tenant."""

from __future__ import annotations

from importlib import import_module

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from hub.bootstrap import Hub
from hub.web.screens import assets, frame, gate, trouble, words

OPEN = ("sign_in",)
GUARDED = (
    "live",
    "portfolio",
    "account",
    "record",
    "lineage",
    "identity",
    "review",
    "connection_list",
    "connect",
    "consent",
    "connection",
    "endpoint",
    "write_keys",
    "write_back",
    "events",
    "deliveries",
    "quarantine",
    "mappings",
    "fields",
    "plugins",
    "scorecards",
    "judgement",
    "backtest",
    "settings",
    "privacy",
    "guides",
)


def register(app: Flask, hub: Hub) -> None:
    """Add every screen to the application."""
    gate.install(app, hub, frozenset(GUARDED))
    words.install(app)
    frame.install(app)
    assets.install(app)
    trouble.install(app)
    for name in (*OPEN, *GUARDED):
        app.register_blueprint(import_module(f"hub.web.screens.{name}").pages)
    proxies = hub.settings.trusted_proxies
    if proxies:
        fixed = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)
        app.wsgi_app = fixed  # type: ignore[method-assign]
