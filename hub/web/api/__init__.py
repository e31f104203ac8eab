"""The HTTP API under /api/v1, its OpenAPI 3.1 document, and the reference page at /api/docs.

It is an application of its own in front of the screens, so that every one of its answers, also to
an address that does not exist, is JSON, and so that a session of the screens never signs it in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

from hub.bootstrap import Hub
from hub.web.api import application

PREFIX = "/api"
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


def register(app: Flask, hub: Hub) -> None:
    """Answer /api with the API and everything else as before."""
    api = application.build(hub).wsgi_app
    rest = app.wsgi_app

    def either(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        mine = path == PREFIX or path.startswith(f"{PREFIX}/")
        return (api if mine else rest)(environ, start)

    app.wsgi_app = either  # type: ignore[method-assign, assignment]
