"""Walks, the events between them, deletes, and a cursor that slept too long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from hub.api import Change, Page, RetryLater
from plugins.stripe.client import StripeClient
from plugins.stripe.sandbox import StripeSandbox
from plugins.stripe.streams import STREAMS

CUSTOMERS, SUBSCRIPTIONS, INVOICES = STREAMS
DAY_S = 86_400


def run(client: StripeClient, stream: Any, cursor: Any = None) -> list[Page]:
    return list(stream.pages(client, cursor, ()))


def ids(pages: Sequence[Page]) -> list[str]:
    return [record["id"] for page in pages for record in page.records]


@pytest.mark.parametrize("stream", STREAMS, ids=lambda s: s.name)
def test_a_walk_brings_every_record_once(
    vendor: StripeSandbox, client: StripeClient, stream: Any
) -> None:
    found = ids(run(client, stream))
    assert sorted(found) == sorted(vendor.table(stream.name).ids())


def test_canceled_subscriptions_come_too(vendor: StripeSandbox, client: StripeClient) -> None:
    """Without status=all churn would be invisible (fact sheet, 9)."""
    sold = vendor.table("subscriptions")
    sold.patch(sold.ids()[0], {"status": "canceled"}, quiet=True)
    assert sold.ids()[0] in ids(run(client, SUBSCRIPTIONS))


def test_a_walk_goes_on_where_it_was_cut(client: StripeClient) -> None:
    pages = run(client, INVOICES)
    assert len(pages) > 1
    assert len(pages[0].records) == 100
    rest = run(client, INVOICES, pages[0].cursor)
    assert ids(rest) == ids(pages)[100:]


def test_a_walk_goes_on_although_its_place_was_deleted(
    vendor: StripeSandbox, client: StripeClient
) -> None:
    """Stripe refuses to list behind a record that it has no more."""
    drafts = vendor.table("invoices")
    pages = run(client, INVOICES)
    last = str(pages[0].records[-1]["id"])
    drafts.delete(last)
    rest = ids(run(client, INVOICES, pages[0].cursor))
    assert set(drafts.ids()) <= {*ids(pages[:1]), *rest}
    assert len(rest) < len(drafts)


def test_the_next_run_brings_exactly_what_changed(
    vendor: StripeSandbox, client: StripeClient
) -> None:
    cursors = {stream.name: run(client, stream)[-1].cursor for stream in STREAMS}
    bill, sold = vendor.table("invoices").ids()[3], vendor.table("subscriptions").ids()[1]
    vendor.pay(bill, vendor.clock.now())
    vendor.resize(sold, 77)
    vendor.resize(sold, 78)
    changed = {s.name: run(client, s, cursors[s.name]) for s in STREAMS}
    assert {name: ids(pages) for name, pages in changed.items()} == {
        "customers": [],
        "subscriptions": [sold],
        "invoices": [bill],
    }
    (record,) = changed["subscriptions"][0].records
    assert record["items"]["data"][0]["quantity"] == 78


def test_what_is_made_during_a_walk_is_found_by_the_next_run(
    vendor: StripeSandbox, client: StripeClient
) -> None:
    """New rows land before the place of a walk that goes from new to old (fact sheet, 2)."""
    walk = iter(INVOICES.pages(client, None, ()))
    first = next(walk)
    old = vendor.table("invoices").get(vendor.table("invoices").ids()[0]) or {}
    made = {**old, "id": "in_new", "created": int(vendor.clock.now().timestamp())}
    vendor.table("invoices").put("in_new", made)
    rest = list(walk)
    assert "in_new" not in ids([first, *rest])
    assert "in_new" in ids(run(client, INVOICES, rest[-1].cursor))


def test_a_page_of_many_events_is_read_once_for_each_record(
    vendor: StripeSandbox, client: StripeClient
) -> None:
    cursor = run(client, CUSTOMERS)[-1].cursor
    one, two = vendor.table("customers").ids()[:2]
    for turn in range(150):
        vendor.table("customers").patch(one if turn % 2 else two, {"name": f"Name {turn}"})
    before = vendor.calls.get("single", 0)
    pages = run(client, CUSTOMERS, cursor)
    assert [sorted(ids([page])) for page in pages] == [sorted([one, two])] * 2
    assert vendor.calls["single"] - before == 4
    names = {r["id"]: r["name"] for page in pages for r in page.records}
    assert names == {one: "Name 149", two: "Name 148"}
    again = run(client, CUSTOMERS, pages[0].cursor)
    assert ids(again) == ids(pages[1:])


def test_after_thirty_days_the_list_is_walked_again(
    vendor: StripeSandbox, client: StripeClient
) -> None:
    cursor = run(client, CUSTOMERS)[-1].cursor
    changed = vendor.table("customers").ids()[0]
    vendor.table("customers").patch(changed, {"name": "Long ago"})
    slept = {**cursor, "since": cursor["since"] - 30 * DAY_S}
    again = run(client, CUSTOMERS, slept)
    assert sorted(ids(again)) == sorted(vendor.table("customers").ids())
    assert again[-1].cursor["since"] >= cursor["since"]
    nearly = {**cursor, "since": cursor["since"] - 28 * DAY_S}
    assert ids(run(client, CUSTOMERS, nearly)) == [changed]


def test_the_list_is_walked_again_after_a_week_of_events_alone(
    vendor: StripeSandbox, client: StripeClient
) -> None:
    """An event that Stripe never listed would leave its record as it was for good."""
    cursor = run(client, SUBSCRIPTIONS)[-1].cursor
    sold = vendor.table("subscriptions")
    sold.patch(sold.ids()[0], {"status": "canceled"}, quiet=True)
    assert ids(run(client, SUBSCRIPTIONS, cursor)) == []
    week = {**cursor, "walked": cursor["walked"] - 7 * DAY_S - 1}
    again = run(client, SUBSCRIPTIONS, week)
    assert sorted(ids(again)) == sorted(sold.ids())
    assert ids(run(client, SUBSCRIPTIONS, again[-1].cursor)) == []


def test_what_runs_on_a_test_clock_is_not_there(
    vendor: StripeSandbox, client: StripeClient
) -> None:
    """No list shows it, so an event must not bring it: two walks would then delete it."""
    cursor = run(client, SUBSCRIPTIONS)[-1].cursor
    sold = vendor.table("subscriptions").ids()[0]
    vendor.table("subscriptions").patch(sold, {"test_clock": "clock_1"})
    (page,) = run(client, SUBSCRIPTIONS, cursor)
    assert (page.records, page.changes) == ([], [])


def test_drafts_that_vanish_in_silence_are_told_by_their_absence() -> None:
    assert (CUSTOMERS.deletes, INVOICES.deletes) == ("listing", "listing")
    assert SUBSCRIPTIONS.deletes == "never"


def test_a_run_without_news_gives_a_new_cursor(client: StripeClient) -> None:
    cursor = run(client, INVOICES)[-1].cursor
    (page,) = run(client, INVOICES, cursor)
    assert (page.records, page.changes) == ([], [])
    assert page.cursor["turn"] == cursor["turn"] + 1


def test_a_deleted_customer_is_told_by_events_and_by_reading_it(
    vendor: StripeSandbox, client: StripeClient
) -> None:
    cursors = {stream.name: run(client, stream)[-1].cursor for stream in STREAMS}
    sold = next(s for s in vendor.table("subscriptions").all() if s["status"] == "active")
    gone = sold["customer"]
    vendor.table("customers").patch(gone, {"name": "Late"})
    vendor.remove(gone)
    (page,) = run(client, CUSTOMERS, cursors["customers"])
    assert [(c.native_id, c.kind) for c in page.changes] == [(gone, "delete")]
    assert page.records == []
    assert CUSTOMERS.fetch is not None
    (read,) = CUSTOMERS.fetch(client, [gone, "cus_never"])
    assert isinstance(read, Change)
    assert (read.kind, read.native_id) == ("delete", gone)
    (left,) = run(client, SUBSCRIPTIONS, cursors["subscriptions"])
    assert [(r["id"], r["status"]) for r in left.records] == [(sold["id"], "canceled")]


def test_tiers_and_coupons_deeper_than_stripe_expands_are_read_once(
    vendor: StripeSandbox, client: StripeClient
) -> None:
    found = [r for page in run(client, SUBSCRIPTIONS) for r in page.records]
    items = [item for record in found for item in record["items"]["data"]]
    tiered = [i for i in items if i["price"]["billing_scheme"] == "tiered"]
    assert tiered
    assert all(len(i["price"]["tiers"]) == 2 for i in tiered)
    discounts = [d for i in items for d in i["discounts"]]
    discounts += [d for record in found for d in record["discounts"]]
    assert {d["source"]["coupon"]["percent_off"] for d in discounts} == {10.0}
    assert (vendor.calls["price"], vendor.calls["coupon"]) == (1, 1)


def test_without_permission_for_coupons_the_subscription_still_comes(
    vendor: StripeSandbox, client: StripeClient
) -> None:
    vendor.denied = {"coupons/LOYAL10"}
    assert len(ids(run(client, SUBSCRIPTIONS))) == len(vendor.table("subscriptions"))


def test_a_page_that_leads_back_is_an_error(vendor: StripeSandbox, client: StripeClient) -> None:
    vendor.faults.add("repeat_cursor")
    with pytest.raises(RetryLater) as stuck:
        run(client, INVOICES)
    assert stuck.value.reason == "cursor_stuck"
