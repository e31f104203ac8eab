"""The plugins: what was loaded, what failed, and why."""

from __future__ import annotations

from flask import Blueprint, render_template

from hub.conform import report as quality
from hub.web.screens import guides
from hub.web.screens.here import here

pages = Blueprint("plugins", __name__, url_prefix="/plugins")


@pages.get("")
def page() -> str:
    host = here().hub.plugins
    report = sorted(host.report, key=lambda p: (not p.reason, p.name))
    grades = {name: quality.read(c.mapping.parent) for name, c in host.connectors.items()}
    return render_template("plugins.html", report=report, connectors=host.connectors, grades=grades)


@pages.get("/<name>")
def one(name: str) -> str:
    """A connector's own guide."""
    connector = here().hub.plugins.connector(name)
    guide = guides.guide(connector.readme)
    found = quality.read(connector.mapping.parent)
    return render_template(
        "guide.html", title=connector.title, guide=guide, connector=connector, quality=found
    )
