"""One source record: what the vendor said, what it became, and what brought it."""

from __future__ import annotations

import json
from contextlib import suppress

from flask import Blueprint, render_template, url_for

from hub.errors import NotFound
from hub.store.client import Doc
from hub.web.screens.here import here

pages = Blueprint("record", __name__)

SHOWN_CHARS = 200_000


@pages.get("/records/<path:key>")
def page(key: str) -> str:
    asked = here()
    store = asked.store
    record = store.records.find_one({"_id": key}, {"contribution": 0})
    if record is None:
        raise NotFound("There is no such record, or it was erased.")
    connection = store.connections.find_one({"_id": record["connection_id"]}, {"name": 1})
    known = asked.hub.plugins.mappings.get(record["source"], {})
    return render_template(
        "record.html",
        record=record,
        is_mapped=record["object"] in known,
        connection=connection,
        raw=pretty(record.get("raw")),
        origin=_origin(record),
        quarantined=store.quarantine.find_one({"_id": key, "state": "open"}, {"sentence": 1}),
    )


def pretty(raw: bytes | None) -> str:
    """A stored body indented for reading; what is no JSON is shown as it is."""
    if raw is None:
        return ""
    text = bytes(raw).decode("utf-8", "replace")
    with suppress(ValueError):
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    return text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + "\n… (cut)"


def _origin(record: Doc) -> Doc:
    """{"words", "url"}: the delivery, run or read that brought the stored body."""
    origin = record.get("origin") or {}
    kind, mark = origin.get("kind"), origin.get("id", "")
    if kind == "delivery" or (kind == "fetch" and mark):
        words = "a webhook" if kind == "delivery" else "a read that a webhook asked for"
        return {"words": words, "url": url_for("deliveries.one", delivery_id=mark)}
    if kind == "run":
        connection = record["connection_id"]
        return {"words": "a sync", "url": url_for("connection.page", connection_id=connection)}
    if kind == "events":
        return {"words": "usage events", "url": url_for("events.latest")}
    return {"words": "a read", "url": ""}
