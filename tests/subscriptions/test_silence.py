"""Silence: longer quiet than this connection's own past makes usual. Numbers worked by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hub.subscriptions import silence
from tests.subscriptions.watched import Watched

MONDAY = datetime(2026, 1, 26, tzinfo=UTC)
OFFICE = sum(1 << hour for hour in range(9, 17))
ALL = (1 << 24) - 1


def weeks(count: int) -> dict[str, tuple[int, int]]:
    """Deliveries in each office hour of so many weeks of work before MONDAY; and MONDAY so far."""
    days = (MONDAY - timedelta(days=n) for n in range(1, 7 * count + 1))
    past = {d.date().isoformat(): (OFFICE if d.weekday() < 5 else 0, ALL) for d in days}
    return past | {MONDAY.date().isoformat(): (1 << 9, ALL)}


def test_a_quiet_night_and_weekend_are_usual() -> None:
    friday = MONDAY - timedelta(days=3)
    found = silence.quiet(weeks(4), friday.replace(hour=17), MONDAY.replace(hour=9))
    assert (found.hours, found.expected, found.chance) == (64, 0, 1)
    assert not found.is_silence


def test_four_weeks_make_five_quiet_office_hours_a_silence() -> None:
    """Each of them brought something in 4 of 4 weeks: 4/5. 0.2^4 = 0.0016, 0.2^5 = 0.00032."""
    four = silence.quiet(weeks(4), MONDAY.replace(hour=10), MONDAY.replace(hour=14))
    five = silence.quiet(weeks(4), MONDAY.replace(hour=10), MONDAY.replace(hour=15))
    assert four.chance == pytest.approx(0.0016)
    assert not four.is_silence
    assert five.chance == pytest.approx(0.00032)
    assert five.expected == pytest.approx(4.0)
    assert five.is_silence


def test_one_week_needs_ten_hours_and_none_is_never_enough() -> None:
    """One week: 1/2 each. 0.5^8 = 0.0039 on the first day, 0.5^10 = 0.00098 on the second."""
    tuesday = MONDAY + timedelta(days=1)
    heard = weeks(1) | {tuesday.date().isoformat(): (0, ALL)}
    since = MONDAY.replace(hour=9)
    assert not silence.quiet(heard, since, MONDAY.replace(hour=23)).is_silence
    assert silence.quiet(heard, since, tuesday.replace(hour=11)).is_silence
    fresh = {day: bits for day, bits in heard.items() if day >= MONDAY.date().isoformat()}
    assert silence.quiet(fresh, since, tuesday.replace(hour=23)).chance == 1


def test_hours_in_which_the_hub_was_down_prove_nothing() -> None:
    heard = weeks(4) | {MONDAY.date().isoformat(): (1 << 9, (1 << 10) - 1)}
    found = silence.quiet(heard, MONDAY.replace(hour=10), MONDAY.replace(hour=20))
    assert (found.hours, found.chance) == (0, 1)


def test_the_present_quiet_does_not_make_itself_usual() -> None:
    heard = weeks(4)
    before = silence.shares(heard, MONDAY.replace(hour=10))
    assert before[9] == pytest.approx(5 / 6)
    assert before[10] == pytest.approx(4 / 5)


def test_only_full_hours_count() -> None:
    since = MONDAY.replace(hour=10, minute=30)
    assert list(silence.hours(since, MONDAY.replace(hour=12, minute=59))) == [
        MONDAY.replace(hour=11)
    ]


def test_four_weeks_are_remembered() -> None:
    heard: silence.Heard = {}
    for n in range(60 * 24):
        heard = silence.noted(heard, MONDAY + n * silence.HOUR, n % 24 == 5)
    assert len(heard) == 29
    assert set(heard.values()) == {(1 << 5, ALL)}


@pytest.mark.parametrize(("hours", "overdue"), [(8, False), (9.9, False), (10.1, True)])
def test_a_heartbeat_may_be_a_quarter_late(hours: float, overdue: bool) -> None:
    last = MONDAY - timedelta(hours=hours)
    assert silence.lacks_heartbeat(last, MONDAY, 8 * 3600) is overdue
    assert not silence.lacks_heartbeat(last, MONDAY, None)


def streams_due(watched: Watched) -> bool:
    store, now = watched.stage.store, watched.stage.hub.now(watched.stage.tenant_id)
    mine = {"connection_id": watched.id, "next_sync_at": {"$gt": now}}
    return store.streams.count(mine) == 0


def put_off(watched: Watched) -> None:
    """As if every stream had just been synced, and were due tomorrow."""
    now = watched.stage.hub.now(watched.stage.tenant_id)
    later = {"$set": {"next_sync_at": now + timedelta(days=1)}}
    watched.stage.store.streams.update_many({"connection_id": watched.id}, later)


def heard_now(watched: Watched) -> None:
    now = watched.stage.hub.now(watched.stage.tenant_id)
    for endpoint in watched.endpoints():
        watched.change(endpoint["_id"], {"last_delivery_at": now})


def test_a_silence_asks_for_one_poll_and_ends_with_the_next_delivery(asana: Watched) -> None:
    asana.told()
    heard_now(asana)
    asana.look()
    put_off(asana)
    asana.later(hours=9)
    asana.look()
    assert asana.watch()["silence"] is None
    assert not streams_due(asana)
    asana.later(hours=2)
    asana.look()
    first = asana.watch()["silence"]
    assert "8 h" in first["why"]
    assert streams_due(asana), "the catch-up poll"
    put_off(asana)
    asana.later(hours=1)
    asana.look()
    assert asana.watch()["silence"] == first
    assert not streams_due(asana), "once for each silence"
    heard_now(asana)
    asana.look()
    assert asana.watch()["silence"] is None


def test_the_hours_of_deliveries_are_learned_by_looking(asana: Watched) -> None:
    asana.look()
    targets = {e["target"] for e in asana.endpoints()}
    homes = [t for t in asana.vendor.table("tasks").all() if t["memberships"]]
    mine = next(t for t in homes if t["memberships"][0]["project"]["gid"] in targets)
    asana.vendor.table("tasks").patch(mine["gid"], {"name": "Heard of"})
    asana.told()
    asana.later(hours=2)
    asana.look()
    heard = asana.watch()["heard"]
    bits = [bin(came).count("1") for came, _ in heard.values()]
    assert sum(bits) >= 1
    assert all(came & ~watched == 0 for came, watched in heard.values())
