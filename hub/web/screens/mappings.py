"""Mappings: which of the vendor's fields become what, and the tenant's own changes to that."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub import overlays
from hub.drift import settling
from hub.engine import replay
from hub.errors import NotFound
from hub.reads.mappings import BrokenOverlay, own
from hub.store.client import Doc
from hub.web.screens import lists
from hub.web.screens.here import here
from mappings.canonical import ENTITIES
from mappings.language import ObjectMapping
from mappings.lines import HEAD_PART, Line

pages = Blueprint("mappings", __name__, url_prefix="/mappings")

PARTS = (
    ("fields", "Canonical fields"),
    ("custom", "Your own fields"),
    ("links", "Links to other records"),
    (HEAD_PART, "The record itself"),
)
OPEN = {"state": "open"}
START = """\
# fields:
#   name: path.to.another_field
# custom:
#   plan: plan_tier
"""


@pages.get("")
def page() -> str:
    """Connectors that are connected first, each with its objects."""
    asked = here()
    used = set(asked.store.connections.distinct("connector", {}))
    live = {(o["connector"], o["object"]): o for o in asked.store.overlays.find({"active": True})}
    known = asked.hub.plugins
    rows = [
        {
            "name": name,
            "title": known.connectors[name].title,
            "used": name in used,
            "objects": list(asked.hub.mappings(asked.store, name).values()),
            "unread": _unread(name) if name in used else [],
        }
        for name in sorted(known.connectors, key=lambda name: (name not in used, name))
    ]
    drifts = Counter((n["object"], n["connection_id"]) for n in asked.store.drift.find(OPEN))
    of = {c["_id"]: c["connector"] for c in asked.store.connections.find({}, {"connector": 1})}
    counts = Counter[tuple[str, str]]()
    for (object, connection), count in drifts.items():
        counts[of.get(connection, ""), object] += count
    return render_template("mappings.html", rows=rows, live=live, drifts=counts)


@pages.get("/<connector>/<object>")
def one(connector: str, object: str) -> str:
    """The lines, the overlay that is live, and what is still mapped as before."""
    wish = lists.number("version")
    kept = overlays.versions(here().store, connector, object)
    filled = _filled(connector, object)
    if filled is not None:
        return _shown(connector, object, filled, filled=True)
    chosen = [v for v in kept if v.get("version") == wish] or [v for v in kept if v["active"]]
    return _shown(connector, object, chosen[0].get("text") if chosen else None)


def _filled(connector: str, object: str) -> str | None:
    """The overlay with what a notice suggests, or with a field that was picked, already in it."""
    asked, notice, path = here(), lists.text("suggest"), lists.text("pick", 500)
    try:
        if notice:
            return settling.proposed(asked.hub, asked.store, notice, object)
        return settling.picking(asked.hub, asked.store, connector, object, path) if path else None
    except NotFound as error:
        flash(error.sentence, "error")
        return None


@pages.post("/<connector>/<object>")
def change(connector: str, object: str) -> Response | str:
    """Check, try or activate what was written; only activating changes anything."""
    asked, text = here(), request.form.get("text", "").replace("\r\n", "\n")
    wish = request.form.get("do", "")
    try:
        if wish == "activate":
            live = overlays.activate(
                asked.hub, asked.store, connector, object, text, asked.person.email, asked.now
            )
            return _done(connector, object, f"Version {live['version']} is live.", live["version"])
        changed = overlays.check(asked.hub, connector, object, text)
    except BrokenOverlay as error:
        return _shown(connector, object, text, problems=error.problems)
    trials = _trials(connector, changed) if wish == "preview" else None
    return _shown(connector, object, text, trials=trials, fits=True)


@pages.post("/<connector>/<object>/withdraw")
def withdraw(connector: str, object: str) -> Response:
    asked = here()
    try:
        overlays.withdraw(asked.hub, asked.store, connector, object, asked.now)
    except NotFound as error:
        flash(error.sentence, "error")
        return redirect(_home(connector, object))
    return _done(connector, object, "The connector's own mapping counts again.", None)


@pages.post("/<connector>/<object>/replay")
def again(connector: str, object: str) -> Response:
    """Map stored bodies anew with what is live; the vendor is not asked."""
    asked = here()
    count = overlays.replay(asked.hub, asked.store, connector, object)
    _noted("records mapped anew", connector=connector, object=object, records=count)
    words = f"{count:,} records are being mapped anew." if count else "Nothing is left to map anew."
    flash(words)
    return redirect(_home(connector, object))


def _shown(connector: str, object: str, text: str | None, **more: Any) -> str:
    asked = here()
    base = own(asked.hub, connector, object)
    mapping = asked.hub.mappings(asked.store, connector)[object]
    return render_template(
        "mapping.html",
        mapping=mapping,
        connector=asked.hub.plugins.connector(connector),
        parts=_parts(mapping, base),
        unmapped=sorted(set(ENTITIES[mapping.entity].fields) - set(mapping.definition["fields"])),
        versions=overlays.versions(asked.store, connector, object),
        stored=overlays.waiting(asked.hub, asked.store, connector, object),
        drifts=[n for n in _drifts(connector) if n["object"] == object],
        text=START if text is None else text,
        **more,
    )


def _drifts(connector: str) -> list[Doc]:
    """Open notices of the connector's objects."""
    asked = here()
    ids = asked.store.connections.distinct("_id", {"connector": connector})
    return list(asked.store.drift.find({"state": "open", "connection_id": {"$in": ids}}))


def _unread(connector: str) -> list[str]:
    """Titles of the tenant's own kinds of records, which no stream brings."""
    asked = here()
    ids = asked.store.connections.distinct("_id", {"connector": connector})
    known = [*asked.hub.plugins.mappings[connector]]
    other = {"connection_id": {"$in": ids}, "object": {"$nin": known}}
    return sorted({doc["title"] for doc in asked.store.described.find(other, {"title": 1})})


def _parts(mapping: ObjectMapping, base: ObjectMapping) -> list[tuple[str, list[Doc]]]:
    """[(title, [{"name", "line", "was": the connector's own line under an overlay}])]."""
    found = []
    for part, title in PARTS:
        names = _names(mapping, part)
        rows = [_row(name, mapping.lines.get((part, name), ()), base) for name in names]
        found.append((title, rows))
    return [(title, rows) for title, rows in found if rows]


def _names(mapping: ObjectMapping, part: str) -> list[str]:
    """What the mapping makes of a part now: an overlay may have taken a field out."""
    if part == HEAD_PART:
        apart = ("stream", "object", "entity", "fields", "links", "custom")
        return [name for name in mapping.definition if name not in apart]
    if part == "custom":
        return list(mapping.definition["custom"]["fields"])
    return list(mapping.definition[part])


def _row(name: str, lines: tuple[Line, ...], base: ObjectMapping) -> Doc:
    last = lines[-1] if lines else None
    over = last is not None and last.file.startswith("overlay")
    return {"name": name, "line": last, "was": lines[-2] if over and len(lines) > 1 else None}


def _trials(connector: str, changed: ObjectMapping) -> list[Doc]:
    """What the change would do to the stored bodies of each connection."""
    asked = here()
    return [
        {"name": c["name"]}
        | replay.preview_mapping(asked.hub, asked.tenant_id, c["_id"], changed, asked.now)
        for c in asked.store.connections.find({"connector": connector})
    ]


def _done(connector: str, object: str, words: str, version: int | None) -> Response:
    what = "mapping overlay activated" if version else "mapping overlay withdrawn"
    _noted(what, connector=connector, object=object, version=version)
    asked = here()
    due = sum(one["old"] for one in overlays.waiting(asked.hub, asked.store, connector, object))
    rest = f" {due:,} stored records still say what they said: map them anew." if due else ""
    flash(words + rest)
    return redirect(_home(connector, object))


def _home(connector: str, object: str) -> str:
    return url_for("mappings.one", connector=connector, object=object)


def _noted(what: str, **details: Any) -> None:
    asked = here()
    control = asked.hub.catalogue.control
    control.note(asked.tenant_id, asked.person.email, what, asked.now, **details)
