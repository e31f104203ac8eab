"""Deciding who is who: what a decision would do, merging, splitting, undoing, and why not."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from hub.errors import CorrectInput, HubError
from hub.identity import decisions, subjects, why_not
from hub.identity.asking import KINDS, Asking
from hub.identity.vendors import Vendors, of_tenant
from hub.reads import accounts, identity
from hub.reads.paging import Asked
from hub.store.client import Doc
from hub.web.screens import lists
from hub.web.screens.here import here

pages = Blueprint("identity", __name__, url_prefix="/identity")
FOUND = 20


def vendors() -> Vendors:
    return of_tenant(here().hub, here().store)


def whole(entity: str, given: str) -> Doc:
    """An explained identity in words, for a page."""
    return identity.whole(here().store, entity, given, vendors())


def told(effect: Doc) -> Doc:
    """A preview in words."""
    return identity.told_effect(here().store, effect, vendors())


@pages.get("/contacts/<contact_id>")
def contact(contact_id: str) -> str:
    """Which records are one person."""
    told_ = whole("contact", contact_id)
    found = here().store.contacts.find_one({"_id": told_["id"]}, {"account_id": 1}) or {}
    return render_template("contact_identity.html", told=told_, account=found.get("account_id"))


@pages.get("/decide")
def preview() -> str:
    """What a decision would do, with the button that makes it."""
    asked, asking = here(), _asking(request.args)
    effect = told(asking.preview(asked.hub, asked.tenant_id))
    return render_template("identity_decide.html", asking=asking, effect=effect, back=_home(asking))


@pages.post("/decide")
def decide() -> Response:
    asked, asking = here(), _asking(request.form)
    made = asking.decide(asked.hub, asked.tenant_id, asked.person.email)
    flash(identity.decision(asked.store, made["_id"], vendors())["sentence"])
    return redirect(_home(asking))


@pages.get("/decisions/<decision_id>/undo")
def preview_undo(decision_id: str) -> str:
    asked = here()
    effect = decisions.preview(asked.hub, asked.tenant_id, "undo", decision_id=decision_id)
    found = identity.decision(asked.store, decision_id, vendors())
    return render_template("identity_undo.html", decision=found, effect=told(effect))


@pages.post("/decisions/<decision_id>/undo")
def undo(decision_id: str) -> Response:
    asked = here()
    made = decisions.undo(asked.hub, asked.tenant_id, decision_id, asked.person.email)
    flash("Undone: the rules decide again.")
    key = next(iter([*made["left"], *filter(None, [made["owner"]])]), "")
    return redirect(_page_of(key))


@pages.get("/merge")
def merge() -> str:
    """Look for the account with which one is to be merged."""
    store, wish = here().store, lists.text("q")
    account = accounts.find(store, request.args.get("account", ""))
    rows = accounts.search(store, Asked(FOUND, None, "name"), _wish(wish)).items if wish else []
    rows = [row for row in rows if row["id"] != account["_id"]]
    return render_template("identity_merge.html", account=account, rows=rows, wish=wish)


@pages.get("/why-not")
def explain_why_not() -> str:
    a, b = request.args.get("a", "").strip(), request.args.get("b", "").strip()
    problem, found = "", None
    if a and b:
        try:
            found = why_not.why_not(here().store, a, b, vendors())
        except HubError as error:
            problem = error.sentence
    return render_template("identity_why_not.html", a=a, b=b, found=found, problem=problem)


def _wish(text: str) -> Doc:
    return {"domain": text} if "." in text and " " not in text else {"q": text}


def _asking(given: MultiDict[str, str]) -> Asking:
    """The decision that an address or a form names; raises CorrectInput."""
    kind = given.get("kind", "")
    if kind not in KINDS:
        raise CorrectInput("This is no decision that can be made.", field="kind")
    return Asking(
        kind,
        a=given.get("a", ""),
        b=given.get("b", ""),
        account=given.get("account", ""),
        records=given.getlist("record"),
        domain=given.get("domain", ""),
        note=given.get("note", "").strip()[:500],
    )


def _home(asking: Asking) -> str:
    return _page_of(asking.account or asking.a)


def _page_of(given: str) -> str:
    """The identity of the account or the person that an id belongs to today."""
    try:
        subject = subjects.find(here().store, given)
    except HubError:
        return url_for("portfolio.page")
    if subject.entity == "contact":
        return url_for("identity.contact", contact_id=subject.id)
    return url_for("account.identity_page", account_id=subject.id)
