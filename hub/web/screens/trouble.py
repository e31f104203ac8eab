"""What a person sees when something is wrong: what it is, and what to do about it."""

from __future__ import annotations

import structlog
from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from hub.errors import HubError
from hub.store.outage import OUTAGE

log = structlog.get_logger(__name__)

RETRY_S = 5
WORDS = {
    400: ("That did not make sense", "The address or form was not understood. Go back and retry."),
    403: ("You may not do this", "Ask an admin of your organisation for access."),
    404: ("There is nothing here", "It may have been removed, or belong to another organisation."),
    405: ("That is not how this works", "Go back and use the buttons of the page."),
    413: ("That is too much at once", "Send a smaller form."),
}
BROKEN = ("Something broke on our side", "Nothing was half saved. Try again; if it stays, tell us.")


def install(app: Flask) -> None:
    """Errors of the screens as pages; the API answers for itself."""
    for kind in OUTAGE:
        app.register_error_handler(kind, store_down)
    app.register_error_handler(CSRFError, forged)
    app.register_error_handler(HubError, refused)
    app.register_error_handler(HTTPException, http_error)


def store_down(error: Exception) -> ResponseReturnValue:
    """503: the page says so and loads again by itself."""
    log.warning("screen_store_failed", error=type(error).__name__, path=request.path)
    page = render_template("store_down.html", retry=RETRY_S)
    return page, 503, {"Retry-After": str(RETRY_S)}


def forged(error: CSRFError) -> ResponseReturnValue:
    sentence = "The form had no valid token, which happens when you signed in anew meanwhile."
    return _page(400, "This page is too old", f"{sentence} Go back, reload the page and try again.")


def refused(error: HubError) -> ResponseReturnValue:
    title = WORDS.get(error.status, ("That did not work", ""))[0]
    return _page(error.status, title, error.sentence)


def http_error(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if code < 400:
        return error.get_response()
    title, sentence = WORDS.get(code, BROKEN)
    return _page(code, title, sentence)


def _page(status: int, title: str, sentence: str) -> ResponseReturnValue:
    return render_template("error.html", status=status, title=title, sentence=sentence), status
