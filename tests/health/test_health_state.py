"""Any order, duplication and day of the same changes gives the same state and values."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.health import facts, measures, state
from hub.health.context import HealthContext, SourceFreshness

START = date(2026, 1, 1)
CAPABILITIES = (
    "ticket",
    "satisfaction",
    "activity",
    "work_item",
    "subscription",
    "invoice",
    "usage",
)
Record = tuple[str, dict[str, Any], list[str]]

days = st.integers(-450, 10).map(lambda n: START + timedelta(days=n))
stamps = st.builds(
    lambda day, second: datetime.combine(day, datetime.min.time(), UTC) + timedelta(seconds=second),
    days,
    st.integers(0, 86_399),
)
people = st.lists(st.sampled_from(["ada", "grace", "edsger"]), max_size=2)


def some(**fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


TICKETS = some(
    status=st.sampled_from(["new", "open", "pending", "on_hold", "solved", "closed"]),
    priority=st.sampled_from(["low", "normal", "high", "urgent"]),
    type=st.sampled_from(["question", "incident", "feature_request", "other"]),
    opened_at=stamps,
    solved_at=stamps,
    closed_at=stamps,
    last_customer_message_at=stamps,
    reopen_count=st.integers(0, 4),
    escalated=st.booleans(),
    is_spam=st.sampled_from([False, False, False, True]),
    merged=st.sampled_from([False, False, False, True]),
)
ACTIVITIES = some(
    kind=st.sampled_from(["call", "meeting", "email", "chat", "note"]),
    direction=st.sampled_from(["inbound", "outbound", "internal"]),
    outcome=st.sampled_from(["held", "no_show", "none"]),
    started_at=stamps,
    touch=st.booleans(),
)
ANSWERS = st.one_of(
    some(label=st.sampled_from(["positive", "neutral", "negative"]), responded_at=stamps).map(
        lambda values: values | {"kind": "csat"}
    ),
    some(score_raw=st.integers(0, 10), responded_at=stamps).map(
        lambda values: values | {"kind": "nps", "scale_min": 0, "scale_max": 10}
    ),
)
WORK = some(
    kind=st.sampled_from(["bug", "task"]),
    status_category=st.sampled_from(["to_do", "in_progress", "done"]),
    opened_at=stamps,
    due_on=days.map(str),
    customer_visible=st.booleans(),
)
INVOICES = some(
    status=st.sampled_from(["open", "paid", "uncollectible", "void"]),
    due_on=days.map(str),
    issued_at=stamps,
    attempt_count=st.integers(0, 2),
)
RECORDS: st.SearchStrategy[Record] = st.one_of(
    st.tuples(st.just("ticket"), TICKETS, people),
    st.tuples(st.just("activity"), ACTIVITIES, people),
    st.tuples(st.just("satisfaction"), ANSWERS, people),
    st.tuples(st.just("work_item"), WORK, people),
    st.tuples(st.just("invoice"), INVOICES, people),
)
STEPS = st.lists(
    st.tuples(st.integers(0, 11), st.none() | RECORDS, st.integers(0, 40)), max_size=30
)


def contributed(key: str, record: Record | None) -> facts.Contribution | None:
    return record and facts.contribution(record[0], record[1], key, False, record[2])


def play(
    steps: list[tuple[int, Record | None, int]],
) -> tuple[dict[str, Any], dict[str, Record], date]:
    """Apply every change, each one twice over, as days pass."""
    built: dict[str, Any] = {}
    present: dict[str, Record] = {}
    today = START
    for number, record, passed in steps:
        key = f"c:object:{number}"
        today += timedelta(days=passed)
        old, new = contributed(key, present.get(key)), contributed(key, record)
        built = state.change(built, old, new, today)
        built = state.change(built, new, new, today - timedelta(days=passed))
        present.pop(key, None)
        if record is not None:
            present[key] = record
    return state.change(built, None, None, today), present, today


@settings(max_examples=80, deadline=None)
@given(STEPS, st.randoms(use_true_random=False))
def test_order_does_not_matter(steps: list[tuple[int, Record | None, int]], shuffle: Any) -> None:
    built, present, today = play(steps)
    contributions = [contributed(key, record) for key, record in present.items()]
    assert built == state.rebuild(contributions, today)
    shuffle.shuffle(contributions)
    other: dict[str, Any] = {}
    for contribution in contributions:
        other = state.change(other, None, contribution, START)
    assert state.change(other, None, None, today) == built


@settings(max_examples=80, deadline=None)
@given(STEPS)
def test_values_equal_those_counted_from_the_records(
    steps: list[tuple[int, Record | None, int]],
) -> None:
    built, present, today = play(steps)
    found = measures.measure(built, everything_fresh(today), today)
    for key, count in ORACLE.items():
        expected = count(present, today)
        assert found[key].value == pytest.approx(expected), key


@given(STEPS, RECORDS)
@settings(max_examples=50, deadline=None)
def test_a_change_alters_nothing_it_was_given(
    steps: list[tuple[int, Record | None, int]], record: Record
) -> None:
    built, _, today = play(steps)
    before = copy.deepcopy(built)
    state.change(built, None, contributed("c:object:new", record), today + timedelta(days=50))
    assert built == before


def everything_fresh(today: date) -> HealthContext:
    now = datetime.combine(today, datetime.min.time(), UTC) + timedelta(hours=12)
    fresh = SourceFreshness(True, now, 86_400, source="sandbox")
    return HealthContext(
        now=now, sources=dict.fromkeys(CAPABILITIES, fresh), linked=frozenset(CAPABILITIES)
    )


# The oracle: every value counted anew from whole records, sharing no code with the package.


def of(present: dict[str, Record], *entities: str) -> list[tuple[dict[str, Any], list[str], str]]:
    return [(v, people, key) for key, (e, v, people) in present.items() if e in entities]


def living(present: dict[str, Record]) -> list[tuple[dict[str, Any], list[str], str]]:
    return [t for t in of(present, "ticket") if not t[0].get("is_spam") and not t[0].get("merged")]


def still_open(present: dict[str, Record]) -> list[dict[str, Any]]:
    wanted = ["new", "open", "pending", "on_hold"]
    return [t for t, _, _ in living(present) if t.get("status") in wanted]


def within(stamp: datetime | None, today: date, window: int) -> bool:
    return stamp is not None and 0 <= (today - stamp.date()).days < window


def open_urgent(present: dict[str, Record], today: date) -> int:
    return sum(
        t.get("escalated", False) or t.get("priority") in ("urgent", "high")
        for t in still_open(present)
    )


def ticket_load(present: dict[str, Record], today: date) -> float:
    half = {"question": 0.5, "feature_request": 0}
    new = [t for t, _, _ in living(present) if within(t.get("opened_at"), today, 30)]
    return sum(half.get(t.get("type", "other"), 1) for t in new)


def oldest_waiting(present: dict[str, Record], today: date) -> int:
    ages = [0]
    for t in still_open(present):
        since = t.get("last_customer_message_at") or t.get("opened_at")
        if t["status"] in ("new", "open") and since:
            ages.append((today - since.date()).days)
    return max(ages)


def reopens(present: dict[str, Record], today: date) -> int:
    total = 0
    for t, _, _ in living(present):
        stamp = t.get("solved_at") or t.get("closed_at") or t.get("opened_at")
        total += t.get("reopen_count", 0) if within(stamp, today, 90) else 0
    return total


def csat(present: dict[str, Record], today: date) -> float | None:
    labels = [
        v["label"]
        for v, _, _ in of(present, "satisfaction")
        if v["kind"] == "csat" and v.get("label") and within(v.get("responded_at"), today, 90)
    ]
    return (labels.count("positive") + 3.6) / (len(labels) + 4) if labels else None


def nps(present: dict[str, Record], today: date) -> float | None:
    latest: dict[str, tuple[datetime, str, int]] = {}
    for v, who, key in of(present, "satisfaction"):
        answered = v["kind"] == "nps" and "score_raw" in v
        if answered and within(v.get("responded_at"), today, 181):
            person = min(who) if who else key
            mine = (v["responded_at"], key, v["score_raw"])
            latest[person] = max(latest.get(person, mine), mine)
    if not latest:
        return None
    weights = [2 ** -((today - at.date()).days / 90) for at, _, _ in latest.values()]
    points = [n for _, _, n in latest.values()]
    return sum(w * p for w, p in zip(weights, points, strict=True)) / sum(weights)


def touches(present: dict[str, Record]) -> list[tuple[date, list[str]]]:
    found = []
    for v, who, _ in of(present, "activity"):
        kind, way = v.get("kind"), v.get("direction")
        two_way = (kind in ("meeting", "call") and v.get("outcome") == "held") or (
            kind in ("email", "chat") and way == "inbound"
        )
        if v.get("touch", two_way) and "started_at" in v:
            found.append((v["started_at"].date(), who))
    for t, who, _ in living(present):
        if "last_customer_message_at" in t:
            found.append((t["last_customer_message_at"].date(), who))
    return found


def last_interaction(present: dict[str, Record], today: date) -> int:
    ages = [(today - day).days for day, _ in touches(present)]
    return min([age for age in ages if 0 <= age < 400], default=400)


def engaged_contacts(present: dict[str, Record], today: date) -> int:
    recent = [who for day, who in touches(present) if 0 <= (today - day).days < 90]
    return len({person for who in recent for person in who})


def overdue_items(present: dict[str, Record], today: date) -> int:
    work = [w for w, _, _ in of(present, "work_item") if w.get("status_category") != "done"]
    seen = [w for w in work if w.get("customer_visible") and "due_on" in w]
    return sum(date.fromisoformat(w["due_on"]) < today for w in seen)


def oldest_bug(present: dict[str, Record], today: date) -> int:
    work = [w for w, _, _ in of(present, "work_item") if w.get("status_category") != "done"]
    bugs = [w for w in work if w.get("kind") == "bug" and "opened_at" in w]
    ages: list[int] = [(today - w["opened_at"].date()).days for w in bugs]
    return max([0, *ages])


def payment(present: dict[str, Record], today: date) -> int:
    worst = 0
    for v, _, _ in of(present, "invoice"):
        due = date.fromisoformat(v["due_on"]) if "due_on" in v else None
        if due is None and v.get("attempt_count", 0) > 0 and "issued_at" in v:
            due = v["issued_at"].date()
        if v.get("status") == "uncollectible":
            worst = max(worst, 30)
        if v.get("status") in ("open", "uncollectible") and due:
            worst = max(worst, (today - due).days)
    return worst


ORACLE: dict[str, Callable[[dict[str, Record], date], Any]] = {
    "open_urgent": open_urgent,
    "ticket_load": ticket_load,
    "oldest_waiting": oldest_waiting,
    "reopens": reopens,
    "csat": csat,
    "nps": nps,
    "last_interaction": last_interaction,
    "engaged_contacts": engaged_contacts,
    "overdue_items": overdue_items,
    "oldest_bug": oldest_bug,
    "payment": payment,
}
