"""Cursors, and that a page of a long list is read by index."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.errors import CorrectInput
from hub.reads.paging import Asked, Order, pack, read, unpack
from hub.store.scoped import Scoped
from tests.stage import Stage

DAY = datetime(2026, 3, 1, tzinfo=UTC)
VALUES = st.one_of(
    st.none(),
    st.integers(-5, 5),
    st.integers(0, 3).map(lambda hours: DAY + timedelta(hours=hours)),
    st.sampled_from(["", "a", "ä", "Z"]),
)


@pytest.fixture
def rows(stage: Stage) -> Iterator[Scoped]:
    yield stage.store.pulses
    stage.store.pulses.delete({})


def _walk(rows: Scoped, order: Order, limit: int) -> list[str]:
    seen: list[str] = []
    cursor = None
    while True:
        page = read(rows, {}, order, Asked(limit, cursor), lambda row: row)
        seen += [row["_id"] for row in page.items]
        cursor = page.next
        if cursor is None:
            return seen


@given(
    kind=st.sampled_from(["number", "time", "text"]),
    picks=st.lists(st.integers(0, 4), max_size=12),
    limit=st.integers(1, 5),
    down=st.booleans(),
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_walk_shows_each_row_once_in_the_stores_own_order(
    rows: Scoped, kind: str, picks: list[int], limit: int, down: bool
) -> None:
    values: dict[str, list[Any]] = {
        "number": [None, -1, 0, 2.5, 7],
        "time": [None, *(DAY + timedelta(hours=h) for h in range(4))],
        "text": [None, "", "a", "ä", "Z"],
    }
    rows.delete({})
    rows.insert_many(
        {"_id": f"row{i:02}"} | ({"v": values[kind][pick]} if pick else {})
        for i, pick in enumerate(picks)
    )
    way = -1 if down else 1
    expected = [row["_id"] for row in rows.find({}).sort([("v", way), ("_id", way)])]
    assert _walk(rows, Order("v", "v", down), limit) == expected


@given(value=VALUES, row_id=st.text(max_size=60))
def test_a_cursor_comes_back_as_it_went(value: Any, row_id: str) -> None:
    assert unpack(pack("-v", value, row_id), "-v") == (value, row_id)


@given(cursor=st.text(max_size=80))
def test_garbage_is_refused_and_no_error_of_ours(cursor: str) -> None:
    with pytest.raises(CorrectInput):
        unpack(cursor, "-v")


@pytest.mark.parametrize(
    ("collection", "where", "sort"),
    [
        ("accounts", {"listed": True}, [("sort.health", 1), ("_id", 1)]),
        ("accounts", {"listed": True}, [("sort.name", -1), ("_id", -1)]),
        ("accounts", {"listed": True}, [("sort.mrr", -1), ("_id", -1)]),
        ("accounts", {"listed": True}, [("sort.open_tickets", 1), ("_id", 1)]),
        ("accounts", {"listed": True}, [("sort.last_touch", -1), ("_id", -1)]),
        ("records", {"entity": "ticket"}, [("moved_at", -1), ("_id", -1)]),
        ("inbox", {}, [("received_at", -1), ("_id", -1)]),
        ("runs", {}, [("started_at", -1), ("_id", -1)]),
        ("quarantine", {"state": "open"}, [("at", -1), ("_id", -1)]),
    ],
)
def test_a_page_is_read_by_index_without_sorting(
    stage: Stage, collection: str, where: dict[str, Any], sort: list[tuple[str, int]]
) -> None:
    rows: Scoped = getattr(stage.store, collection)
    plan = str(rows.find(where).sort(sort).limit(51).explain()["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in plan
    assert "'SORT'" not in plan
