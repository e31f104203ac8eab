"""Each way of paging against a real HTTP server: whole, resumed at every cursor, and led astray."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.api import GiveUp, RetryLater
from hub.api.paging import Cursor, Each, Export, Link, Listing, Number, Offset, Since
from hub.api.rest import Rest
from tests.connectors.conftest import ROWS, SIZE, Vendor

LISTINGS = {
    "cursor": Listing("cursor", Cursor("after", "meta.next", "meta.more"), "data.rows"),
    "offset": Listing("offset", Offset(SIZE), "rows"),
    "page number": Listing("page", Number(SIZE)),
    "link header": Listing("link", Link()),
    "next address": Listing("next", Link("next"), "rows"),
}
every = pytest.mark.parametrize("listing", LISTINGS.values(), ids=LISTINGS)


@every
def test_every_row_comes_once_and_in_order(listing: Listing, client: Rest) -> None:
    pages = list(listing.pages(client, None))
    assert [len(page.records) for page in pages] == [3, 3, 1]
    assert [row for page in pages for row in page.records] == ROWS
    assert pages[-1].cursor is None


@every
def test_from_every_cursor_the_rest_comes(listing: Listing, client: Rest) -> None:
    pages = list(listing.pages(client, None))
    for place, page in enumerate(pages[:-1]):
        cursor = json.loads(json.dumps(page.cursor))
        rest = [row for later in listing.pages(client, cursor) for row in later.records]
        assert rest == ROWS[(place + 1) * SIZE :]


@every
def test_each_request_carries_the_key(listing: Listing, client: Rest, vendor: Vendor) -> None:
    list(listing.pages(client, None))
    assert vendor.keys == ["Bearer key"] * 3


def test_the_total_is_told_where_the_vendor_knows_it(client: Rest) -> None:
    listing = Listing("cursor", Cursor("after", "meta.next", "meta.more"), "data.rows", {}, "count")
    assert next(listing.pages(client, None)).total == 7


@pytest.mark.parametrize("pager", [Cursor("after", "next"), Number(SIZE), Offset(SIZE)])
def test_a_vendor_that_leads_in_a_circle_is_an_error(pager: Any, client: Rest) -> None:
    read = Listing("stuck", pager, "rows").pages(client, None)
    next(read)
    with pytest.raises(RetryLater) as trouble:
        list(read)
    assert trouble.value.reason == "cursor_stuck"


CIRCLES = (
    Listing("circle", Cursor("after", "next"), "rows"),
    Export("circle", "after", "next", "ended", "rows"),
)


@pytest.mark.parametrize("listing", CIRCLES, ids=("listing", "export"))
def test_a_circle_of_several_pages_is_an_error(listing: Any, client: Rest, vendor: Vendor) -> None:
    with pytest.raises(RetryLater) as trouble:
        list(listing.pages(client, None))
    assert trouble.value.reason == "cursor_stuck"
    assert len(vendor.asked) == 3


EXPORT = Export("export", "after", "next", "ended", "rows", start={"start_time": 0})


def test_an_export_goes_on_with_its_own_cursor_from_run_to_run(
    client: Rest, vendor: Vendor
) -> None:
    pages = list(EXPORT.pages(client, None))
    assert [row for page in pages for row in page.records] == ROWS
    assert pages[-1].cursor == {"cursor": "c7", "turn": 1}
    assert vendor.asked[0].endswith("/export?start_time=0")
    for place, page in enumerate(pages):
        rest = [row for later in EXPORT.pages(client, page.cursor) for row in later.records]
        assert rest == ROWS[(place + 1) * SIZE :]
    [again] = EXPORT.pages(client, pages[-1].cursor)
    assert (again.records, again.cursor) == ([], {"cursor": "c7", "turn": 2})


def test_an_export_whose_cursor_has_ended_starts_anew(client: Rest, vendor: Vendor) -> None:
    vendor.answers.append((410, {}, b"{}"))
    pages = list(EXPORT.pages(client, {"cursor": "c3", "turn": 4}))
    assert [row for page in pages for row in page.records] == ROWS
    assert pages[-1].cursor == {"cursor": "c7", "turn": 5}
    vendor.answers.append((403, {}, b"{}"))
    with pytest.raises(GiveUp):
        list(EXPORT.pages(client, {"cursor": "c3", "turn": 4}))


def test_the_key_does_not_follow_a_link_to_another_host(client: Rest, vendor: Vendor) -> None:
    read = Listing("abroad", Link("next"), "rows").pages(client, None)
    next(read)
    with pytest.raises(GiveUp) as refused:
        next(read)
    assert refused.value.reason == "foreign_link"
    assert len(vendor.asked) == 1


SINCE = Since("changed_since", "at", timedelta(minutes=5))
CHANGES = Listing("offset", Offset(SIZE), "rows", {"limit": SIZE}, since=SINCE)


def test_the_next_run_begins_a_little_before_the_last_change(client: Rest, vendor: Vendor) -> None:
    *_, last = CHANGES.pages(client, None)
    assert last.cursor == {"since": "2026-03-07T10:00:00+00:00", "turn": 1}
    vendor.asked.clear()
    list(CHANGES.pages(client, last.cursor))
    assert vendor.asked[0] == "/api/offset?limit=3&changed_since=2026-03-07T09%3A55%3A00Z"


def test_a_run_that_is_resumed_remembers_the_latest_change_it_saw(client: Rest) -> None:
    first = next(CHANGES.pages(client, {"since": "2026-03-09T00:00:00+00:00", "turn": 4}))
    *_, last = CHANGES.pages(client, first.cursor)
    assert last.cursor == {"since": "2026-03-09T00:00:00+00:00", "turn": 5}


def test_stamps_that_are_no_time_do_not_move_the_cursor() -> None:
    rows = [{"at": "soon"}, {"at": None}, {}, {"at": 1767607200}, {"at": True}]
    assert SINCE.latest(rows, None) == "2026-01-05T10:00:00+00:00"
    assert SINCE.latest([{}], None) is None


def test_seconds_of_the_epoch_are_asked_for_as_such() -> None:
    seconds = Since("start_time", "at", timedelta(seconds=60), "s")
    assert seconds.text(datetime(2026, 1, 5, 10, 0, tzinfo=UTC)) == "1767607140"


def test_records_are_read_one_by_one_and_what_is_gone_is_left_out(
    client: Rest, vendor: Vendor
) -> None:
    vendor.answers = [(404, {}, b"{}")]
    assert list(Each("rows/{id}", "row").fetch(client, ["a/b", "7"])) == [ROWS[6]]
    assert vendor.asked == ["/api/rows/a%2Fb", "/api/rows/7"]


@pytest.mark.parametrize("body", [b"<html>", b"", b'{"data": {"rows": 3}}', b"[]"])
def test_an_answer_of_another_shape_is_tried_again_later(
    body: bytes, client: Rest, vendor: Vendor
) -> None:
    vendor.answers = [(200, {}, body)]
    with pytest.raises(RetryLater):
        list(LISTINGS["cursor"].pages(client, None))
