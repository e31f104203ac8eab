"""A seeded schedule of what goes wrong, and its doing: kills, freezes, an emptied Redis."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from redis import Redis
from redis.exceptions import RedisError

from hub.stack import Stack
from hub.waiting import wait_until

Deed = Literal["kill", "freeze", "empty"]
BACK_S = 60.0
FROZEN_S = (0.3, 2.5)


@dataclass(frozen=True, slots=True)
class Blow:
    """One thing that goes wrong: so long after the last one, to whom, and for how long."""

    pause_s: float
    deed: Deed
    name: str
    for_s: float = 0.0


def schedule(seed: int, kills: int, names: Sequence[str], every_s: float) -> list[Blow]:
    """`kills` kills, each name's turn coming round, with freezes and emptied stores in between."""
    rng = random.Random(seed)
    turns = [names[turn % len(names)] for turn in range(kills)]
    rng.shuffle(turns)
    blows = []
    for name in turns:
        blows.append(Blow(rng.uniform(0.2, 2 * every_s), "kill", name))
        if rng.random() < 0.25:
            pause, length = rng.uniform(0.1, every_s), rng.uniform(*FROZEN_S)
            blows.append(Blow(pause, "freeze", rng.choice(names), length))
        if rng.random() < 0.1:
            blows.append(Blow(rng.uniform(0.1, every_s), "empty", "redis"))
    return blows


def strike(stack: Stack, blow: Blow) -> bool:
    """Do it, once its target runs; False when the target was not back in time."""
    pause = threading.Event()
    pause.wait(blow.pause_s)
    if not wait_until(lambda: bool(stack.pids(blow.name)), within_s=BACK_S, every_s=0.05):
        return False
    if blow.deed == "kill":
        stack.kill(blow.name)
    elif blow.deed == "freeze":
        stack.freeze(blow.name)
        pause.wait(blow.for_s)
        stack.thaw(blow.name)
    else:
        return empty(stack)
    return True


def empty(stack: Stack) -> bool:
    """FLUSHALL, as if Redis had lost everything; False when it does not answer."""
    client = Redis.from_url(stack.settings.redis_url, socket_timeout=5)
    try:
        return bool(client.flushall())
    except RedisError:
        return False
    finally:
        client.close()


@contextmanager
def going_wrong(stack: Stack, blows: Sequence[Blow]) -> Iterator[list[Blow]]:
    """Strike one after another in a thread; yields those struck so far, and waits for the rest."""
    struck: list[Blow] = []

    def run() -> None:
        for blow in blows:
            if strike(stack, blow):
                struck.append(blow)

    thread = threading.Thread(target=run, name="trouble", daemon=True)
    thread.start()
    try:
        yield struck
    finally:
        thread.join()
