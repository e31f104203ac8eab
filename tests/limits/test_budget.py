"""The budget of an account: every window holds, those before are served, and nothing leaks."""

from __future__ import annotations

import heapq
import random

import pytest
from redis import Redis

from hub.api import Left, Limits, Rate
from hub.api.limits import Purpose, whole
from hub.budget import CALL_LIFE_S, Budget, Taken, Wait, account_of
from plugins.jira import register_connectors
from tests.limits.conftest import Account, per_minute


@pytest.mark.parametrize("seed", range(2))
def test_no_window_of_the_vendor_ever_holds_more_than_it_allows(redis: Redis, seed: int) -> None:
    """Calls start, reach the vendor and end at random times; the vendor's own log is the oracle."""
    dice = random.Random(seed)
    account = Account(redis, Limits(rates=(Rate(8, 10), Rate(20, 60))))
    budget, arrived, open_calls = account.budget(), list[float](), list[tuple[float, int, Taken]]()
    for turn in range(300):
        account.ahead += dice.expovariate(2)
        while open_calls and open_calls[0][0] <= account.ahead:
            budget.give(heapq.heappop(open_calls)[2])
        taken = budget.take()
        if isinstance(taken, Taken):
            lasts = dice.choice((0.05, 0.5, 4, 15))
            arrived.append(account.ahead + dice.random() * lasts)
            heapq.heappush(open_calls, (account.ahead + lasts, turn, taken))
    arrived.sort()
    for calls, per_s in ((8, 10), (20, 60)):
        gaps = [after - before for before, after in zip(arrived, arrived[calls:], strict=False)]
        assert min(gaps) > per_s
    assert len(arrived) > 30


def test_a_window_is_used_in_full_and_opens_again(redis: Redis) -> None:
    account = Account(redis, per_minute(10))
    assert account.spend(12) == 10
    account.ahead += 55
    assert account.spend(1) == 0
    account.ahead += 9
    assert account.spend(12) == 10


def test_the_wait_is_as_long_as_the_window_needs(redis: Redis) -> None:
    account = Account(redis, per_minute(5))
    account.spend(5)
    account.ahead += 20
    wait = account.budget().take()
    assert isinstance(wait, Wait)
    assert wait.window == "60"
    assert 40 <= wait.seconds <= 43


@pytest.mark.parametrize(
    ("per_s", "shares"),
    [
        (60, {"last": 75, "next": 90, "first": 100}),
        (86_400, {"last": 50, "next": 80, "first": 100}),
    ],
)
def test_those_behind_leave_a_reserve(
    redis: Redis, per_s: float, shares: dict[Purpose, int]
) -> None:
    account, used = Account(redis, Limits(rates=(Rate(100, per_s),))), 0
    for purpose, upto in shares.items():
        used += account.spend(200, purpose)
        assert used == upto


def test_what_a_header_says_wins(redis: Redis) -> None:
    """A plan that was thought to allow 10 has 40, of which others have used 28, and we one."""

    def left(headers: object) -> list[Left]:
        return [Left(60, 11, 40)]

    account = Account(redis, per_minute(10, left=left))
    account.hear({"any": "header"})
    assert account.spend(50) == 11


def test_a_window_that_starts_again_at_a_told_time_is_closed_until_then(redis: Redis) -> None:
    account = Account(redis, per_minute(10, left=lambda headers: [Left(60, 0, 10, reset_s=30)]))
    account.hear({"any": "header"})
    account.ahead += 29
    assert account.spend(1) == 0
    account.ahead += 2
    assert account.spend(12) == 9, "our own call of half a minute ago still counts"


def test_a_window_that_is_said_to_hold_nothing_is_not_closed_for_ever(redis: Redis) -> None:
    account = Account(redis, Limits(left=lambda headers: [Left(86_400, 0, 0)]))
    account.hear({"any": "header"})
    account.ahead += 25 * 3600
    assert account.spend(1) == 1


def test_a_host_that_names_another_tenants_account_shares_nothing_with_it() -> None:
    """Jira says itself which site it is; its address is the admin's to type."""
    (jira,) = register_connectors()
    found = {
        account_of(jira, {"site": site}, "acme.atlassian.net")
        for site in (
            "https://acme.atlassian.net",
            "https://acme.atlassian.net/",
            "https://x.example",
        )
    }
    assert len(found) == 2


def test_a_spent_day_is_looked_at_again_each_hour(redis: Redis) -> None:
    account = Account(redis, Limits(left=lambda headers: [Left(86_400, 0, 1000)]))
    account.hear({"any": "header"})
    account.ahead += 3590
    assert account.spend(1) == 0
    account.ahead += 20
    assert account.spend(1) == 1


def test_a_window_for_some_calls_leaves_the_others_alone(redis: Redis) -> None:
    account = Account(redis, Limits(rates=(Rate(2, 1, only="search$"), Rate(5, 1))))
    assert account.spend(3, operation="POST /search") == 2
    assert account.spend(9, operation="GET /list") == 3


def test_our_share_of_a_window_is_the_tenants_to_choose(redis: Redis) -> None:
    share = per_minute(100, share=lambda settings: int(settings["percent"]) / 100)
    account = Account(redis, share)
    budget = account.budget(settings={"percent": "30"})
    count = 0
    while isinstance(taken := budget.take(), Taken):
        budget.give(taken)
        count += 1
    assert count == 30


def test_the_slot_of_a_killed_process_comes_back_by_itself(redis: Redis) -> None:
    account = Account(redis, Limits(concurrent=2))
    budget = account.budget()
    assert isinstance(budget.take(), Taken)
    assert isinstance(budget.take(), Taken)
    assert budget.take() == Wait(0.05, "at once")
    account.ahead += CALL_LIFE_S + 1
    assert isinstance(budget.take(), Taken)


def test_the_only_slot_goes_to_whoever_is_before(redis: Redis) -> None:
    """Freshdesk takes one call at a time, and a backfill would take each next one too."""
    account = Account(redis, Limits(concurrent=1))
    person, backfill = account.budget("first"), account.budget("last", who="cnx_2")
    held = backfill.take()
    assert isinstance(held, Taken)
    assert isinstance(person.take(), Wait)
    backfill.give(held)
    assert isinstance(backfill.take(), Wait)
    taken = person.take()
    assert isinstance(taken, Taken)
    person.give(taken)
    assert isinstance(backfill.take(), Taken)


def test_who_no_longer_asks_holds_nobody_up(redis: Redis) -> None:
    account = Account(redis, Limits(concurrent=1))
    held = account.budget("last").take()
    assert isinstance(held, Taken)
    assert isinstance(account.budget("first").take(), Wait)
    account.budget("last").give(held)
    account.ahead += 1
    assert isinstance(account.budget("last").take(), Taken)


def test_a_pause_is_for_the_whole_account_and_never_cut_short(redis: Redis) -> None:
    account = Account(redis, Limits())
    one, other = account.budget(who="cnx_1"), account.budget(who="cnx_2")
    for seconds in (60, 10):
        one.give(Taken("1"), pause_s=seconds, why="limited")
    wait = other.take()
    assert isinstance(wait, Wait)
    assert 59 < wait.seconds <= 60
    account.ahead += 61
    assert isinstance(other.take(), Taken)


def test_a_tenant_with_a_clock_ahead_stops_nobody_else(redis: Redis) -> None:
    account = Account(redis, per_minute(3))
    ahead = Account(redis, per_minute(3), ahead=86_400 * 30, name=account.name)
    ahead.spend(3)
    ahead.budget().give(Taken("1"), pause_s=3600)
    assert account.spend(4) == 3


def test_who_waits_is_shown_with_the_reason(redis: Redis) -> None:
    account = Account(redis, per_minute(4))
    account.spend(3, "last")
    assert isinstance(account.budget("last", who="cnx_9").take(), Wait)
    seen = account.budget().look()
    assert [(w["who"], w["why"]) for w in seen["waiting"]] == [("cnx_9/last", "60")]
    assert [(w["limit"], w["used"], w["learnt"]) for w in seen["windows"]] == [(4, 3, False)]


def test_without_redis_every_call_goes_on() -> None:
    account = Account(None, per_minute(1))
    assert account.spend(5) == 5
    assert account.budget().look() == {}


def test_a_reader_of_headers_that_breaks_stops_no_call(redis: Redis) -> None:
    def left(headers: object) -> list[Left]:
        raise ValueError("odd header")

    account = Account(redis, per_minute(3, left=left))
    account.hear({"x": "?"})
    assert account.spend(5) == 2


@pytest.mark.parametrize("text", ["", "-1", "1.5", "١٢", "9" * 40, "many"])
def test_a_header_that_is_no_number_is_none(text: str) -> None:
    assert whole({"X-Left": text}, "x-left") is None
    assert whole({"x-LEFT": " 12 "}, "X-Left") == 12


def test_published_limits_do_not_hold_where_they_are_not_assumed(redis: Redis) -> None:
    account = Account(redis, per_minute(1, concurrent=1))
    budget: Budget = account.budget(assumed=False)
    assert all(isinstance(budget.take(), Taken) for _ in range(5))


def test_what_was_several_requests_counts_as_many(redis: Redis) -> None:
    account = Account(redis, per_minute(5))
    budget = account.budget()
    taken = budget.take()
    assert isinstance(taken, Taken)
    budget.give(taken, calls=3)
    assert account.spend(5) == 2
