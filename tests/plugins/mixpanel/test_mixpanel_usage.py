"""The stream of use: windows of days, late events, cuts, and going on inside a window."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hub.api import GiveUp, Page, RetryLater
from plugins.mixpanel import usage
from plugins.mixpanel.client import Mixpanel
from plugins.mixpanel.sandbox import MixpanelSandbox, problem
from tests.plugins.mixpanel.conftest import Opener


def records(pages: list[Page]) -> dict[str, Any]:
    found = [record for page in pages for record in page.records]
    assert len({r["id"] for r in found}) == len(found)
    return {r["id"]: r for r in found}


def run(client: Mixpanel, cursor: Any = None) -> list[Page]:
    """A whole run, whose cursors go through JSON as they do in the hub."""
    return list(usage.pages(client, json.loads(json.dumps(cursor))))


def spans(vendor: MixpanelSandbox) -> list[int]:
    """How many days each export had; taken, so that the next look sees the next run."""
    found = [(date.fromisoformat(b) - date.fromisoformat(a)).days + 1 for a, b in vendor.exports]
    vendor.exports.clear()
    return found


def happened(vendor: MixpanelSandbox) -> set[tuple[str, str, str]]:
    """(day, account, person) of what the sandbox holds, worked out from its table alone."""
    found = set()
    for row in vendor.table("events").all():
        said = row["properties"]
        found.add((row["at"][:10], said.get("company_id", ""), said["distinct_id"]))
    return found


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten records to a page, so that windows have several."""
    monkeypatch.setattr(usage, "ROWS", 10)


def test_history_is_read_by_the_week_and_the_last_days_one_by_one(
    vendor: MixpanelSandbox, client: Mixpanel
) -> None:
    pages = run(client)
    assert spans(vendor) == [7, 7, 7, 3, 1, 1, 1, 1, 1, 1]
    keys = {(i[:10], r.get("group", ""), r["user"]) for i, r in records(pages).items()}
    first = (vendor.today() - timedelta(days=29)).isoformat()
    assert keys == {key for key in happened(vendor) if key[0] >= first}
    today = vendor.today().isoformat()
    assert pages[-1].cursor == {"seen": today, "looked": today, "whole": today, "turn": 1}


def test_a_run_goes_on_behind_any_page(vendor: MixpanelSandbox, client: Mixpanel) -> None:
    pages = run(client)
    assert len(pages) > 20
    for place in range(0, len(pages) - 1, 9):
        rest = run(client, pages[place].cursor)
        assert records(rest) == records(pages[place + 1 :])
        assert rest[-1].cursor == pages[-1].cursor


def test_days_that_are_done_are_not_exported_again(
    vendor: MixpanelSandbox, client: Mixpanel
) -> None:
    cursors = [page.cursor for page in run(client) if "after" in page.cursor]
    inside = next(
        c for c, before in zip(cursors[1:], cursors, strict=False) if c["from"] > before["from"]
    )
    assert inside["from"] < inside["to"]
    vendor.exports.clear()
    run(client, inside)
    assert vendor.exports[0] == (inside["after"][:10], inside["to"])


def test_the_next_runs_read_two_days_and_each_day_the_late_ones(
    vendor: MixpanelSandbox, client: Mixpanel
) -> None:
    cursor = run(client)[-1].cursor
    spans(vendor)
    again = run(client, cursor)
    assert spans(vendor) == [1, 1]
    assert set(records(again)) <= set(records(run(client)))
    spans(vendor)
    yesterday = (vendor.today() - timedelta(days=1)).isoformat()
    run(client, {**cursor, "seen": yesterday, "looked": yesterday})
    assert spans(vendor) == [1] * 7
    old = (vendor.today() - timedelta(days=30)).isoformat()
    run(client, {**cursor, "whole": old})
    assert spans(vendor) == [7, 7, 7, 3, 1, 1, 1, 1, 1, 1]
    asleep = (vendor.today() - timedelta(days=12)).isoformat()
    run(client, {**cursor, "seen": asleep, "looked": asleep})
    assert spans(vendor) == [7, 5, 1, 1, 1, 1, 1, 1]


def test_a_late_event_is_found_on_its_own_day(vendor: MixpanelSandbox, client: Mixpanel) -> None:
    """`/track` takes events up to five days old."""
    cursor = run(client)[-1].cursor
    late = vendor.clock.now() - timedelta(days=4)
    user = next(u for u in vendor.table("users").ids() if not u.startswith("$"))
    vendor.act(user, "Came Late", late)
    hourly = records(run(client, cursor))
    assert not any(f["feature"] == "Came Late" for r in hourly.values() for f in r["features"])
    looked = {**cursor, "looked": (vendor.today() - timedelta(days=1)).isoformat()}
    daily = records(run(client, looked))
    found = [r for r in daily.values() for f in r["features"] if f["feature"] == "Came Late"]
    assert [(r["user"], r["active_days"]) for r in found] == [(user, [late.date().isoformat()])]


@pytest.mark.parametrize("size", [1, 700, -5])
def test_of_an_export_that_breaks_off_nothing_is_taken(
    vendor: MixpanelSandbox, client: Mixpanel, size: int
) -> None:
    """Its last line is half a line, though the answer ended as if it were whole."""
    assert client.today() == vendor.today()
    whole = sum(1 for _ in client.lines(vendor.today() - timedelta(days=29), vendor.today()))
    assert whole > 50
    vendor.cut = size
    pages = usage.pages(client, None)
    with pytest.raises(RetryLater) as later:
        next(pages)
    assert later.value.reason == "cut"
    vendor.cut = None
    assert records(run(client))


def test_an_export_that_the_line_loses_is_read_again(
    vendor: MixpanelSandbox, client: Mixpanel
) -> None:
    vendor.faults.add("half", count=1)
    with pytest.raises(RetryLater) as later:
        run(client)
    assert later.value.reason == "cut"
    assert records(run(client))


def test_a_clock_ahead_of_the_vendor_asks_for_no_future_day(
    vendor: MixpanelSandbox, client: Mixpanel
) -> None:
    """400 names the latest day that is allowed; the run ends there and goes on from there."""
    wanted = run(client)[-1].cursor
    vendor.exports.clear()
    client.now = vendor.clock.now() + timedelta(days=1)
    pages = run(client, {**wanted, "seen": (vendor.today() + timedelta(days=1)).isoformat()})
    assert pages[-1].cursor["seen"] == vendor.today().isoformat()
    client.now = vendor.clock.now() + timedelta(days=9)
    ahead = {
        **wanted,
        "looked": "2020-01-01",
        "seen": (vendor.today() + timedelta(days=9)).isoformat(),
    }
    assert run(client, ahead)[-1].cursor["seen"] == vendor.today().isoformat()


def test_a_project_whose_day_is_still_yesterday_ends_there(
    vendor: MixpanelSandbox, client: Mixpanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """West of UTC, without the project's zone in the settings."""
    yesterday = vendor.today() - timedelta(days=1)
    monkeypatch.setattr(vendor, "today", lambda: yesterday)
    cursor = run(client)[-1].cursor
    assert cursor["seen"] == yesterday.isoformat()
    assert run(client, cursor)[-1].cursor["turn"] == 2


def test_a_clock_behind_the_vendor_reads_up_to_its_day(
    vendor: MixpanelSandbox, client: Mixpanel
) -> None:
    client.now = vendor.clock.now() - timedelta(days=3)
    assert run(client)[-1].cursor["seen"] == vendor.today().isoformat()


def test_a_clock_behind_the_vendor_looks_for_late_events_on_each_of_its_days(
    vendor: MixpanelSandbox, client: Mixpanel
) -> None:
    """A client that was just opened has only our clock: the last run knows Mixpanel's day."""
    cursor = run(client)[-1].cursor
    spans(vendor)
    yesterday = (vendor.today() - timedelta(days=1)).isoformat()
    client.now = vendor.clock.now() - timedelta(days=3)
    after = run(client, {**cursor, "looked": yesterday})[-1].cursor
    assert spans(vendor) == [1] * 6
    client.now = vendor.clock.now() - timedelta(days=3)
    run(client, after)
    assert spans(vendor) == [1, 1]


def test_an_old_project_counts_days_by_its_own_zone(
    vendor: MixpanelSandbox, connect: Opener
) -> None:
    """Every event is found on its day of UTC, although days are asked for in the project's zone."""
    vendor.zone = ZoneInfo("Pacific/Auckland")
    client = connect(time_zone="Pacific/Auckland")
    days = {(r["user"], d) for r in records(run(client)).values() for d in r["active_days"]}
    first = datetime.combine(vendor.today() - timedelta(days=29), datetime.min.time())
    begin = first.replace(tzinfo=vendor.zone).astimezone(UTC)
    held = [
        (row["properties"]["distinct_id"], datetime.fromisoformat(row["at"]))
        for row in vendor.table("events").all()
    ]
    assert days == {(user, at.date().isoformat()) for user, at in held if at >= begin}


def test_only_named_events_are_exported(vendor: MixpanelSandbox, connect: Opener) -> None:
    found = records(run(connect(only_events="Report Viewed, Alert Created")))
    names = {f["feature"] for r in found.values() for f in r["features"]}
    assert names == {"Report Viewed", "Alert Created"}


def test_a_window_that_takes_too_long_is_read_day_by_day(
    vendor: MixpanelSandbox, client: Mixpanel
) -> None:
    wanted = records(run(client))
    vendor.exports.clear()
    pages = usage.pages(client, None)
    client.patience_s = -1
    first = next(pages)
    client.patience_s = 60
    found = [first, *pages]
    assert records(found) == wanted
    assert spans(vendor) == [7] + [1] * 30


def test_a_day_that_takes_too_long_says_what_to_do(
    vendor: MixpanelSandbox, connect: Opener
) -> None:
    client = connect(history_days="3")
    client.patience_s = -1
    with pytest.raises(GiveUp) as refused:
        run(client)
    assert refused.value.reason == "too_large"
    assert "name the events" in refused.value.sentence


def test_a_refused_export_is_not_taken_for_an_empty_one(
    vendor: MixpanelSandbox, client: Mixpanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """400 without an earlier day in it, such as for a malformed filter."""
    refused = problem(400, "event must be a JSON array of names")
    monkeypatch.setattr(vendor, "export", lambda request: refused)
    with pytest.raises(GiveUp) as found:
        run(client)
    assert found.value.reason == "bad_request"
