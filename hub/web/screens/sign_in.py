"""Signing in by a one-time link, and out again."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response

from hub.store.control import hashed
from hub.web.screens.gate import csrf
from hub.web.screens.here import Person, the_hub

pages = Blueprint("sign_in", __name__)

Answer = Response | str | tuple[str, int]


@pages.get("/sign-in")
def page() -> Answer:
    """How to get a link."""
    if current_user.is_authenticated:
        return redirect(url_for("portfolio.page"))
    if wanted := _own_path(request.args.get("next", "")):
        session["next"] = wanted
    return render_template("sign_in.html", state="ask")


@pages.get("/sign-in/<token>")
def link(token: str) -> Answer:
    """Opens signed in; a mere preview, or a second person in this browser, is asked first."""
    if request.method == "HEAD" or _is_preview() or _is_somebody_else(token):
        return render_template("sign_in.html", state="confirm", token_value=token)
    return _enter(token)


@pages.post("/sign-in/<token>")
def confirm(token: str) -> Answer:
    csrf.protect()
    return _enter(token)


@pages.post("/sign-out")
def leave() -> Answer:
    csrf.protect()
    logout_user()
    session.clear()
    flash("You are signed out.")
    return redirect(url_for("sign_in.page"))


def _enter(token: str) -> Answer:
    """The link is used up; a used or old one says so and how to get another."""
    hub = the_hub()
    user = hub.catalogue.control.use_link(token, hub.now())
    if user is None:
        return render_template("sign_in.html", state="gone"), 410
    wanted = session.get("next", "")
    session.clear()
    session.permanent = True
    login_user(Person(user))
    hub.catalogue.control.note(user["tenant_id"], user["email"], "signed in", hub.now())
    return redirect(_own_path(wanted) or url_for("portfolio.page"))


def _is_somebody_else(token: str) -> bool:
    """Whether this browser is signed in as another person than the link is for."""
    if not current_user.is_authenticated:
        return False
    link = the_hub().catalogue.control.links.find_one({"_id": hashed(token)})
    return link is not None and link["user_id"] != current_user.id


def _is_preview() -> bool:
    purpose = request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    return "prefetch" in purpose or "preview" in purpose


def _own_path(given: str) -> str:
    """A path of this site, or nothing: a link must not lead elsewhere."""
    inside = given.startswith("/") and not given.startswith(("//", "/\\"))
    return given if inside and "\n" not in given and "\r" not in given else ""
