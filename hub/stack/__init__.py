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

from pydantic import SecretStr

from hub.settings import Settings
from hub.stack.supervisor import Stack, Vendors

__all__ = ["Stack", "Vendors", "demo", "up"]


def up(settings: Settings) -> None:
    """Start the hub and return when it has been told to stop and has stopped."""
    with _told_to_stop():
        run(Stack(settings, say=_tell), lambda stack: _tell(f"The hub is at {stack.url}"))


def demo(settings: Settings) -> None:
    """The same with sandbox vendors and a tenant connected to them; prints a signed-in link."""
    with _told_to_stop():
        run(Stack(settings, with_sandbox=True, adapt=trust, say=_tell), _tell_the_story)


def trust(settings: Settings, vendors: Vendors) -> Settings:
    """Settings that know the sandbox vendors' certificate and the apps' own credentials there."""
    apps = {
        name: {key: SecretStr(value) for key, value in vendor["operator"].items()}
        for name, vendor in vendors.items()
        if "operator" in vendor
    }
    authority = next((vendor["ca"] for vendor in vendors.values() if "ca" in vendor), "")
    return settings.model_copy(
        update={"apps": {**settings.apps, **apps}, "sandbox_ca": str(authority)}
    )


def _tell_the_story(stack: Stack) -> None:
    """Imported late: `hub up` needs nothing of it."""
    from rich.console import Console

    story: Any = importlib.import_module("hub.demo")
    link = story.run(stack.settings, stack.sandbox_file, Console())
    print(f"\nOpen {link}\n", flush=True)


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
