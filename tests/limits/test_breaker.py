"""The breaker of a connection: after its pause exactly one call goes through."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from redis import Redis

from hub.breaker import BREAK_AFTER, BREAK_FOR_S, LONGEST_S, Breaker
from hub.budget import Budget
from hub.errors import GiveUp
from hub.http import VendorHttp
from hub.queue import JobTimeout


@dataclass
class Moved:
    """Two workers of one connection, whose clock the test moves."""

    redis: Redis
    ahead: float = 0.0
    key: str = field(default_factory=lambda: uuid.uuid4().hex)

    def worker(self) -> Breaker:
        return Breaker(self.redis, self.key, lambda: self.ahead)

    def opened(self) -> Breaker:
        one = self.worker()
        for _ in range(BREAK_AFTER):
            one.failed()
        return one


def test_five_failures_in_a_row_by_any_worker_open_it(redis: Redis) -> None:
    moved = Moved(redis)
    for _ in range(BREAK_AFTER - 1):
        moved.worker().failed()
    assert moved.worker().enter() == (0, True)
    moved.worker().failed()
    away, _ = moved.worker().enter()
    assert BREAK_FOR_S - 1 < away <= BREAK_FOR_S * 1.3


def test_after_the_pause_one_call_goes_and_its_success_closes(redis: Redis) -> None:
    moved = Moved(redis)
    one, other = moved.opened(), moved.worker()
    moved.ahead += BREAK_FOR_S * 1.4
    assert one.enter()[0] == 0
    assert other.enter()[0] > 0
    assert other.look()["state"] == "probing"
    one.succeeded()
    assert other.enter() == (0, False)


def test_a_failed_probe_opens_it_again_for_longer_and_never_for_ever(redis: Redis) -> None:
    moved = Moved(redis)
    one, pauses = moved.opened(), list[float]()
    for _ in range(9):
        moved.ahead += LONGEST_S * 1.4
        assert one.enter()[0] == 0
        one.failed()
        pauses.append(one.enter()[0])
    assert pauses[0] > BREAK_FOR_S * 1.9
    assert all(after > before * 1.4 for before, after in pairwise(pauses[:4]))
    assert LONGEST_S - 1 < pauses[-1] <= LONGEST_S * 1.3


def test_a_probe_that_was_not_made_leaves_room_for_another(redis: Redis) -> None:
    moved = Moved(redis)
    one, other = moved.opened(), moved.worker()
    moved.ahead += BREAK_FOR_S * 1.4
    assert one.enter()[0] == 0
    one.let_go()
    assert other.enter()[0] == 0


@pytest.mark.parametrize(
    ("ended", "is_open"),
    [(JobTimeout("a slice is over"), True), (KeyError("x"), True), (GiveUp("no"), False)],
)
def test_a_probe_without_an_answer_tells_nothing_and_makes_room_for_another(
    redis: Redis, ended: Exception, is_open: bool
) -> None:
    moved = Moved(redis)
    moved.opened()
    moved.ahead += BREAK_FOR_S * 1.4
    budget = Budget(redis, moved.key, who=moved.key, offset_s=lambda: moved.ahead)

    def end() -> None:
        raise ended

    with pytest.raises(type(ended)):
        VendorHttp(redis, moved.key, budget=budget).call("probe", end)
    assert moved.worker().look()["failures"] == (BREAK_AFTER if is_open else 0)
    assert moved.worker().enter() == (0, is_open)


def test_failures_far_apart_are_not_in_a_row(redis: Redis) -> None:
    moved = Moved(redis)
    for _ in range(BREAK_AFTER * 2):
        moved.worker().failed()
        moved.ahead += 61
    assert moved.worker().enter()[0] == 0
