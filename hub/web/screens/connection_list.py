"""The connections of a tenant and how each stands."""

from __future__ import annotations

from flask import Blueprint, render_template

from hub.web.screens.here import here
from hub.web.screens.standing import next_step, standing

pages = Blueprint("connection_list", __name__)


@pages.get("/connections")
def page() -> str:
    asked = here()
    found = asked.store.connections.find({}, {"secrets": 0, "facts": 0}).sort("created_at", 1)
    rows = [standing(asked.hub, asked.store, connection) for connection in found]
    return render_template("connections.html", rows=rows, next_step=next_step)
