"""Where a value comes from, step by step: what is shown, record, body, bringer, mapping line."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.health.closes import measures_of
from hub.health.words import TITLES
from hub.lineage import body, points, values
from hub.reads import contacts
from hub.store.client import Doc
from hub.web.screens import account as accounts
from hub.web.screens import drawing, lists
from hub.web.screens.here import here

pages = Blueprint("lineage", __name__, url_prefix="/lineage")

Answer = Response | str
AROUND = 2
"""Lines of a body that are shown before and behind a marked one."""


@pages.errorhandler(accounts.Moved)
def moved(error: accounts.Moved) -> Response:
    args: dict[str, Any] = request.args.to_dict()
    return redirect(url_for("lineage.of_account", account_id=error.account_id, **args))


@pages.get("/account/<account_id>")
def of_account(account_id: str) -> Answer:
    """A field of the profile, or a point of the score."""
    hub, store = here().hub, here().store
    account = accounts.load(store, account_id)
    title = account["flat"].get("name") or "Account without a name"
    home = {"url": url_for("account.page", account_id=account_id), "title": title}
    measure = lists.text("measure", 200)
    more = {"home": home, "menu": _menu_of_account(account), "crumb": "Portfolio"}
    if measure:
        found = points.of_measure(hub, store, account_id, measure)
        chart = drawing.curve(found["curve"], found["value"], found["score"])
        return render_template("lineage_point.html", found=found, chart=chart, **more)
    found = values.of_account(hub, store, account_id, _field(account))
    return _value(found, **more)


@pages.get("/contact/<contact_id>")
def of_contact(contact_id: str) -> Answer:
    """A field of a person."""
    hub, store = here().hub, here().store
    contact = contacts.find(store, contact_id)
    found = values.of_contact(hub, store, contact_id, _field(contact))
    account_id = contact.get("account_id")
    url = url_for("account.people", account_id=account_id) if account_id else ""
    title = contact["flat"].get("full_name") or next(iter(contact["flat"].get("emails", ())), "")
    menu = _menu("lineage.of_contact", {"contact_id": contact_id}, contact["profile"])
    return _value(found, home={"url": url, "title": title or "Person"}, menu=menu, crumb="People")


@pages.get("/record/<path:key>")
def of_record(key: str) -> Answer:
    """A value of one record."""
    found = values.of_record(here().hub, here().store, key, lists.text("field", 200))
    record = found["chosen"]["record"]
    title = f"{record['object']} {record['native_id']}"
    home = {"url": url_for("record.page", key=key), "title": title}
    return _value(found, home=home, menu=[], crumb="Record")


def _value(found: Doc, **more: Any) -> str:
    return render_template("lineage_value.html", found=found, rows=rows, excerpt=excerpt, **more)


def rows(raw: Doc) -> list[body.Row]:
    """The whole body in lines, what was read in it marked."""
    return body.rows(raw["body"], [tuple(path) for path in raw["marks"]])


def excerpt(found: list[body.Row]) -> list[body.Row | None]:
    """The marked lines with some around them; None stands for lines that are left out."""
    marked = [n for n, row in enumerate(found) if row.marked]
    near = {n for at in marked for n in range(at - AROUND, at + AROUND + 1) if 0 <= n < len(found)}
    shown: list[body.Row | None] = []
    for n in sorted(near):
        if shown and n - 1 not in near:
            shown.append(None)
        shown.append(found[n])
    return shown


def _field(whole: Doc) -> str:
    """The field asked for; without one the first there is."""
    return lists.text("field", 200) or next(iter(whole.get("profile", {})), "name")


def _menu_of_account(account: Doc) -> list[Doc]:
    """Every field and every measure of the account, to go on from one to another."""
    by: dict[str, Any] = {"account_id": account["_id"]}
    fields = _menu("lineage.of_account", by, account.get("profile", {}))
    health = account["health"]
    measures = [*measures_of(health), *health.get("unweighted", ())]
    keys = {m["key"]: TITLES.get(m["key"], m["key"]) for m in measures}
    return fields + [
        {
            "url": url_for("lineage.of_account", **by, measure=key),
            "title": title,
            "kind": "measure",
            "name": key,
        }
        for key, title in keys.items()
    ]


def _menu(endpoint: str, by: dict[str, Any], profile: Doc) -> list[Doc]:
    return [
        {"url": url_for(endpoint, **by, field=name), "title": None, "kind": "field", "name": name}
        for name in profile
    ]
