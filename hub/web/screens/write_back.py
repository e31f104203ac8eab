"""Writing health back, on a connection's page: chosen, tried, switched on and off."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.errors import HubError
from hub.store.client import Doc
from hub.web.screens.here import here
from hub.writing_back import desk

pages = Blueprint("write_back", __name__, url_prefix="/connections/<connection_id>/write-back")


def block(connection: Doc) -> dict[str, Any] | None:
    """What the connection's page shows of it; None where the vendor takes no text."""
    asked = here()
    found = desk.stand(asked.hub, asked.store, connection)
    return found if found["possible"] else None


@pages.get("")
def choose(connection_id: str) -> str:
    """The fields that there are by the vendor's word, and what would be written."""
    asked = here()
    connection = asked.hub.connection(asked.store, connection_id)
    offered, trouble = None, ""
    try:
        offered = desk.choices(asked.hub, asked.tenant_id, connection_id)
    except HubError as error:
        trouble = error.sentence
    found = desk.stand(asked.hub, asked.store, connection)
    chosen = request.args.get("field") or found["field"] or _first(offered)
    return render_template(
        "write_back_choose.html",
        connection=connection,
        title=asked.hub.connector_of(connection).title,
        offered=offered,
        trouble=trouble,
        chosen=chosen,
        preview=desk.preview(asked.hub, asked.store, connection, chosen) if offered else [],
    )


@pages.post("/on")
def on(connection_id: str) -> Response:
    asked = here()
    field = request.form.get("field", "")
    try:
        found = desk.switch_on(asked.hub, asked.tenant_id, connection_id, field, asked.person.email)
    except HubError as error:
        flash(error.sentence, "error")
        return redirect(url_for("write_back.choose", connection_id=connection_id, field=field))
    flash(f"Health is written to {found['title']} from now on. The first texts follow in moments.")
    return _back(connection_id)


@pages.post("/off")
def off(connection_id: str) -> Response:
    asked = here()
    clear = request.form.get("texts") == "clear"
    desk.switch_off(asked.hub, asked.tenant_id, connection_id, asked.person.email, clear)
    after = "The texts are taken out of the field now." if clear else "The texts stay as they are."
    flash(f"Switched off. {after}")
    return _back(connection_id)


def _first(offered: Doc | None) -> str:
    """One that nothing reads and that nobody uses, so that nothing is overwritten unawares."""
    known = (offered or {"fields": []})["fields"]
    free = [one["name"] for one in known if not one["read_by"] and not one["filled"]]
    return free[0] if free else ""


def _back(connection_id: str) -> Response:
    where = url_for("connection.page", connection_id=connection_id)
    return redirect(f"{where}#write-back")
