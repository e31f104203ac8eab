"""Product usage: the catalogue of events, one event's shape, and what comes in just now."""

from __future__ import annotations

import json
from dataclasses import dataclass

from flask import Blueprint, render_template

from hub.reads import events
from hub.reads.paging import Asked
from hub.store import usage_intake
from hub.store.client import Doc
from hub.web.screens import lists
from hub.web.screens.here import here

pages = Blueprint("events", __name__, url_prefix="/events")

KINDS = ("track", "identify", "group", "page", "screen", "alias")
SORTS = {"volume": "-volume", "name": "name", "last": "-last", "new": "-first"}
SIZE, TAIL = 50, 50
FLAGS = {
    "no_name": "without a name",
    "no_user": "without a user",
    "no_id": "without an id of their own",
    "bad_time": "with a time that is none",
    "late": "older than what is kept",
    "bad_number": "with a number that is none",
    "bad_text": "with text that is broken",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """One source and its book: what was received, taken, known already, refused."""

    connection: Doc
    book: Doc
    heard_at: object


@pages.get("")
def page() -> str:
    """The catalogue, with each name's last 30 days."""
    asked = here()
    sources = _sources()
    chosen = lists.choice("source", tuple(sources))
    sort = lists.choice("sort", SORTS, "volume")
    filters = {
        "connection_id": chosen,
        "kind": lists.choice("kind", KINDS),
        "q": lists.text("q"),
    }
    wish = Asked(SIZE, lists.text("cursor", 2000) or None, SORTS[sort])
    found = events.names(asked.store, wish, filters)
    ids = [item["id"] for item in found.items]
    return render_template(
        "events.html",
        found=found,
        days=events.series(asked.store, ids, asked.now.date()),
        sources=sources,
        chosen=chosen,
        kinds=KINDS,
        sort=sort,
        sorts=SORTS,
        sent=[_sent(c) for c in sources.values() if chosen in ("", c["_id"])],
        flags=FLAGS,
    )


def _sources() -> dict[str, Doc]:
    """The connections that send events."""
    asked = here()
    connectors = [n for n, c in asked.hub.plugins.connectors.items() if c.source_kind == "usage"]
    found = asked.store.connections.find(
        {"connector": {"$in": connectors}}, {"name": 1, "state": 1}
    )
    return {doc["_id"]: doc for doc in found.sort("name", 1)}


def _sent(connection: Doc) -> Sent:
    store = here().store
    stream = store.streams.find_one({"_id": f"{connection['_id']}:usage"}) or {}
    book = usage_intake.book(store, connection["_id"])
    return Sent(connection, book, stream.get("heard_at"))


@pages.get("/names/<name_id>")
def name(name_id: str) -> str:
    asked = here()
    shown = events.one_name(asked.store, name_id, asked.now.date())
    wish = Asked(limit=5)
    same = {key: shown[key] for key in ("connection_id", "kind", "name")}
    return render_template(
        "event_name.html",
        shown=shown,
        source=_sources().get(shown["connection_id"]),
        recent=[pretty(e) for e in events.search(asked.store, wish, same).items],
        flags=FLAGS,
    )


@pages.get("/latest")
def latest() -> str:
    """Raw events as they come, latest first."""
    asked = here()
    sources = _sources()
    filters = {
        "connection_id": lists.choice("source", tuple(sources)),
        "kind": lists.choice("kind", KINDS),
        "name": lists.text("name", 300),
        "user": lists.text("user", 200),
        "flagged": lists.text("flagged") == "1",
        "account_id": lists.text("account"),
    }
    cursor = lists.text("cursor", 2000) or None
    found = events.search(asked.store, Asked(TAIL, cursor), filters)
    return render_template(
        "events_latest.html",
        rows=[pretty(event) for event in found.items],
        next=found.next,
        cursor=cursor,
        sources=sources,
        filters=filters,
        kinds=KINDS,
        flags=FLAGS,
    )


def pretty(event: Doc) -> Doc:
    """With its body as text for people."""
    return {**event, "text": json.dumps(event["body"], indent=2, ensure_ascii=False)}
