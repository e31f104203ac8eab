"""The vendor's fields, and notices of their drift: from a field to a line in the overlay."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.drift import settling
from hub.errors import HubError, NotFound
from hub.reads import drift
from hub.reads import fields as reading
from hub.reads.mappings import own
from hub.store.client import Doc
from hub.web.screens import lists
from hub.web.screens.here import here

pages = Blueprint("fields", __name__, url_prefix="/mappings")
DONE = {"dismissed": "Dismissed. It comes back only if there is more to it."}


@pages.get("/drift")
def notices() -> str:
    """Every notice in one state, those of longest standing first."""
    asked = here()
    state = lists.choice("state", drift.STATES, "open")
    shown = drift.listed(asked.hub, asked.store, state=state)
    number = lists.page_number()
    start = lists.offset(number)
    return render_template(
        "drift.html",
        rows=shown[start : start + lists.PAGE_SIZE],
        paging=lists.Paging(number, len(shown)),
        state=state,
        names={c["_id"]: c["name"] for c in asked.store.connections.find({}, {"name": 1})},
        with_args=lists.with_args,
    )


@pages.post("/drift/<notice_id>")
def settle(notice_id: str) -> Response:
    """Dismiss a notice, or put its suggestion live."""
    asked = here()
    who, wish = asked.person.email, request.form.get("do", "")
    try:
        if wish == "accept":
            live = settling.accept(asked.hub, asked.store, notice_id, who, asked.now)
            flash(f"Version {live['version']} of your overlay of {live['object']} is live.")
            _noted("drift accepted", notice_id)
            return redirect(_mapping(live["connector"], live["object"]))
        settling.dismiss(asked.store, notice_id, who, asked.now)
    except HubError as error:
        flash(error.sentence, "error")
        return redirect(url_for("fields.notices"))
    _noted("drift dismissed", notice_id)
    flash(DONE["dismissed"])
    return redirect(url_for("fields.notices"))


@pages.get("/<connector>/<object>/fields")
def page(connector: str, object: str) -> str:
    """What the vendor tells of, and what records carry: the tenant's own fields first."""
    asked = here()
    own(asked.hub, connector, object)
    try:
        connection = reading.find(asked.store, connector, object)
        told = reading.of_object(asked.hub, asked.store, connection, object)
    except NotFound:
        connection, told = {}, {"fields": [], "of": 0}
    wish, which = lists.text("q"), lists.choice("show", ("own", "all"), "own")
    rows = [row for row in told["fields"] if _is_wanted(row, wish, which)]
    number = lists.page_number()
    start = lists.offset(number)
    return render_template(
        "fields.html",
        connector=asked.hub.plugins.connector(connector),
        object=object,
        connection=connection,
        told=told,
        rows=rows[start : start + lists.PAGE_SIZE],
        paging=lists.Paging(number, len(rows)),
        wish=wish,
        show=which,
        with_args=lists.with_args,
    )


def _is_wanted(row: Doc, wish: str, which: str) -> bool:
    named = f"{row['title']} {row['name']}".lower()
    return wish.lower() in named and (which == "all" or row["custom"])


def _mapping(connector: str, object: str) -> str:
    return url_for("mappings.one", connector=connector, object=object)


def _noted(what: str, notice: str) -> None:
    asked = here()
    control = asked.hub.catalogue.control
    control.note(asked.tenant_id, asked.person.email, what, asked.now, notice=notice)
