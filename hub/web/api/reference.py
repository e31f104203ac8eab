"""The reference page: Redoc over the OpenAPI document, from packaged files alone."""

from __future__ import annotations

import secrets
from importlib.resources import files

from flask import Blueprint, Response, render_template_string, send_file

pages = Blueprint("reference", __name__, url_prefix="/api/docs")

SCRIPT = str(files("flask_openapi_redoc") / "templates/redoc/js/redoc.standalone.js")
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Customer hub API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body { margin: 0 }</style></head>
<body><div id="reference"></div>
<script src="/api/docs/redoc.standalone.js" nonce="{{ nonce }}"></script>
<script nonce="{{ nonce }}">
Redoc.init("/api/v1/openapi.json", {}, document.getElementById("reference"))
</script></body></html>
"""
# Redoc styles its page from script and searches in a worker; both are allowed on this page alone.
POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@pages.get("", endpoint="page", strict_slashes=False)
def page() -> Response:
    nonce = secrets.token_urlsafe(16)
    answer = Response(render_template_string(PAGE, nonce=nonce))
    answer.headers["Content-Security-Policy"] = POLICY.format(nonce=nonce)
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@pages.get("/redoc.standalone.js", endpoint="script")
def script() -> Response:
    return send_file(SCRIPT, mimetype="text/javascript", max_age=86400)
