"""Server-sent events: a tenant's own, gathered, and none of another's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub import queue
from hub.embedded import Services
from hub.web.screens import live


@pytest.fixture
def redis(services: Services) -> Iterator[object]:
    client = queue.connect(services.redis_url)
    yield client
    client.close()


def test_what_moves_together_is_told_once(redis) -> None:
    stream = live.events(redis, "ten_a")
    assert next(stream) == "event: ready\ndata: \n\n"
    bell = queue.Doorbell(redis)

    for ids in ("acc_1", "acc_2,acc_1"):
        bell.publish("ten_a", "accounts", ids)
    bell.publish("ten_a", "connections", "cnx_1")

    told = {next(stream), next(stream)}
    assert told == {
        "event: accounts\ndata: acc_1,acc_2\n\n",
        "event: connections\ndata: cnx_1\n\n",
    }
    stream.close()


def test_another_tenant_hears_nothing(redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.2)
    stream = live.events(redis, "ten_b")
    next(stream)

    queue.Doorbell(redis).publish("ten_a", "accounts", "acc_1")

    assert next(stream) == ": still here\n\n"
    stream.close()


def test_very_many_ids_become_all(redis) -> None:
    stream = live.events(redis, "ten_c")
    next(stream)
    many = ",".join(f"acc_{n}" for n in range(live.MOST_IDS + 1))

    queue.Doorbell(redis).publish("ten_c", "accounts", many)

    assert next(stream) == "event: accounts\ndata: *\n\n"
    stream.close()


def test_a_stream_ends_so_that_a_lost_right_ends_too(
    redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "LIFE_S", 0.0)

    assert list(live.events(redis, "ten_d")) == ["event: ready\ndata: \n\n"]
