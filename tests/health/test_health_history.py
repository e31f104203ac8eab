"""Closes kept as differences: any year reads back day by day as it was, to the last digit."""

from __future__ import annotations

import copy
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.health import score, scorecard
from hub.health.closes import revenue_due, revenue_logged, revenue_on
from hub.health.history import History, changed, close_of, difference, keep, kept_of
from hub.health.measures import Measure
from hub.health.rebase import rebased
from tests.health.cards import ok

FIRST = date(2025, 12, 20)
CARD = scorecard.default()
KEYS = ("seat_utilisation", "usage_trend", "open_urgent", "last_interaction", "csm_pulse")

values = st.sampled_from([0.0, 0.3, 1.0, 12.0, 41.0])
measures = st.one_of(
    st.builds(lambda v, a: (v, a), values, st.booleans()).map(
        lambda p: ("ok", p[0], 1.0, p[1], ())
    ),
    values.map(lambda v: ("stale", v, 0.5, False, ("urgent_open",))),
    values.map(lambda v: ("ok", v, 0.25, False, ())),
    st.just(("unlinked", None, 0.0, False, ())),
    st.just(("not_configured", None, 0.0, False, ())),
)
nights = st.tuples(
    st.integers(1, 45), st.fixed_dictionaries(dict.fromkeys(KEYS, measures)), st.booleans()
)


def explained(day: date, told: dict[str, Any], churned: bool = False) -> dict[str, Any]:
    found = {
        key: Measure(key, state, value, "", "", known=known, caps=caps, ages=ages)
        for key, (state, value, known, ages, caps) in told.items()
    }
    return score.score(found, CARD, [], day, churned=churned)


def stored(entries: list[Any]) -> list[dict[str, Any]]:
    """The documents that a store would hold after these entries."""
    documents: dict[str, Any] = {}
    for entry in entries:
        fresh = {"month": entry.day[:7], "base": entry.base, "days": {}}
        document = documents.setdefault(entry.day[:7], fresh)
        document["days"][entry.day[8:]] = entry.what
    return list(documents.values())


@settings(max_examples=60, deadline=None)
@given(st.lists(nights, min_size=1, max_size=9))
def test_every_day_reads_back_as_it_was_closed(some: list[Any]) -> None:
    history, entries, day = History(()), [], FIRST
    expected: dict[str, Any] = {}
    for apart, told, churned in some:
        told_of = explained(day, told, churned)
        entries += history.write(str(day), keep(told_of))
        for ahead in range(apart):
            expected[str(day + timedelta(days=ahead))] = aged(score.day_close(told_of), told, ahead)
        day += timedelta(days=apart)
    read = History(copy.deepcopy(stored(entries)))
    for key, close in expected.items():
        assert read.close(key) == close | {"day": key}
    assert read.close(str(FIRST - timedelta(days=1))) is None


def aged(close: dict[str, Any], told: dict[str, Any], days: int) -> dict[str, Any]:
    """An age is one more each day; nothing else moves by itself."""
    after = copy.deepcopy(close)
    for key, part in after["measures"].items():
        if told[key][3]:
            part["value"] += days
    return after


def test_a_day_on_which_nothing_moves_is_not_stored() -> None:
    history = History(())
    told = keep(explained(FIRST, {"last_interaction": ("ok", 3.0, 1.0, True, ())}))
    assert len(history.write("2026-01-05", told)) == 1
    assert history.write("2026-01-06", {**told, "measures": older(told, 1)}) == []
    assert history.last_day == "2026-01-05"


def older(kept: dict[str, Any], days: int) -> dict[str, Any]:
    return {key: {**part, "value": part["value"] + days} for key, part in kept["measures"].items()}


def test_a_close_is_written_once() -> None:
    history = History(())
    first = keep(explained(FIRST, {"open_urgent": ("ok", 1.0, 1.0, False, ())}))
    other = keep(explained(FIRST, {"open_urgent": ("ok", 4.0, 1.0, False, ())}))
    history.write("2026-01-05", first)
    assert history.write("2026-01-05", other) == []
    assert history.write("2026-01-04", other) == []
    assert history.on("2026-01-05") == first


def test_only_what_differs_is_stored() -> None:
    before = keep(explained(FIRST, dict.fromkeys(KEYS, ("ok", 1.0, 1.0, False, ()))))
    after = copy.deepcopy(before)
    after["measures"]["open_urgent"]["score"] = 7.0
    what = difference(before, after)
    assert what == {"measures": {"open_urgent": {"score": 7.0}}}
    assert changed(before, what) == after


def test_missing_days_say_nothing_until_the_next_close() -> None:
    history = History(())
    told = keep(explained(FIRST, {"open_urgent": ("ok", 1.0, 1.0, False, ())}))
    entries = history.write("2026-01-30", told) + history.miss("2026-02-02")
    entries += history.write("2026-02-05", told)
    read = History(stored(entries))
    assert [bool(read.close(f"2026-02-0{n}")) for n in range(1, 7)] == [
        True, False, False, False, True, True,
    ]  # fmt: skip
    assert read.stirs() == ["2026-01-30", "2026-02-02", "2026-02-05"]


def test_a_day_on_which_the_hub_did_not_run_has_no_close() -> None:
    told = keep(explained(FIRST, {"open_urgent": ("ok", 1.0, 1.0, False, ())}))
    history = History((), {"2026-01-07"})
    history.write("2026-01-05", told)
    assert history.close("2026-01-06") is not None
    assert history.close("2026-01-07") is None
    assert history.stirs() == ["2026-01-05", "2026-01-07", "2026-01-08"]


def test_an_account_that_left_the_list_has_no_close() -> None:
    history = History(())
    told = keep(explained(FIRST, {"open_urgent": ("ok", 1.0, 1.0, False, ())}))
    history.write("2026-01-05", told)
    history.write("2026-01-06", {**told, "gone": True})
    assert history.close("2026-01-06") is None
    assert history.close("2026-01-05") is not None


def test_a_month_without_a_document_is_told_by_the_base_of_the_next() -> None:
    history = History(())
    one = keep(explained(FIRST, {"open_urgent": ("ok", 1.0, 1.0, False, ())}))
    two = keep(explained(FIRST, {"open_urgent": ("ok", 2.0, 1.0, False, ())}))
    entries = history.write("2026-01-05", one) + history.write("2026-03-02", two)
    assert History(stored(entries)[1:]).on("2026-02-14") == one


def test_a_close_of_the_old_kind_is_kept_whole() -> None:
    close = score.day_close(explained(FIRST, dict.fromkeys(KEYS, ("ok", 0.3, 1.0, False, ()))))
    again = close_of(kept_of(close), close["day"])
    for part in (again, close):
        part["measures"] = {
            key: {**m, "points": pytest.approx(m["points"])} for key, m in part["measures"].items()
        }
    assert again == close


def test_a_rebased_day_is_what_the_other_card_makes_of_the_same_values() -> None:
    told = {"seat_utilisation": ("ok", 0.5, 1.0, False, ()), "csm_pulse": ("ok", 2, 0.5, False, ())}
    document = scorecard.default_document() | {"revision": "acme/2"}
    document["dimensions"][0]["measures"][0]["curve"] = [[0, 0], [1, 100]]
    other = scorecard.from_document(document)
    kept = rebased(keep(explained(FIRST, told)), str(FIRST), other)
    # One seat in two is 50 on either curve here; the pulse is half known, so half reference 60.
    # Adoption weighs 35 and sentiment 10 of the 45 that are configured.
    assert kept["revision"] == "acme/2"
    assert kept["raw"] == pytest.approx((35 * 50 + 10 * 80) / 45)
    found = {"seat_utilisation": ok("seat_utilisation", 0.2)}
    fresh = score.score(found, CARD, [], FIRST)
    assert rebased(keep(fresh), str(FIRST), other)["raw"] == pytest.approx(20)


def test_revenue_is_told_as_of_any_day_of_the_last_ninety() -> None:
    log: list[Any] = []
    start = date(2026, 1, 1)
    for n, euros in ((0, 5), (3, 5), (10, 7), (60, 7), (120, 9)):
        log = revenue_logged(log, str(start + timedelta(days=n)), euros)
    assert log == [["2026-01-11", 7], ["2026-05-01", 9]]
    assert revenue_on(log, "2026-03-01") == 7
    assert revenue_on(log, "2026-01-01") is None
    assert revenue_due(log, date(2026, 5, 1)) == date(2026, 5, 1) + timedelta(days=90)
    assert revenue_due(log, date(2026, 8, 1)) is None
