"""Stripe's streams: whole walks, and between them the events of the last thirty days.

No list can be asked for what changed. Hence a full run walks the list, newest first, and the next
ones read what the Events API says happened since and fetch those records anew: an event shows its
object as it was then, in the version of then (docs.stripe.com/api/events).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from hub.api import Change, GiveUp, Page, Record, Stream
from plugins.stripe.client import Json, StripeClient, listed
from plugins.stripe.events import subject

KEPT_S = int(timedelta(days=30).total_seconds())
"""So long Stripe keeps events."""
MARGIN_S = int(timedelta(days=1).total_seconds())
OVERLAP_S = 300
WEEK_S = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record. types: its events, at most twenty. expand: what a single record is asked
    to hold; a list wants the same below `data.`."""

    object: str
    path: str
    types: tuple[str, ...]
    params: Mapping[str, str] = field(default_factory=dict)
    expand: tuple[str, ...] = ()


CUSTOMER = Kind(
    "customer",
    "customers",
    (
        *("customer.created", "customer.updated", "customer.deleted"),
        *("customer.discount.created", "customer.discount.updated", "customer.discount.deleted"),
    ),
)
SUBSCRIPTION = Kind(
    "subscription",
    "subscriptions",
    (
        *(f"customer.subscription.{w}" for w in ("created", "updated", "deleted", "paused")),
        *("customer.subscription.resumed", "customer.subscription.pending_update_applied"),
        *("customer.discount.created", "customer.discount.updated", "customer.discount.deleted"),
    ),
    {"status": "all"},
    ("discounts.source.coupon", "items.data.discounts"),
)
"""Without `status=all` canceled ones are left out, and so is all churn."""
INVOICE = Kind(
    "invoice",
    "invoices",
    (
        *(f"invoice.{w}" for w in ("created", "updated", "deleted", "finalized", "paid")),
        *(f"invoice.{w}" for w in ("payment_failed", "payment_action_required", "overdue")),
        *("invoice.marked_uncollectible", "invoice.voided", "invoice_payment.paid"),
    ),
)


def pages(
    kind: Kind, client: StripeClient, cursor: Any, fields: Sequence[str] = ()
) -> Iterator[Page]:
    """The whole list, or what happened since the last run.

    Cursor between runs: {"since": epoch seconds, "turn": runs so far}; within one also "begun",
    and "after" and "made", the last row's id and time. `begun` is Stripe's time before the first
    page: what is made while we walk lands before our place and is found among the events of the
    next run. A connection that slept longer than events are kept walks the list again, and so does
    one whose last walk ("walked") is a week ago: an event that never came is made good by it.
    """
    state = dict(cursor or {})
    since, turn = state.get("since"), state.get("turn", 0)
    place = {name: state.get(name) for name in ("after", "made")}
    begun = state.get("begun") or _now(kind, client)
    walked = state.get("walked", 0)
    slept = since is None or begun - since > KEPT_S - MARGIN_S
    read = _rows if slept or begun - walked > WEEK_S else _events
    whole_at = begun if read is _rows else walked
    more = True
    while more:
        page, place, more = read(kind, client, since, place)
        within = {"since": since, "begun": begun, "turn": turn, "walked": walked, **place}
        done = {"since": begun, "turn": turn + 1, "walked": whole_at}
        yield Page(page.records, within if more else done, changes=page.changes)


def fetch(kind: Kind, client: StripeClient, ids: Sequence[str]) -> Iterator[Record | Change]:
    """Current records one by one: Stripe has no bulk read. A deleted customer is a Change.

    What runs on a test clock is in no list, so it is not there for us.
    """
    for native_id in ids:
        found = client.one(kind.path, native_id, kind.expand)
        if found is None or found.get("test_clock"):
            continue
        if found.get("deleted"):
            yield Change(kind.object, native_id, "delete", client.date)
        else:
            yield whole(kind, client, found)


def whole(kind: Kind, client: StripeClient, record: Json) -> Json:
    """The record with what Stripe does not expand so deep: all items, tiers and coupons."""
    if kind is not SUBSCRIPTION:
        return record
    items = record["items"]
    rows = items["data"]
    if items.get("has_more"):
        rows = client.all("subscription_items", {"subscription": record["id"], **_ITEMS})
    made = [_item(client, row) for row in rows]
    bare = {k: v for k, v in items.items() if k not in ("has_more", "url")}
    discounts = [_discount(client, d) for d in record.get("discounts") or ()]
    return {**record, "items": {**bare, "data": made}, "discounts": discounts}


_ITEMS = listed("expand", ["data.discounts"])


def _item(client: StripeClient, item: Json) -> Json:
    price = item["price"]
    if price.get("billing_scheme") == "tiered" and "tiers" not in price:
        found = client.fixed("prices", price["id"], ["tiers"]) or {}
        price = {**price, "tiers": found.get("tiers")}
    discounts = [_discount(client, d) for d in item.get("discounts") or ()]
    return {**item, "price": price, "discounts": discounts}


def _discount(client: StripeClient, discount: Any) -> Any:
    """A discount with its coupon in full, where the key may read coupons."""
    source = discount.get("source") if isinstance(discount, dict) else None
    if not source or not isinstance(source.get("coupon"), str):
        return discount
    coupon = client.fixed("coupons", source["coupon"]) or source["coupon"]
    return {**discount, "source": {**source, "coupon": coupon}}


def _now(kind: Kind, client: StripeClient) -> int:
    """Stripe's own time, in seconds, as one small answer tells it."""
    client.rest.get("v1/events", {"type": kind.types[0], "limit": 1})
    return int(client.date.timestamp())


def _rows(
    kind: Kind, client: StripeClient, since: int | None, place: Json
) -> tuple[Page, Json, bool]:
    expand = listed("expand", [f"data.{path}" for path in kind.expand])
    rows, more = _behind(client, kind.path, {**kind.params, **expand}, place)
    return Page([whole(kind, client, row) for row in rows], None), _last(rows, place), more


def _events(
    kind: Kind, client: StripeClient, since: int | None, place: Json
) -> tuple[Page, Json, bool]:
    """One page of events as the current state of what they are about."""
    asked = {**listed("types", kind.types), "created[gte]": (since or 0) - OVERLAP_S}
    events, more = _behind(client, "events", asked, place)
    found = [change for event in events for change in subject(event) if change.rule is None]
    mine = [c for c in found if c.object == kind.object and client.tells(c.account)]
    now = list(fetch(kind, client, list(dict.fromkeys(change.native_id for change in mine))))
    records = [one for one in now if not isinstance(one, Change)]
    gone = [change for change in mine if change.kind == "delete"]
    return Page(records, None, changes=gone), _last(events, place), more


def _behind(client: StripeClient, path: str, params: Json, place: Json) -> tuple[list[Json], bool]:
    """The page behind a row. Where that row is gone, its second is read again, and so its page."""
    try:
        return client.page(path, params, place["after"])
    except GiveUp as refused:
        if place["made"] is None or refused.reason not in ("bad_request", "not_found"):
            raise
    return client.page(path, {**params, "created[lte]": place["made"]}, None)


def _last(rows: Sequence[Json], before: Json) -> Json:
    return {"after": rows[-1]["id"], "made": rows[-1]["created"]} if rows else before


def _stream(kind: Kind, name: str, entity: str, **more: Any) -> Stream:
    return Stream(name, kind.object, entity, partial(pages, kind), partial(fetch, kind), **more)


STREAMS = (
    _stream(CUSTOMER, "customers", "account", deletes="listing", fetch_batch=20),
    _stream(SUBSCRIPTION, "subscriptions", "subscription", deletes="never", fetch_batch=20),
    _stream(INVOICE, "invoices", "invoice", deletes="listing", fetch_batch=20),
)
"""A subscription is never deleted, it is canceled; of invoices only drafts are."""
