"""Write keys on a source's page: made, shown once, held to web pages, revoked."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub import endpoints
from hub import write_keys as making
from hub.errors import CorrectInput, HubError
from hub.reads import write_keys
from hub.store.client import Doc
from hub.web.screens.here import here

pages = Blueprint("write_keys", __name__, url_prefix="/connections/<connection_id>/write-keys")


def door(connection: Doc) -> dict[str, Any] | None:
    """What a page shows of the way in for events; None where a connection takes none."""
    asked = here()
    if not making.takes_events(asked.hub, connection):
        return None
    given = (asked.hub, asked.tenant_id, connection["_id"])
    return {
        "url": endpoints.base(asked.hub),
        "keys": write_keys.everything(*given),
        "book": write_keys.book(*given),
        "refused": write_keys.refused(*given),
        "rate": asked.hub.settings.usage_rate,
    }


@pages.post("")
def add(connection_id: str) -> Response | str:
    """A new key, shown this once."""
    asked = here()
    name = request.form.get("name", "")
    try:
        made, key = making.create(
            asked.hub, asked.tenant_id, connection_id, name, _origins(), _rate()
        )
    except HubError as error:
        return _back(connection_id, error.sentence, "error")
    _noted("write key created", made["_id"])
    return render_template(
        "secret_once.html",
        title=f"Write key {made['name']}",
        secret=key,
        say="Put it into the SDK that sends. It can only send events, and it is not shown again.",
        back=_place(connection_id),
    )


@pages.post("/<key_id>/origins")
def allow(connection_id: str, key_id: str) -> Response:
    asked = here()
    try:
        making.one(asked.hub, asked.tenant_id, key_id, connection_id)
        making.allow(asked.hub, asked.tenant_id, key_id, _origins())
    except CorrectInput as error:
        return _back(connection_id, error.sentence, "error")
    _noted("write key origins changed", key_id)
    return _back(connection_id, "The pages of the key are changed, within seconds everywhere.")


@pages.post("/<key_id>/revoke")
def revoke(connection_id: str, key_id: str) -> Response:
    asked = here()
    making.one(asked.hub, asked.tenant_id, key_id, connection_id)
    making.revoke(asked.hub, asked.tenant_id, key_id)
    _noted("write key revoked", key_id)
    return _back(connection_id, "The key is revoked; what is sent with it is refused from now on.")


def _origins() -> list[str]:
    """As people write them: divided by spaces, commas or lines."""
    return request.form.get("origins", "").replace(",", " ").split()


def _rate() -> int | None:
    given = request.form.get("rate", "").strip()
    if not given:
        return None
    if not given.isascii() or not given.isdigit():
        raise CorrectInput("The rate is a number of events a second.", field="rate")
    return int(given)


def _noted(what: str, key_id: str) -> None:
    asked = here()
    control = asked.hub.catalogue.control
    control.note(asked.tenant_id, asked.person.email, what, asked.now, key=key_id)


def _place(connection_id: str) -> str:
    return url_for("connection.page", connection_id=connection_id, _anchor="events")


def _back(connection_id: str, words: str, kind: str = "message") -> Response:
    flash(words, kind)
    return redirect(_place(connection_id))
