"""Paging by time: rows of one and the same moment are neither lost nor shown twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hub.web.screens import inbox_rows, timeline
from tests.web.site import Site

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
ENTITIES = ("ticket", "activity", "contact")


def test_a_timeline_of_ties_is_told_whole(site: Site) -> None:
    store = site.stage.store
    for n in range(23):
        at = NOON + timedelta(hours=n // 4)
        entity = ENTITIES[n % 3]
        moments = [{"at": at, "what": "x"}]
        entry = {"_id": f"tie:{n}", "account_id": "acc_tie", "entity": entity, "source": "hubspot"}
        store.records.insert({**entry, "moved_at": at, "moments": moments, "life": {}})
    store.events.insert(
        {"_id": "tie", "account_id": "acc_tie", "at": NOON, "what": "account merged"}
    )

    seen, before = [], None
    while True:
        found = timeline.read(store, "acc_tie", before=before, size=3)
        seen += [entry.key for entry in found.entries]
        before = found.older
        if before is None:
            break

    assert sorted(seen) == sorted([f"tie:{n}" for n in range(23)] + [""])


def test_deliveries_of_one_moment_are_shown_once(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_rows, "SIZE", 4)
    store = site.stage.store
    for n in range(15):
        at = NOON + timedelta(milliseconds=n // 6)
        row = {"_id": f"cnx_t:{n}", "connection_id": "cnx_t", "state": "done", "received_at": at}
        store.inbox.insert(row)

    seen: list[str] = []
    wish = inbox_rows.Wish(connections=("cnx_t",))
    while True:
        found = inbox_rows.find(store, wish)
        seen += [row["_id"] for row in found.rows]
        if found.older is None:
            break
        before, skip = found.older
        wish = inbox_rows.Wish(connections=("cnx_t",), before=before, skip=skip)

    assert sorted(seen) == sorted(f"cnx_t:{n}" for n in range(15))


def _moved(before: str, after: str, minutes: int) -> dict:
    at = NOON + timedelta(minutes=minutes)
    return {"what": "health band changed", "before": before, "after": after, "at": at}


def test_band_changes_within_minutes_are_one() -> None:
    moves = [_moved("green", "yellow", 0), _moved("yellow", "unknown", 5)]
    moves += [_moved("unknown", "red", 9), _moved("red", "green", 60)]

    calm = timeline.calmed(list(reversed(moves)))

    assert [(e["before"], e["after"]) for e in calm] == [("red", "green"), ("green", "red")]
