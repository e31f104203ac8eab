"""Settings of the organisation: people, API keys, and who did what."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub import endpoints
from hub.errors import CorrectInput, HubError, NotFound
from hub.store.client import Doc
from hub.web.screens import lists
from hub.web.screens.here import here

pages = Blueprint("settings", __name__, url_prefix="/settings")

AUDIT = 50


@pages.get("")
def page() -> str:
    asked, number = here(), lists.page_number()
    control, mine = asked.hub.catalogue.control, {"tenant_id": asked.tenant_id}
    trail = control.audit.find(mine).sort("at", -1)
    return render_template(
        "settings.html",
        people=list(control.users.find(mine).sort("email", 1)),
        keys=list(control.api_keys.find(mine, {"hash": 0}).sort("created_at", -1)),
        trail=list(trail.skip(lists.offset(number, AUDIT)).limit(AUDIT)),
        paging=lists.Paging(number, control.audit.count_documents(mine), AUDIT),
    )


@pages.post("/people")
def add_person() -> Response | str:
    """A new person, and the link that signs them in, shown this once."""
    asked = here()
    email, name = (request.form.get(n, "").strip() for n in ("email", "name"))
    try:
        if "@" not in email or " " in email:
            raise CorrectInput("That is not an e-mail address.", field="email")
        user = asked.hub.catalogue.control.add_user(asked.tenant_id, email, name, asked.now)
    except HubError as error:
        return _back(error.sentence, "error")
    _noted("person added", email=email)
    return _link(user)


@pages.post("/people/<user_id>/link")
def make_link(user_id: str) -> str:
    user = _own(user_id)
    _noted("sign-in link made", email=user["email"])
    return _link(user)


@pages.post("/people/<user_id>/remove")
def remove_person(user_id: str) -> Response:
    """Signed-in browsers of this person are out with their next click."""
    asked, user = here(), _own(user_id)
    if user_id == asked.person.id:
        return _back("You cannot remove yourself: ask another admin.", "error")
    mine = {"_id": user_id, "tenant_id": asked.tenant_id}
    asked.hub.catalogue.control.users.delete_one(mine)
    asked.hub.catalogue.control.links.delete_many({"user_id": user_id})
    _noted("person removed", email=user["email"])
    return _back(f"{user['email']} is removed.")


@pages.post("/keys")
def add_key() -> str | Response:
    asked = here()
    name = request.form.get("name", "").strip()[:80]
    if not name:
        return _back("Give the key a name that says who uses it.", "error")
    _, token = asked.hub.catalogue.control.add_key(asked.tenant_id, name, asked.now)
    _noted("API key created", name=name)
    return render_template(
        "secret_once.html",
        title=f"API key {name}",
        secret=token,
        say="Copy it now: only its hash is stored, so it cannot be shown again. Send it as "
        "Authorization: Bearer.",
        back=url_for("settings.page"),
    )


@pages.post("/keys/<key_id>/revoke")
def revoke_key(key_id: str) -> Response:
    asked = here()
    asked.hub.catalogue.control.revoke_key(asked.tenant_id, key_id, asked.now)
    _noted("API key revoked", key=key_id)
    return _back("The key is revoked; programs that use it are refused from now on.")


def _own(user_id: str) -> Doc:
    asked = here()
    user = asked.hub.catalogue.control.user(user_id)
    if user is None or user["tenant_id"] != asked.tenant_id:
        raise NotFound("There is no such person.")
    return user


def _link(user: Doc) -> str:
    asked = here()
    token = asked.hub.catalogue.control.add_link(user["_id"], asked.tenant_id, asked.hub.now())
    return render_template(
        "secret_once.html",
        title=f"Sign-in link for {user['email']}",
        secret=f"{endpoints.base(asked.hub)}{url_for('sign_in.link', token=token)}",
        say="Send it to them yourself. It works once, for half an hour, and is not shown again.",
        back=url_for("settings.page"),
    )


def _noted(what: str, **details: str) -> None:
    asked = here()
    control = asked.hub.catalogue.control
    control.note(asked.tenant_id, asked.person.email, what, asked.now, **details)


def _back(words: str, kind: str = "message") -> Response:
    flash(words, kind)
    return redirect(url_for("settings.page"))
