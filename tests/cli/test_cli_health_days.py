"""`hub health` through time: days, why they differ, and a back-test that claims nothing yet."""

from __future__ import annotations

from datetime import timedelta

from tests.cli.conftest import Run
from tests.health.lives import Lives
from tests.stage import Stage


def test_days_are_listed_their_moves_told_in_words_and_few_leavers_claim_nothing(
    run: Run, stage: Stage
) -> None:
    today = stage.hub.now().date()
    lives = Lives(stage.store, 3, today - timedelta(days=9), companies=1)
    for ago in range(9, -1, -1):
        lives.today = today - timedelta(days=ago)
        lives.live(3)
        lives.settle()
    account = (stage.store.accounts.find_one({"listed": True}) or {})["_id"]

    told = run("health", "series", account, "--json").json
    assert [p["day"] for p in told["points"]] == [
        str(today - timedelta(days=n)) for n in range(9, -1, -1)
    ]
    assert str(today) in run("health", "series", account).out

    since = str(today - timedelta(days=5))
    moved = run("health", "why", account, "--from", since, "--json").json
    assert round(10 * moved["delta_shown"]) == sum(
        round(10 * part["points_shown"]) for part in moved["by"]
    )
    words = run("health", "why", account, "--from", since).out
    assert words.startswith(f"Between {since} and {today} the score ")

    refused = run("health", "why", account, "--from", "2020-01-01", "--to", "2020-01-05")
    assert refused.code == 3
    assert "no score yet" in refused.err
    assert run("health", "why", account, "--from", "soon").code == 2

    tested = run("health", "backtest", "--horizon", "30")
    assert tested.code == 0
    assert "No claim" in tested.out
    assert run("health", "backtest", "--horizon", "3").code == 2
