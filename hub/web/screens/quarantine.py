"""Records that could not be mapped: why, what they say, and trying again."""

from __future__ import annotations

import re

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from hub.engine import replay
from hub.store.client import Doc
from hub.web.screens import lists
from hub.web.screens.here import here
from hub.web.screens.record import pretty

pages = Blueprint("quarantine", __name__, url_prefix="/quarantine")

SIZE = 20
STATES = ("open", "mended")


@pages.get("")
def page() -> str:
    asked, number = here(), lists.page_number()
    connections = {c["_id"]: c for c in asked.store.connections.find({}, {"name": 1})}
    chosen = lists.choice("connection", tuple(connections))
    state = lists.choice("state", STATES, "open")
    wanted: Doc = {"state": state} | ({"connection_id": chosen} if chosen else {})
    if wish := lists.text("q", 200):
        wanted["_id"] = {"$regex": re.escape(wish)}
    rows = asked.store.quarantine.find(wanted).sort([("at", -1)])
    found = list(rows.skip(lists.offset(number, SIZE)).limit(SIZE))
    return render_template(
        "quarantine.html",
        rows=[{**row, "pretty": pretty(row["raw"])} for row in found],
        paging=lists.Paging(number, asked.store.quarantine.count(wanted), SIZE),
        connections=connections,
        chosen=chosen,
        state=state,
        wish=wish,
    )


@pages.post("/replay")
def again() -> Response:
    """Map the chosen records with today's mapping; what still fails stays, with its reason."""
    asked = here()
    ids = request.form.getlist("id")[: lists.PAGE_SIZE]
    counts = replay.quarantined(asked.hub, asked.tenant_id, ids)
    words = f"{counts['mended']} mended, {counts['still']} still cannot be mapped."
    flash(words, "error" if counts["still"] else "message")
    return redirect(lists.back("quarantine.page"))
