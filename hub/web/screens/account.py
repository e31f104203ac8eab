"""One account: its profile, its health line by line, its story, and why it is one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub import judgements
from hub.errors import NotFound
from hub.health.words import CAPS, explain_words
from hub.reads import account_use, history, tested
from hub.reads import accounts as reads
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from hub.web.screens import (
    accounts,
    evidence,
    freshness,
    holdings,
    identity,
    lists,
    past,
    timeline,
)
from hub.web.screens.here import here

pages = Blueprint("account", __name__, url_prefix="/accounts/<account_id>")

HIDDEN = {"state": 0}
MOST_MERGES = 20
RECENT = 8
Answer = Response | str


class Moved(Exception):
    """The account was merged: the answer is elsewhere."""

    def __init__(self, account_id: str) -> None:
        super().__init__(account_id)
        self.account_id = account_id


def load(store: TenantStore, account_id: str) -> Doc:
    """The account without its counters; raises Moved for one that was merged, NotFound."""
    wanted = account_id
    for _ in range(MOST_MERGES):
        found = store.accounts.find_one({"_id": wanted}, HIDDEN)
        if found is None:
            break
        if not found.get("merged_into"):
            if wanted != account_id:
                raise Moved(wanted)
            return found
        wanted = found["merged_into"]
    raise NotFound("There is no such account.")


@pages.errorhandler(Moved)
def moved(error: Moved) -> Response:
    assert request.endpoint is not None
    there = url_for(request.endpoint, account_id=error.account_id)
    query = request.query_string.decode()
    return redirect(f"{there}?{query}" if query else there)


@pages.get("")
def page(account_id: str) -> Answer:
    store = here().store
    account = load(store, account_id)
    health = account["health"]
    return _shown(
        "account.html",
        account,
        caps=CAPS,
        words=explain_words(health)[-1:] if health.get("change") else [],
        proofs=lambda entry: evidence.proofs(account_id, entry),
        read_at=partial(accounts.read_at, fresh=freshness.sources(here().hub, store)),
        days=_days(account_id),
        tested=tested.passes(store),
        recent=timeline.read(store, account_id, size=RECENT).entries,
        said=judgements.of_account(store, account),
        family_tree=reads.tree(store, account_id),
    )


def _shown(template: str, account: Doc, **more: Any) -> str:
    """Every page of an account carries the same head."""
    return render_template(template, account=account, id=account["_id"], **more)


def _days(account_id: str) -> list[float]:
    """Health of the last 90 days, oldest first, without the days on which it is not known."""
    found = history.known(here().hub, here().store, account_id)
    return [point["health"] for point in found if point["health"] is not None]


@pages.get("/health")
def days_page(account_id: str) -> Answer:
    account = load(here().store, account_id)
    return _shown("account_days.html", account, past=past.page(account_id))


@pages.get("/timeline")
def timeline_page(account_id: str) -> Answer:
    store = here().store
    account = load(store, account_id)
    kind = lists.choice("kind", timeline.KINDS)
    until = _day("until")
    before = _moment("before") or (until + timedelta(days=1) if until else None)
    found = timeline.read(
        store, account_id, kinds=[kind] if kind else (), before=before, since=_day("since")
    )
    return _shown("account_timeline.html", account, found=found, kind=kind, kinds=timeline.KINDS)


@pages.get("/people")
def people(account_id: str) -> Answer:
    store, number = here().store, lists.page_number()
    account = load(store, account_id)
    rows, total = holdings.people(store, account_id, number)
    return _shown("account_people.html", account, rows=rows, paging=lists.Paging(number, total))


@pages.get("/usage")
def usage(account_id: str) -> Answer:
    asked = here()
    account = load(asked.store, account_id)
    found = account_use.read(asked.store, account_id, asked.now.date())
    return _shown("account_usage.html", account, use=found)


@pages.get("/tickets")
def tickets(account_id: str) -> Answer:
    return _records(account_id, "ticket", "account_tickets.html")


@pages.get("/work")
def work(account_id: str) -> Answer:
    return _records(account_id, "work_item", "account_work.html")


@pages.get("/deals")
def deals(account_id: str) -> Answer:
    return _records(account_id, "opportunity", "account_deals.html")


def _records(account_id: str, entity: str, template: str) -> str:
    store, number = here().store, lists.page_number()
    account = load(store, account_id)
    until = _day("until")
    span = holdings.Span(
        entity,
        lists.choice("state", ("open",)),
        _day("since"),
        until + timedelta(days=1) if until else None,
    )
    rows, total = holdings.records(store, account_id, span, number)
    paging = lists.Paging(number, total)
    return _shown(template, account, rows=rows, paging=paging, span=span)


@pages.get("/identity")
def identity_page(account_id: str) -> Answer:
    account = load(here().store, account_id)
    return _shown("account_identity.html", account, told=identity.whole("account", account_id))


def _moment(name: str) -> datetime | None:
    """A time of the address; anything odd is no time."""
    try:
        found = datetime.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _day(name: str) -> datetime | None:
    """Midnight of a day of the address."""
    found = _moment(name)
    return found.replace(hour=0, minute=0, second=0, microsecond=0) if found else None
