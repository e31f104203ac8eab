"""`hub up` and `hub demo`: the whole hub on one machine until Ctrl-C."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from hub.settings import Settings
from hub.stack.supervisor import Stack, Vendors

__all__ = ["Stack", "Vendors", "demo", "up"]


def up(settings: Settings) -> None:
    """Start the hub and return when it has been told to stop and has stopped."""
    with _told_to_stop():
        run(Stack(settings, say=_tell), lambda stack: _tell(f"The hub is at {stack.url}"))


def demo(settings: Settings) -> None:
    """The same with sandbox vendors and a tenant connected to them.

    `hub.demo` prepares the settings for the vendors, then makes the tenant and prints the link.
    """
    story: Any = importlib.import_module("hub.demo")
    with _told_to_stop():
        stack = Stack(settings, with_sandbox=True, adapt=story.prepare, say=_tell)
        run(stack, lambda running: story.run(running.settings, running.vendors))


def run(stack: Stack, then: Callable[[Stack], None]) -> None:
    """Start, do `then`, and stay until KeyboardInterrupt; stops whatever happens."""
    try:
        with stack:
            then(stack)
            _tell(f"Logs are in {stack.settings.data_dir / 'logs'}. Ctrl-C stops everything.")
            while True:
                signal.pause()
    except KeyboardInterrupt:
        _tell("Stopped.")


@contextmanager
def _told_to_stop() -> Iterator[None]:
    """SIGTERM and a closed terminal stop like Ctrl-C; being told twice does not hurt the first."""
    names = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = {name: signal.signal(name, _interrupt) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    raise KeyboardInterrupt


def _tell(line: str) -> None:
    try:
        print(line, file=sys.stderr, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
