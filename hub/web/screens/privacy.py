"""Privacy: a copy for somebody, forgetting them, and the proof that it was done."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.errors import CorrectInput, HubError, NotFound
from hub.privacy import asked as asking
from hub.privacy import export, work
from hub.store.client import Doc
from hub.web.screens import lists
from hub.web.screens.here import Here, here

pages = Blueprint("privacy", __name__, url_prefix="/privacy")

SIZE = 30
STATES = ("pending", "running", "done", "failed")
TONES = {"pending": "yellow", "running": "blue", "done": "green", "failed": "red"}
WORDS = {"erase": "Erase", "suppress": "Suppress", "unsuppress": "Take back"}


@pages.get("")
def page() -> str:
    at, number = here(), lists.page_number()
    state = lists.choice("state", STATES)
    wanted: Doc = {"state": state} if state else {}
    rows = at.store.privacy_requests.find(wanted, {"report": 0}).sort([("at", -1), ("_id", -1)])
    return render_template(
        "privacy.html",
        rows=list(rows.skip(lists.offset(number, SIZE)).limit(SIZE)),
        paging=lists.Paging(number, at.store.privacy_requests.count(wanted), SIZE),
        state=state,
        states=STATES,
        tones=TONES,
        words=WORDS,
    )


@pages.get("/requests/<request_id>")
def one(request_id: str) -> str:
    at = here()
    found = at.store.privacy_requests.find_one({"_id": request_id})
    if found is None:
        raise NotFound("There is no such privacy request.")
    lifted = {"kind": "unsuppress", "subject": request_id}
    return render_template(
        "privacy_request.html",
        row=found,
        report=found.get("report") or {},
        connections={c["_id"]: c["name"] for c in at.store.connections.find({}, {"name": 1})},
        taken_back=at.store.privacy_requests.find_one(lifted, {"_id": 1, "at": 1}),
        tones=TONES,
        words=WORDS,
    )


@pages.get("/<any(contact, account):entity>/<id>")
def form(entity: str, id: str) -> str:
    at = here()
    subject = _subject(at, entity, id)
    mine = {f"{entity}_id": subject["_id"]}
    count = [{"$match": mine}, {"$group": {"_id": "$entity", "n": {"$sum": 1}}}]
    held = {doc["_id"]: doc["n"] for doc in at.store.records.aggregate(count) if doc["_id"]}
    return render_template(
        "privacy_ask.html",
        entity=entity,
        subject=subject,
        name=_name(subject),
        held=sorted(held.items()),
        under_way=at.store.privacy_requests.find_one({"open": True, "subject": subject["_id"]}),
    )


@pages.get("/<any(contact, account):entity>/<id>/export.json")
def download(entity: str, id: str) -> Response:
    """The copy, as a file."""
    at = here()
    pieces = export.export(at.hub, at.tenant_id, entity, id)
    control = at.hub.catalogue.control
    control.note(at.tenant_id, at.person.email, "exported", at.now, entity=entity, subject=id)
    made = Response(pieces, content_type="application/json")
    made.headers["Content-Disposition"] = f'attachment; filename="{entity}-{id[:40]}.json"'
    made.headers["Cache-Control"] = "no-store"
    return made


@pages.post("/<any(contact, account):entity>/<id>")
def ask(entity: str, id: str) -> Response:
    """Erasing has to be said twice: by the choice, and by the tick beside it."""
    kind = request.form.get("kind", "")
    try:
        if kind not in ("erase", "suppress"):
            raise CorrectInput("Choose what is to be done.", field="kind")
        if kind == "erase" and request.form.get("sure") != "yes":
            raise CorrectInput("Tick that you are sure: it cannot be undone.", field="sure")
        made = _asked(kind, entity, id)
    except NotFound:
        raise
    except HubError as error:
        flash(error.sentence, "error")
        return redirect(url_for("privacy.form", entity=entity, id=id))
    return redirect(url_for("privacy.one", request_id=made["_id"]))


@pages.post("/requests/<request_id>/unsuppress")
def take_back(request_id: str) -> Response:
    try:
        made = _asked("unsuppress", "", request_id)
    except NotFound:
        raise
    except HubError as error:
        flash(error.sentence, "error")
        return redirect(url_for("privacy.one", request_id=request_id))
    return redirect(url_for("privacy.one", request_id=made["_id"]))


@pages.post("/requests/<request_id>/retry")
def retry(request_id: str) -> Response:
    at = here()
    try:
        work.again(at.hub, at.tenant_id, request_id, at.person.email)
    except CorrectInput as error:
        flash(error.sentence, "error")
    return redirect(url_for("privacy.one", request_id=request_id))


def _asked(kind: str, entity: str, subject: str) -> Doc:
    at = here()
    reason = request.form.get("reason", "").strip()
    return asking.create(at.hub, at.tenant_id, kind, entity, subject, at.person.email, reason)


def _subject(at: Here, entity: str, id: str) -> Doc:
    home = at.store.contacts if entity == "contact" else at.store.accounts
    found = home.find_one({"_id": id}, {"flat": 1, "members": 1, "account_id": 1})
    if found is None:
        raise NotFound(f"There is no such {entity}, or it was erased.")
    return found


def _name(subject: Doc) -> str:
    flat = subject.get("flat") or {}
    first = next(iter(flat.get("emails") or ()), None)
    return str(flat.get("full_name") or flat.get("name") or first or "without a name")
