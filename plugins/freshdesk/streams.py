"""Freshdesk's streams: what is listed how, from where to go on, and the full shape of a ticket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from hub.api import GiveUp, Page, Record, RetryLater, Stream
from plugins.freshdesk.client import LAST_PAGE, FreshdeskClient

Json = dict[str, Any]

SINCE_EVER = "2010-01-01T00:00:00Z"
"""Without a time Freshdesk lists only the tickets of the last 30 days."""
TICKET_LISTS: tuple[Mapping[str, str], ...] = ({}, {"filter": "spam"}, {"filter": "deleted"})
"""The plain list leaves out what is spam or in the bin."""
OVERLAP = timedelta(minutes=5)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
TICKET = (
    *("id", "subject", "type", "status", "priority", "source", "tags", "custom_fields"),
    *("requester_id", "responder_id", "group_id", "company_id", "product_id"),
    *("is_escalated", "fr_escalated", "spam", "deleted"),
    *("due_by", "fr_due_by", "created_at", "updated_at"),
)
"""What a list and a single ticket both have, so that an unchanged ticket reads the same."""


@dataclass(frozen=True)
class Listing:
    """A list that pages by number. `since` are the names that the parameter may have which
    restricts it to what has a `stamp` of that time or later; `more` are further lists, which an
    account may refuse; `optional` says that an account may lack all of it."""

    path: str
    since: tuple[str, ...] = ()
    stamp: str = "updated_at"
    overlap: timedelta = OVERLAP
    more: tuple[Mapping[str, str], ...] = ()
    optional: bool = False


def ticket_pages(client: FreshdeskClient, cursor: Any, fields: Sequence[str]) -> Iterator[Page]:
    """Tickets in the order of their last change, then spam, then the bin.

    Cursor between runs: {"since", "turn"}; within one also the list, the page and how far it came.
    Each page but the last moves `since` to its last ticket, because a ticket that changes while we
    page by number pulls another one past us, and because Freshdesk stops at page 300. Only where a
    page does not get a second further is the next number asked for.
    """
    state = _begun(cursor)
    before: list[str] = []
    while True:
        query = {**TICKET_LISTS[state["list"]], "updated_since": state["since"]}
        rows, more = client.tickets(query, state["page"])
        before = _moved(before if state["page"] > 1 else [], rows, more)
        state = _after(state, rows, more)
        records = [ticket(row) for row in rows]
        if state["list"] == len(TICKET_LISTS):
            yield Page(records, {"since": state["seen"], "turn": state["turn"] + 1})
            return
        yield Page(records, state)


def ticket_fetch(client: FreshdeskClient, ids: Sequence[str]) -> Iterator[Record]:
    """Current tickets one by one, those in the bin too: Freshdesk has no bulk read."""
    for native_id in ids:
        found = client.ticket(native_id)
        if found is not None:
            yield ticket(found)


def pages(
    listing: Listing, client: FreshdeskClient, cursor: Any, fields: Sequence[str]
) -> Iterator[Page]:
    """A list by page numbers. Cursor: {"since", "turn"} between runs, with list and page within;
    "by" is the place of the parameter's name, where the first one turned out to be ignored."""
    state: Json = {"list": 0, "page": 1, "since": None, "seen": None, "turn": 0} | (cursor or {})
    lists = ({}, *listing.more)
    before: list[str] = []
    while state["list"] < len(lists):
        bound = _bound(listing, state)
        rows, more = _page(client, listing, {**lists[state["list"]], **bound}, state)
        if any(_ignored(rows, listing, since) for since in bound.values()):
            if state["list"] == 0:
                state, before = state | {"by": state.get("by", 0) + 1, "page": 1}, []
                continue
            rows, more = [], False
        before = _moved(before, rows, more)
        state = dict(state, page=state["page"] + 1)
        if listing.since and state["list"] == 0:
            state["seen"] = _last(rows, listing.stamp, state["seen"])
        if not more:
            state |= {"list": state["list"] + 1, "page": 1}
            before = []
        done = state["list"] == len(lists)
        yield Page([_pruned(row) for row in rows], _ended(state) if done else state)


def fetch(listing: Listing, client: FreshdeskClient, ids: Sequence[str]) -> Iterator[Record]:
    """Current records one by one, such as those that a list does not show any more."""
    for native_id in ids:
        found = client.one(listing.path, native_id)
        if found is not None:
            yield _pruned(found)


def ticket(row: Json) -> Json:
    """A ticket in full shape, without what is empty; `stats` and `requester` if they were given."""
    found = {name: row[name] for name in TICKET if row.get(name) is not None}
    for flag in ("spam", "deleted"):
        if not found.get(flag):
            found.pop(flag, None)
    if isinstance(row.get("stats"), dict):
        found["stats"] = {
            k: v for k, v in row["stats"].items() if v is not None and k != "ticket_id"
        }
    if isinstance(row.get("requester"), dict):
        found["requester"] = {k: row["requester"].get(k) for k in ("id", "email")}
    return found


def _begun(cursor: Any) -> Json:
    """The state to go on from; a new run reaches back a little behind the last ticket seen."""
    if cursor and "list" in cursor:
        return dict(cursor)
    last, turn = (cursor or {}).get("since"), (cursor or {}).get("turn", 0)
    since = _text(_time(last) - OVERLAP) if last else SINCE_EVER
    return {"list": 0, "page": 1, "since": since, "begun": since, "seen": last, "turn": turn}


def _after(state: Json, rows: Sequence[Json], more: bool) -> Json:
    """Where to go on behind a page. Raises GiveUp where all of 300 pages have one time."""
    if state["list"] == 0:
        state = state | {"seen": _last(rows, "updated_at", state["seen"])}
    if not more:
        return state | {"list": state["list"] + 1, "page": 1, "since": state["begun"]}
    last = _last(rows, "updated_at", None)
    reached = _text(_time(last) - SECOND) if last else ""
    if reached > state["since"]:
        return state | {"since": reached, "page": 1}
    if state["page"] >= LAST_PAGE:
        raise GiveUp(
            "More tickets than Freshdesk lists were changed within one second.", reason="one_time"
        )
    return state | {"page": state["page"] + 1}


def _ended(state: Json) -> Json | None:
    """The cursor for the next run; None where the list is always read whole."""
    if not state["seen"]:
        return None
    by = {"by": state["by"]} if state.get("by") else {}
    return {"since": state["seen"], "turn": state["turn"] + 1} | by


def _bound(listing: Listing, state: Json) -> dict[str, str]:
    """The parameter of an incremental run; none where every name of it is ignored."""
    names = listing.since[state.get("by", 0) :]
    if state["since"] is None or not names:
        return {}
    return {names[0]: _text(_time(state["since"]) - listing.overlap)}


def _ignored(rows: Sequence[Json], listing: Listing, since: str) -> bool:
    """Whether rows came that are older than what was asked for."""
    return any((_last([row], listing.stamp, None) or since) < since for row in rows)


def _moved(before: list[str], rows: Sequence[Json], more: bool) -> list[str]:
    """The ids of a page; raises RetryLater where it is the page of the number before again."""
    ids = [str(row.get("id")) for row in rows]
    if more and ids == before:
        raise RetryLater("Freshdesk gave the same page twice.", reason="cursor_stuck")
    return ids


def _page(
    client: FreshdeskClient, listing: Listing, query: Mapping[str, str], state: Json
) -> tuple[list[Json], bool]:
    """One page; a list that the account lacks, or a further one that it refuses, is empty."""
    lacking = ("forbidden", "not_found") if listing.optional else ()
    odd = ("bad_request", "forbidden", "not_found") if state["list"] else ()
    try:
        return client.page(listing.path, query, state["page"])
    except GiveUp as refused:
        if refused.reason in (*lacking, *odd):
            return [], False
        raise


def _last(rows: Sequence[Json], stamp: str, before: str | None) -> str | None:
    """The latest time among rows and the one before; a row without a time does not count."""
    found = [] if before is None else [before]
    for row in rows:
        try:
            found.append(_text(_time(row[stamp])))
        except (KeyError, TypeError, ValueError, OverflowError):
            continue
    return max(found, default=None)


def _pruned(row: Json) -> Json:
    return {name: value for name, value in row.items() if value is not None}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _text(when: datetime) -> str:
    return when.isoformat(timespec="seconds").replace("+00:00", "Z")


CONTACTS = Listing(
    "contacts",
    since=("_updated_since", "updated_since"),
    more=({"state": "deleted"}, {"state": "blocked"}),
)
COMPANIES = Listing("companies")
AGENTS = Listing("agents", optional=True)
RATINGS = Listing(
    "surveys/satisfaction_ratings",
    since=("created_since",),
    stamp="created_at",
    overlap=DAY,
    optional=True,
)


def _listed(
    name: str, object: str, entity: str, listing: Listing, *, by_id: bool = False, **more: Any
) -> Stream:
    found = partial(fetch, listing) if by_id else None
    return Stream(name, object, entity, partial(pages, listing), found, fetch_batch=10, **more)


STREAMS = (
    _listed(
        *("companies", "company", "account"),
        COMPANIES,
        by_id=True,
        interval_s=3600,
        deletes="listing",
    ),
    _listed(
        *("contacts", "contact", "contact"),
        CONTACTS,
        by_id=True,
        interval_s=600,
        deletes="listing",
    ),
    _listed("agents", "agent", "user", AGENTS, interval_s=86_400, deletes="never"),
    Stream("tickets", "ticket", "ticket", ticket_pages, ticket_fetch, fetch_batch=10),
    _listed("ratings", "rating", "satisfaction", RATINGS, interval_s=600, deletes="never"),
)
