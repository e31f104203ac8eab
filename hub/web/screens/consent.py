"""Connecting in the browser: to the vendor's consent page and back."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub import connections, grants
from hub.api import Connector
from hub.errors import CorrectInput
from hub.store.client import Doc
from hub.web.screens import connect, forms
from hub.web.screens.here import here

pages = Blueprint("consent", __name__, url_prefix="/connections")
DENIED = "access_denied"


@pages.post("/new/<name>/consent")
def begin(name: str) -> str | tuple[str, int]:
    """The settings are kept for the way back; the browser leaves by a link, not by this form."""
    asked = here()
    connector = asked.hub.plugins.connector(name)
    settings, _ = forms.read(connector)
    own_name = request.form.get("name", "")
    try:
        wanted = grants.ask(
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
    wanted = grants.ask(
        asked.hub,
        asked.tenant_id,
        asked.person.id,
        connector,
        connection["settings"],
        connection_id=connection_id,
    )
    return _page(connector, wanted)


def _page(connector: Connector, wanted: Doc) -> str:
    where = grants.redirect_uri(here().hub)
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
    wanted, grant = grants.answered(asked.hub, asked.tenant_id, asked.person.id, state, code)
    if wanted["connection_id"]:
        connections.reconnect(
            asked.hub, asked.tenant_id, wanted["connection_id"], wanted["settings"], {}, grant
        )
        flash("Reconnected. What was kept meanwhile is worked on now.")
        return redirect(url_for("connection.page", connection_id=wanted["connection_id"]))
    made = connections.add(
        asked.hub,
        asked.tenant_id,
        wanted["connector"],
        wanted["settings"],
        {},
        wanted["name"],
        grant,
    )
    connect.start(asked, made, asked.hub.connector_of(made))
    flash(f"{made['name']} is connected. Its first sync has begun.")
    return redirect(url_for("connection.page", connection_id=made["_id"]))
