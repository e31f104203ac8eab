"""What is newer is decided by content, never by arrival."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.engine import registers
from hub.engine.registers import Content, Life

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        pytest.param((0, 1, 5, "b"), (1, 1, 5, "a"), id="later version"),
        pytest.param((0, 1, 5, "b"), (0, 2, 5, "a"), id="later parser of one version"),
        pytest.param((0, 1, 0.5, "b"), (0, 1, 5, "a"), id="settled beats unsettled"),
        pytest.param((0, 1, 5, "b"), (0, 1, 6, "a"), id="later settled read"),
        pytest.param((0, 1, 0.2, "a"), (0, 1, 0.1, "b"), id="unsettled: the hash decides"),
    ],
)
def test_of_two_bodies_the_newer_wins_in_any_order(older, newer) -> None:
    """(version s, parser rev, read s, hash), precision one second."""
    a, b = (
        registers.content(at(version), rev, at(read), digest, 1.0)
        for version, rev, read, digest in (older, newer)
    )
    assert registers.newer(a, b) == b
    assert registers.newer(b, a) == b


def test_a_version_far_in_the_future_guards_nothing() -> None:
    wrong = registers.content(at(0) + timedelta(days=3), 1, at(10), "a", 1.0)
    later = registers.content(at(20), 1, at(30), "b", 1.0)
    assert registers.newer(wrong, later) == later


def test_a_delete_beats_the_read_that_came_before_it_and_yields_to_a_later_one() -> None:
    deleted = registers.deleted(at(100))
    before = registers.read_alive(at(50), at(99))
    after = registers.read_alive(at(50), at(100 + 61))
    assert registers.livelier(before, deleted) == deleted
    assert registers.livelier(deleted, after) == after


def test_a_vendor_clock_behind_ours_does_not_undo_its_delete() -> None:
    """The read happened half a minute before the delete, by a clock that runs ahead."""
    read = registers.read_alive(at(0), at(40))
    deleted = registers.deleted(at(10))
    assert registers.livelier(read, deleted) == deleted


def test_at_one_moment_delete_beats_restore_and_erasure_beats_all() -> None:
    moment = at(7)
    evidence = [registers.restored(moment), registers.deleted(moment), registers.erased()]
    for order in permutations(evidence):
        state: Life | None = None
        for life in order:
            state = registers.livelier(state, life)
        assert state == registers.erased()
    assert registers.livelier(registers.restored(moment), registers.deleted(moment)).deleted


def test_of_a_delete_and_a_restore_at_one_moment_a_read_after_both_tells_which_was_last() -> None:
    """HubSpot tells both with one stamp, in any order, when they are a millisecond apart."""
    evidence = [
        registers.restored(at(7)),
        registers.deleted(at(7)),
        registers.seen(registers.restored(at(7))),
    ]
    for order in permutations(evidence):
        state: Life | None = None
        for life in order:
            state = registers.livelier(state, life)
        assert state
        assert not state.deleted
    assert registers.seen(registers.deleted(at(7))).deleted


contents = st.builds(
    lambda v, p, r, h: registers.content(at(v), p, at(v + r), h, 1.0),
    st.integers(0, 5),
    st.integers(1, 2),
    st.floats(0, 3),
    st.sampled_from("abcd"),
)


@given(st.lists(contents, max_size=7), st.randoms())
def test_any_order_and_duplication_of_bodies_ends_in_the_same_one(bodies, rng) -> None:
    shuffled = bodies + rng.choices(bodies, k=3) if bodies else []
    rng.shuffle(shuffled)
    first: Content | None = None
    second: Content | None = None
    for body in bodies:
        first = registers.newer(first, body)
    for body in shuffled:
        second = registers.newer(second, body)
    assert first == second
