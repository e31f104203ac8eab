"""Deliveries: every webhook that was taken, what became of it, and doing it again."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.engine import replay
from hub.errors import HubError, NotFound
from hub.store import inbox
from hub.store.client import Doc
from hub.web.screens import inbox_rows, lists
from hub.web.screens.here import here
from hub.web.screens.record import pretty

pages = Blueprint("deliveries", __name__, url_prefix="/deliveries")

TONES = {"pending": "blue", "held": "yellow", "done": "green", "failed": "red"}


@pages.get("")
def page() -> str:
    asked = here()
    connections = {c["_id"]: c for c in asked.store.connections.find({}, {"name": 1})}
    chosen = lists.choice("connection", tuple(connections))
    wish = inbox_rows.Wish(
        connections=(chosen,) if chosen else tuple(connections),
        state=lists.choice("state", inbox.STATES),
        id=lists.text("q", 120),
        since=moment("since"),
        until=moment("until"),
        before=moment("before"),
        skip=lists.number("skip"),
    )
    return render_template(
        "deliveries.html",
        found=inbox_rows.find(asked.store, wish),
        wish=wish,
        chosen=chosen,
        connections=connections,
        states=inbox.STATES,
        tones=TONES,
    )


def moment(name: str) -> datetime | None:
    """A time of the address, in UTC where it names no zone; anything odd is no time."""
    try:
        found = datetime.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@pages.get("/<delivery_id>")
def one(delivery_id: str) -> str:
    asked = here()
    row = _row(delivery_id)
    connection = asked.store.connections.find_one({"_id": row["connection_id"]}, {"name": 1})
    return render_template(
        "delivery.html",
        row=row,
        connection=connection,
        address=masked(row["url"]),
        pretty=pretty(row["body"]),
        raw=bytes(row["body"]).decode("utf-8", "backslashreplace")[:200_000],
        size=len(row["body"]),
        preview=_preview(delivery_id) if request.args.get("preview") else None,
        tones=TONES,
    )


def _row(delivery_id: str) -> Doc:
    row = here().store.inbox.find_one({"_id": delivery_id})
    if row is None:
        raise NotFound("There is no such delivery, or it is older than what is kept.")
    return row


def masked(url: str) -> str:
    """The address without the endpoint's key."""
    head, mark, rest = url.partition("/webhooks/")
    connector, slash, key = rest.partition("/")
    tail = key.partition("?")[1] + key.partition("?")[2]
    return f"{head}{mark}{connector}{slash}{'•••' if key else ''}{tail}"


def _preview(delivery_id: str) -> list[Doc]:
    """What a replay would do; a failure to say so is part of the answer."""
    asked = here()
    try:
        return replay.preview_delivery(asked.hub, asked.tenant_id, delivery_id)
    except HubError as error:
        return [{"problem": error.sentence}]


@pages.post("/<delivery_id>/replay")
def again(delivery_id: str) -> Response:
    asked = here()
    _row(delivery_id)
    replay.deliveries(asked.hub, asked.tenant_id, [delivery_id])
    flash("It is worked on again; nothing that was applied is applied twice.")
    return redirect(url_for("deliveries.one", delivery_id=delivery_id))
