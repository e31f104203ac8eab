"""One connection: its streams, runs, webhooks, and what can be done with it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub import connections, endpoints, grants, removal
from hub.engine import replay, runs
from hub.errors import HubError
from hub.reads import limits
from hub.store.client import Doc
from hub.subscriptions import asking, health, looking
from hub.web.screens import forms, guides, missing, standing, write_back, write_keys
from hub.web.screens.here import here

pages = Blueprint("connection", __name__, url_prefix="/connections/<connection_id>")

RUNS = 12
Answer = Response | str | tuple[str, int]


@pages.get("")
def page(connection_id: str) -> str:
    asked = here()
    connection = asked.hub.connection(asked.store, connection_id)
    recent = asked.store.runs.find({"connection_id": connection_id}).sort("started_at", -1)
    latest = list(recent.limit(RUNS))
    return render_template(
        "connection.html",
        stand=standing.standing(asked.hub, asked.store, connection),
        next_step=standing.next_step,
        runs=latest,
        running={r["stream"]: r for r in latest if r["state"] == "running"},
        endpoints=_endpoints(connection),
        asks=_asks(connection),
        watch=health.watch(connection),
        missed=health.missed(asked.store, connection_id, asked.now),
        door=write_keys.door(connection),
        limits=limits.of(asked.hub, connection),
        back=write_back.block(connection),
    )


def _endpoints(connection: Doc) -> list[Doc]:
    """Each address with its set-up text and what it last refused."""
    asked = here()
    if connection["connector"] not in asked.hub.plugins.connectors:
        return []
    shown = health.describe(asked.hub, asked.tenant_id, connection)
    return [
        {
            **one,
            "guide": guides.rendered(one["setup"], deeper=3),
            "refused": endpoints.refused(asked.hub, asked.tenant_id, one["id"]),
        }
        for one in shown
    ]


def _asks(connection: Doc) -> bool:
    """Whether the vendor can be asked to push."""
    connector = here().hub.plugins.connectors.get(connection["connector"])
    return any(w.register is not None for w in connector.webhooks) if connector else False


@pages.post("/look")
def look(connection_id: str) -> Response:
    asked = here()
    asked.hub.connection(asked.store, connection_id)
    looking.soon(asked.hub, asked.tenant_id, connection_id)
    return _back(connection_id, "The webhooks are looked after now.")


@pages.post("/subscribe")
def subscribe(connection_id: str) -> Response:
    """Ask the vendor for every webhook that is not there."""
    asked = here()
    try:
        results = asking.subscribe(asked.hub, asked.tenant_id, connection_id)
    except HubError as error:
        return _back(connection_id, error.sentence, "error")
    failed = [result for result in results if result["state"] == "failed"]
    if failed:
        words = f"{len(failed)} of {len(results)} could not be set up: {failed[0]['reason']}"
        return _back(connection_id, words, "error")
    return _back(connection_id, f"{len(results)} webhooks were asked for; all others are there.")


@pages.post("/sync")
def sync(connection_id: str) -> Response:
    """Make one stream, or all, due at once."""
    asked = here()
    connection = asked.hub.connection(asked.store, connection_id)
    full = request.form.get("how") == "full"
    named = request.form.get("stream", "")
    for stream in asked.hub.connector_of(connection).streams:
        if named in ("", stream.name):
            runs.ask(asked.store, connection_id, stream.name, asked.now, full)
            asked.hub.bell.ring_sync(asked.tenant_id, connection_id, stream.name)
    what = named or "every stream"
    return _back(connection_id, f"Asked for {what}{' in full' if full else ''}.")


@pages.post("/<any(pause, resume):step>")
def switch(connection_id: str, step: str) -> Response:
    asked = here()
    getattr(connections, step)(asked.hub, asked.tenant_id, connection_id)
    said = {
        "pause": "Paused. Webhooks are still taken and kept until you resume.",
        "resume": "Active again. What was kept is worked on now.",
    }
    return _back(connection_id, said[step])


@pages.post("/test")
def test(connection_id: str) -> Response:
    asked = here()
    try:
        found = connections.test(asked.hub, asked.tenant_id, connection_id)
    except HubError as error:
        return _back(connection_id, error.sentence, "error")
    if found["missing"]:
        words = f"These permissions are missing: {', '.join(found['missing'])}."
        return _back(connection_id, words, "error")
    return _back(connection_id, f"The credentials work, for {found['name']}.")


@pages.post("/replay-failed")
def replay_failed(connection_id: str) -> Response:
    asked = here()
    count = replay.failed(asked.hub, asked.tenant_id, connection_id)
    return _back(connection_id, f"{count} failed deliveries are worked on again.")


@pages.get("/reconnect")
def reconnect_form(connection_id: str) -> str:
    asked = here()
    connection = asked.hub.connection(asked.store, connection_id)
    form = forms.ConnectForm(asked.hub.connector_of(connection), dict(connection["settings"]))
    return _reconnect_page(connection, form)


@pages.post("/reconnect")
def reconnect(connection_id: str) -> Answer:
    """Fields left empty keep what is stored."""
    asked = here()
    connection = asked.hub.connection(asked.store, connection_id)
    connector = asked.hub.connector_of(connection)
    settings, secrets = forms.read(connector)
    try:
        connections.reconnect(asked.hub, asked.tenant_id, connection_id, settings, secrets)
    except HubError as error:
        form = forms.ConnectForm(connector, {**connection["settings"], **settings})
        form.refuse(error)
        return _reconnect_page(connection, form), error.status
    return _back(connection_id, "Reconnected. What was kept meanwhile is worked on now.")


def _reconnect_page(connection: Doc, form: forms.ConnectForm) -> str:
    readme = guides.guide(form.connector.readme)
    by_consent = grants.app_of(here().hub, form.connector) is not None
    return render_template(
        "reconnect.html", connection=connection, form=form, guide=readme, by_consent=by_consent
    )


@pages.get("/remove")
def remove_preview(connection_id: str) -> str:
    asked = here()
    connection = asked.hub.connection(asked.store, connection_id)
    counts = removal.preview(asked.hub, asked.tenant_id, connection_id)
    return render_template("connection_remove.html", connection=connection, counts=counts)


@pages.post("/remove")
def remove(connection_id: str) -> Response:
    asked = here()
    connection = asked.hub.connection(asked.store, connection_id)
    erase = request.form.get("data") == "erase"
    left = removal.remove(asked.hub, asked.tenant_id, connection_id, erase=erase)
    flash(f"{connection['name']} is removed; its data is {'erased' if erase else 'kept'}.")
    for sentence in left:
        flash(f"{sentence} Take it away there.")
    return redirect(url_for("connection_list.page"))


@pages.post("/missing/<stream>")
def decide_missing(connection_id: str, stream: str) -> Response:
    """What a full listing no longer showed: take it as deleted, or keep it."""
    asked = here()
    if request.form.get("decision") == "delete":
        count = missing.delete(asked, connection_id, stream)
        return _back(
            connection_id, f"{count} records are taken as deleted; a later sight undoes it."
        )
    missing.keep(asked, connection_id, stream)
    return _back(connection_id, "Kept. The next full listing looks again.")


def _back(connection_id: str, words: str, kind: str = "message") -> Response:
    flash(words, kind)
    return redirect(url_for("connection.page", connection_id=connection_id))
