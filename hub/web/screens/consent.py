"""Connecting in the browser: to the vendor's consent page and back."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub import consents
from hub.api import Connector
from hub.errors import CorrectInput, HubError
from hub.store.client import Doc
from hub.web.screens import connect, forms
from hub.web.screens.here import here

pages = Blueprint("consent", __name__, url_prefix="/connections")
DENIED = "access_denied"
Answer = Response | tuple[str, int]


@pages.post("/new/<name>/consent")
def begin(name: str) -> str | tuple[str, int]:
    """The settings are kept for the way back; the browser leaves by a link, not by this form."""
    asked = here()
    connector = asked.hub.plugins.connector(name)
    settings, _ = forms.read(connector)
    own_name = request.form.get("name", "")
    try:
        wanted = consents.ask(
            asked.hub, asked.tenant_id, asked.person.id, connector, settings, own_name
        )
    except CorrectInput as error:
        return connect.refused(connector, {**settings, "name": own_name}, error)
    return _page(connector, wanted)


@pages.post("/<connection_id>/consent")
def again(connection_id: str) -> str:
    """Consent once more for a connection that exists."""
    asked = here()
    connection = asked.hub.connection(asked.store, connection_id)
    connector = asked.hub.connector_of(connection)
    wanted = consents.ask(
        asked.hub,
        asked.tenant_id,
        asked.person.id,
        connector,
        connection["settings"],
        connection_id=connection_id,
    )
    return _page(connector, wanted)


def _page(connector: Connector, wanted: Doc) -> str:
    where = consents.redirect_uri(here().hub)
    return render_template("consent.html", c=connector, url=wanted["url"], redirect_uri=where)


@pages.get("/consent")
def back() -> Response:
    """The vendor sends the browser here, with a code or with the reason why there is none."""
    asked = here()
    if refusal := request.args.get("error"):
        raise CorrectInput(
            "Access was not granted, so nothing was connected."
            if refusal == DENIED
            else "The vendor's consent page ended with an error, so nothing was connected.",
            reason="not_granted",
        )
    state, code = request.args.get("state", ""), request.args.get("code", "")
    found = consents.answered(asked.hub, asked.tenant_id, asked.person.id, state, code)
    if found.choices:
        return redirect(url_for("consent.choose", key=consents.hold(asked.hub, found)))
    return _connected(found.wanted, consents.finish(asked.hub, found))


@pages.get("/consent/<key>")
def choose(key: str) -> str:
    """The access reaches several accounts of the vendor: which of them is meant?"""
    return _choice(key)


@pages.post("/consent/<key>")
def pick(key: str) -> Answer:
    """Asked again when the account cannot be connected, as when it is connected already."""
    asked = here()
    person, chosen = asked.person.id, request.form.get("choice", "")
    wanted = consents.held(asked.hub, asked.tenant_id, person, key).wanted
    try:
        made = consents.pick(asked.hub, asked.tenant_id, person, key, chosen)
    except HubError as error:
        return _choice(key, chosen, error.sentence), error.status
    return _connected(wanted, made)


def _choice(key: str, chosen: str = "", problem: str = "") -> str:
    asked = here()
    found = consents.held(asked.hub, asked.tenant_id, asked.person.id, key)
    return render_template(
        "consent_choice.html",
        c=asked.hub.plugins.connector(found.wanted["connector"]),
        choices=found.choices,
        chosen=chosen,
        problem=problem,
    )


def _connected(wanted: Doc, connection: Doc) -> Response:
    asked = here()
    if wanted["connection_id"]:
        flash("Reconnected. What was kept meanwhile is worked on now.")
    else:
        connect.start(asked, connection, asked.hub.connector_of(connection))
        flash(f"{connection['name']} is connected. Its first sync has begun.")
    return redirect(url_for("connection.page", connection_id=connection["_id"]))
