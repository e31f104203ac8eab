"""Connecting a vendor: choose it, fill in its fields, and it is tested before it is saved."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub import connections, grants
from hub.api import Connector
from hub.errors import HubError
from hub.store.client import Doc
from hub.subscriptions import asking
from hub.web.screens import forms, guides
from hub.web.screens.here import Here, here

pages = Blueprint("connect", __name__, url_prefix="/connections/new")

KINDS = {
    "crm": "Customers, people and deals",
    "support": "Tickets and ratings",
    "work": "Projects and tasks",
    "billing": "Subscriptions and invoices",
    "usage": "Product usage",
}
Answer = Response | str | tuple[str, int]


@pages.get("")
def choose() -> str:
    asked = here()
    offered = sorted(asked.hub.plugins.connectors.values(), key=_order)
    connected = asked.store.connections.distinct("connector", {})
    failed = [p for p in asked.hub.plugins.report if p.reason]
    return render_template(
        "connect_choose.html", offered=offered, connected=connected, failed=failed, kinds=KINDS
    )


def _order(connector: Connector) -> tuple[int, str]:
    return list(KINDS).index(connector.source_kind), connector.title


@pages.get("/<name>")
def fill(name: str) -> Answer:
    connector = here().hub.plugins.connector(name)
    values = {f.key: f.default for f in connector.fields if not f.secret}
    return _form(forms.ConnectForm(connector, values))


@pages.post("/<name>")
def save(name: str) -> Answer:
    """Nothing is kept when the vendor refuses; the form comes back with the reason at its field."""
    asked = here()
    connector = asked.hub.plugins.connector(name)
    settings, secrets = forms.read(connector)
    try:
        made = connections.add(
            asked.hub, asked.tenant_id, name, settings, secrets, request.form.get("name", "")
        )
    except HubError as error:
        return refused(connector, {**settings, "name": request.form.get("name", "")}, error)
    start(asked, made, connector)
    flash(f"{made['name']} is connected. Its first sync has begun.")
    return redirect(url_for("connection.page", connection_id=made["_id"]))


def refused(connector: Connector, values: dict[str, str], error: HubError) -> tuple[str, int]:
    """The form again, with what was typed and what was wrong."""
    form = forms.ConnectForm(connector, values)
    form.refuse(error)
    return _form(form), error.status


def _form(form: forms.ConnectForm) -> str:
    readme = guides.guide(form.connector.readme)
    by_consent = grants.app_of(here().hub, form.connector) is not None
    return render_template("connect_fill.html", form=form, guide=readme, by_consent=by_consent)


def start(asked: Here, connection: Doc, connector: Connector) -> None:
    """Ring for the first sync, and subscribe where the vendor can be asked."""
    for stream in connector.streams:
        asked.hub.bell.ring_sync(asked.tenant_id, connection["_id"], stream.name)
    try:
        results = asking.subscribe(asked.hub, asked.tenant_id, connection["_id"])
    except HubError as error:
        results = [{"state": "failed", "reason": error.sentence}]
    for result in results:
        if result["state"] == "failed":
            flash(f"Its webhook could not be set up yet: {result['reason']}", "error")
