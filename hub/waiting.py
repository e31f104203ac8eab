"""Waiting for something to become true, for commands that a person watches."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic


def wait_until(condition: Callable[[], bool], *, within_s: float, every_s: float = 0.2) -> bool:
    """True as soon as `condition` holds; False when it did not within `within_s` seconds."""
    pause = threading.Event()
    deadline = monotonic() + within_s
    while not condition():
        if monotonic() >= deadline:
            return False
        pause.wait(every_s)
    return True
