"""Errors as problem+json (RFC 9457): a stable `type`, a sentence, and the field to blame."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from hub.errors import HubError, Reconnect
from hub.reads.mappings import BrokenOverlay
from hub.store.outage import OUTAGE
from hub.web.api.caller import NoKey

log = structlog.get_logger(__name__)
TYPE = "urn:hub:error:"
"""The same prefix as the webhook edge has."""
CONTENT = "application/problem+json"
AGAIN_S = 5
SENTENCES = {
    404: ("not_found", "There is nothing at this address: /api/docs lists what there is."),
    405: ("method", "This address does not take this method."),
    413: ("too_large", "The body is too large: 1 MiB is allowed."),
    415: ("media_type", "Send the body as application/json."),
}


def install(app: Flask) -> None:
    """Let every error of the application answer as a problem."""
    app.register_error_handler(HubError, of_hub)
    app.register_error_handler(HTTPException, of_http)
    for kind in OUTAGE:
        app.register_error_handler(kind, of_outage)
    app.register_error_handler(Exception, of_surprise)


def problem(status: int, reason: str, detail: str, **more: Any) -> Response:
    """{type, title, status, detail, field?, errors?}; None is left out."""
    body = {
        "type": TYPE + reason,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **{name: value for name, value in more.items() if value is not None},
    }
    return Response(json.dumps(body), status, content_type=CONTENT)


def of_hub(error: HubError) -> Response:
    """Refused credentials are the caller's to correct, so they are no 502."""
    status = 422 if isinstance(error, Reconnect) else error.status
    errors = None
    if isinstance(error, BrokenOverlay):
        errors = [{"field": "overlay", "detail": found} for found in error.problems]
    answer = problem(status, error.reason, error.sentence, field=error.field, errors=errors)
    again = getattr(error, "retry_after", None)
    if again:
        answer.headers["Retry-After"] = str(max(1, round(again)))
    if isinstance(error, NoKey):
        answer.headers["WWW-Authenticate"] = 'Bearer realm="hub"'
    return answer


def of_validation(error: ValidationError) -> Response:
    """All fields that are wrong, without repeating what was sent."""
    errors = [
        {"field": ".".join(str(part) for part in one["loc"]), "detail": one["msg"]}
        for one in error.errors(include_input=False, include_url=False, include_context=False)
    ]
    first = errors[0]
    sentence = f"{first['field'] or 'The body'}: {first['detail']}."
    return problem(422, "invalid", sentence, field=first["field"] or None, errors=errors)


def of_http(error: HTTPException) -> Response:
    status = error.code or 500
    reason, sentence = SENTENCES.get(status, ("http", error.description or error.name))
    answer = problem(status, reason, sentence)
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        answer.headers["Allow"] = ", ".join(sorted(allowed))
    return answer


def of_outage(error: Exception) -> Response:
    log.warning("store_unreachable", error=type(error).__name__)
    answer = problem(503, "unavailable", "The store does not answer just now: try again soon.")
    answer.headers["Retry-After"] = str(AGAIN_S)
    return answer


def of_surprise(error: Exception) -> Response:
    log.error("request_failed", error=type(error).__name__, exc_info=error)
    return problem(500, "internal", "Something went wrong here; it has been noted.")
