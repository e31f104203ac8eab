"""The sandbox's own product: its history is taken as it is, told again it is the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from hub.sandbox import World
from hub.sandbox.usage import ADDRESS_FILE, HISTORY_DAYS, Product, calls
from tests.usage.sending import Sender

NOW = datetime.now(UTC)
WORLD = World.seed(7, 3, NOW)


def test_a_day_told_twice_is_the_same_events() -> None:
    first = {c["messageId"]: c for c in calls(WORLD, NOW.date())}
    again = list(calls(World.seed(7, 3, NOW + timedelta(hours=3)), NOW.date()))
    assert len(again) == len(first)
    assert all(
        first[c["messageId"]]["timestamp"] == c["timestamp"] for c in again if c["type"] == "track"
    )


def test_it_is_mute_until_somebody_listens_and_then_sends_everything_once(
    sender: Sender, tmp_path: Path
) -> None:
    product, random = Product(WORLD, tmp_path), Random(1)
    assert product.tick(random, NOW) == 0
    (tmp_path / ADDRESS_FILE).write_text(json.dumps({"address": sender.url, "key": "wrong"}))
    assert product.tick(random, NOW) == 0, "a key that is refused"
    (tmp_path / ADDRESS_FILE).write_text(json.dumps({"address": sender.url, "key": sender.key}))
    told = list(calls(WORLD, NOW.date()))
    sent = product.tick(random, NOW)
    while sent < len(told):
        sent += product.tick(random, NOW)
    rows = sender.rows()
    assert {row["_id"].partition(":")[2] for row in rows} == {c["messageId"] for c in told}
    assert not [row for row in rows if set(row["flags"]) - {"no_user"}]
    assert min(row["at"] for row in rows) > NOW - timedelta(days=HISTORY_DAYS + 1)
    assert product.tick(random, NOW) == 1, "and then life goes on"
