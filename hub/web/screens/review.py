"""The queue of what rules may not decide: evidence on both sides, what yes would do, the word."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.errors import HubError
from hub.identity import asking, decisions, measures, sampling
from hub.reads import identity
from hub.reads.paging import Asked
from hub.store.client import Doc
from hub.web.screens import lists
from hub.web.screens.here import here
from hub.web.screens.identity import told, vendors

pages = Blueprint("review", __name__, url_prefix="/review")
SIZE, SAMPLE = 8, 20
KINDS = {
    "candidate": "May be one",
    "dropped": "Kept apart by a limit",
    "ambiguous_domain": "Domain of several",
}


@pages.get("")
def page() -> str:
    kind = lists.choice("kind", KINDS)
    wish = Asked(SIZE, request.args.get("cursor") or None)
    found = identity.search_reviews(here().store, wish, {"kind": kind}, vendors())
    return render_template(
        "review.html",
        rows=[{**row, "effect": _effect(row)} for row in found.items],
        next=found.next,
        kind=kind,
        kinds=KINDS,
        later=bool(wish.cursor),
    )


def _effect(review: Doc) -> Doc | None:
    """What yes would do; None where it cannot be said before an owner is named."""
    asked = here()
    try:
        effect = asking.effect_of_yes(asked.hub, asked.tenant_id, review)
    except HubError:
        return None
    return told(effect) if effect else None


@pages.post("/<review_id>/accept")
def accept(review_id: str) -> Response:
    asked, form = here(), request.form
    owner, note = form.get("owner", ""), form.get("note", "").strip()[:500]
    try:
        made = asking.accept(asked.hub, asked.tenant_id, review_id, asked.person.email, note, owner)
    except HubError as error:
        flash(error.sentence, "error")
        return redirect(lists.back("review.page"))
    flash(identity.decision(asked.store, made["_id"], vendors())["sentence"])
    return redirect(lists.back("review.page"))


@pages.post("/<review_id>/dismiss")
def dismiss(review_id: str) -> Response:
    asked, note = here(), request.form.get("note", "").strip()[:500]
    try:
        decisions.dismiss(asked.hub, asked.tenant_id, review_id, asked.person.email, note)
    except HubError as error:
        flash(error.sentence, "error")
    else:
        flash("Decided. It can be undone on the account's Identity page.")
    return redirect(lists.back("review.page"))


@pages.get("/measures")
def measures_page() -> str:
    asked = here()
    found = measures.read(asked.store, asked.now)
    return render_template("review_measures.html", found=found, kinds=KINDS)


@pages.post("/measures")
def recount() -> Response:
    """Count every account now."""
    measures.recount(here().store, here().now)
    return redirect(url_for("review.measures_page"))


@pages.get("/sample")
def sample() -> str:
    rows = identity.sample(here().store, SAMPLE, vendors())
    found = sampling.precision(here().store)
    return render_template("review_sample.html", rows=rows, found=found, size=SAMPLE)


@pages.post("/sample")
def draw() -> Response:
    if not sampling.draw(here().store, SAMPLE, here().now):
        flash("No further link is there to be drawn.")
    return redirect(url_for("review.sample"))


@pages.post("/sample/<label_id>")
def label(label_id: str) -> Response:
    verdict = request.form.get("verdict", "")
    found = sampling.label(here().store, label_id, verdict, here().person.email, here().now)
    if found["state"] == "wrong":
        flash("Noted. To take them apart, choose the records that do not belong.")
        return redirect(url_for("account.identity_page", account_id=found["account_id"]))
    return redirect(url_for("review.sample"))


@pages.get("/<review_id>")
def one(review_id: str) -> str:
    """One review by its own address, with the owner of a domain as asked."""
    asked = here()
    found = identity.review(asked.store, review_id, vendors())
    owner = request.args.get("owner", "")
    effect = asking.effect_of_yes(asked.hub, asked.tenant_id, found, owner)
    row = {**found, "effect": told(effect) if effect else None}
    home = url_for("review.page")
    return render_template("review_one.html", row=row, kinds=KINDS, owner=owner, home=home)
