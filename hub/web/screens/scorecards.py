"""Scorecards: what counts, what was, and drafts to be shaped, tried and put in force."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.errors import HubError
from hub.health.windows import LONGEST, WINDOWS
from hub.health.words import CAPS
from hub.reads import scorecards
from hub.scorecards import activation, drafts
from hub.store.client import Doc
from hub.web.screens import scorecard_form
from hub.web.screens.here import here

pages = Blueprint("scorecards", __name__, url_prefix="/scorecards")
NUMBERED = "/<name>/<int:revision>"
Answer = Response | str


@pages.get("")
def page() -> str:
    return render_template("scorecards.html", found=scorecards.every(here().store))


@pages.get(NUMBERED)
def one(name: str, revision: int) -> str:
    found = scorecards.one(here().store, f"{name}/{revision}")
    return render_template("scorecard.html", found=found, caps=CAPS)


@pages.get(f"{NUMBERED}/edit")
def edit(name: str, revision: int) -> str:
    found = scorecards.one(here().store, f"{name}/{revision}")
    return _form(found, scorecard_form.texts(_base(found)))


@pages.post(f"{NUMBERED}/edit")
def save(name: str, revision: int) -> Answer:
    """A draft is changed in place; anything else becomes the base of a new draft."""
    asked = here()
    found = scorecards.one(asked.store, f"{name}/{revision}")
    note = request.form.get("note", "")
    try:
        document = scorecard_form.read(_base(found), request.form)
        hub, tenant_id, who = asked.hub, asked.tenant_id, asked.person.email
        if found["state"] == "draft":
            made = drafts.edit(hub, tenant_id, found["label"], document, who, note)
        else:
            made = drafts.draft(hub, tenant_id, document, who, note=note, name=name)
        if request.form.get("do") == "try":
            activation.try_out(hub, tenant_id, made["label"])
    except HubError as error:
        return _form(found, request.form.to_dict(), error)
    return _to(made)


@pages.post(f"{NUMBERED}/dry-run")
def dry_run(name: str, revision: int) -> Response:
    return _done(f"{name}/{revision}", "try")


@pages.post(f"{NUMBERED}/activate")
def activate(name: str, revision: int) -> Response:
    return _done(f"{name}/{revision}", "activate")


@pages.post(f"{NUMBERED}/discard")
def discard(name: str, revision: int) -> Response:
    asked = here()
    try:
        drafts.discard(asked.hub, asked.tenant_id, f"{name}/{revision}", asked.person.email)
    except HubError as error:
        flash(error.sentence, "error")
    return redirect(url_for("scorecards.page"))


@pages.post("/refreeze")
def refreeze() -> Response:
    asked = here()
    return _to(activation.refreeze(asked.hub, asked.tenant_id, asked.person.email))


def _done(label: str, what: str) -> Response:
    asked = here()
    try:
        if what == "try":
            activation.try_out(asked.hub, asked.tenant_id, label)
        else:
            activation.activate(asked.hub, asked.tenant_id, label, asked.person.email)
            flash(f"{label} counts from now on; all accounts are scored anew.")
    except HubError as error:
        flash(error.sentence, "error")
    return _to(drafts.find(asked.store, label))


def _base(found: Doc) -> Doc:
    """The document whose fields the form has: with the defaults it leaves out, and all signals."""
    signals = [m for m in scorecards.measures(here().hub) if m["plugin"]]
    whole = drafts.find(here().store, drafts.BUILT_IN)["document"] | found["document"]
    return scorecard_form.with_signals(whole, signals)


def _form(found: Doc, texts: dict[str, str], error: HubError | None = None) -> str:
    titles = {m["key"]: m["title"] for m in scorecards.measures(here().hub) if m["plugin"]}
    return render_template(
        "scorecard_form.html",
        found=found,
        base=_base(found),
        texts=texts,
        error=error,
        caps=CAPS,
        titles=titles,
        windows=WINDOWS,
        longest=LONGEST,
    )


def _to(found: Doc) -> Response:
    there = {"name": found["name"], "revision": found["revision"]}
    return redirect(url_for("scorecards.one", **there))
