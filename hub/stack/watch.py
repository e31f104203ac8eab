"""Looks after running processes: starts again what dies, and shows what goes wrong."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

EVERY_S = 0.1
QUICK_S = 10.0
"""A process that ended sooner than this is started again after a growing pause."""
PAUSES_S = (0.0, 0.5, 1.0, 2.0, 5.0)


class Watched(Protocol):
    """What can be looked after."""

    name: str
    log: Path

    @property
    def running(self) -> bool: ...

    @property
    def exit_code(self) -> int | None: ...


class Watcher:
    """One thread that lives as long as what it looks after.

    `revive(name)` starts one again; it runs in this thread, so the new process lives as long.
    """

    def __init__(
        self,
        watched: Callable[[], Iterable[Watched]],
        revive: Callable[[str], None],
        say: Callable[[str], None],
    ) -> None:
        self._watched = watched
        self._revive = revive
        self._say = say
        self._quick: dict[str, int] = {}
        self._started: dict[str, float] = {}
        self._due: dict[str, float] = {}
        self._tails: dict[str, Tail] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._end.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._end.wait(EVERY_S):
            for one in self._watched():
                self._look(one)

    def _look(self, one: Watched) -> None:
        now = time.monotonic()
        self._started.setdefault(one.name, now)
        for line in self._tails.setdefault(one.name, Tail(one.log)).errors():
            self._say(f"{one.name} | {line}")
        if one.running:
            return
        if one.name not in self._due:
            self._due[one.name] = now + self._pause(one.name, now)
            self._say(f"{one.name} ended ({ending(one.exit_code)}) and is started again")
        if now >= self._due[one.name]:
            self._start_again(one.name)

    def _pause(self, name: str, now: float) -> float:
        lived = now - self._started[name]
        self._quick[name] = self._quick.get(name, 0) + 1 if lived < QUICK_S else 0
        return PAUSES_S[min(self._quick[name], len(PAUSES_S) - 1)]

    def _start_again(self, name: str) -> None:
        self._started[name] = time.monotonic()
        del self._due[name]
        try:
            self._revive(name)
        except Exception as error:
            self._say(f"{name} does not start: {error}")


class Tail:
    """Error lines that were added to a structured log since the last look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = path.stat().st_size if path.exists() else 0

    def errors(self) -> list[str]:
        try:
            size = self._path.stat().st_size
            if size == self._at:
                return []
            with self._path.open("rb") as file:
                file.seek(self._at if size > self._at else 0)
                whole, _, _ = file.read().rpartition(b"\n")
                self._at = file.tell() if not whole else self._at_after(size, whole)
        except OSError:
            return []
        return [shown for line in whole.splitlines() if (shown := _shown(line))]

    def _at_after(self, size: int, whole: bytes) -> int:
        start = self._at if size > self._at else 0
        return start + len(whole) + 1


def ending(exit_code: int | None) -> str:
    """How a process ended, in words."""
    if exit_code is None:
        return "not started"
    return f"signal {-exit_code}" if exit_code < 0 else f"exit code {exit_code}"


def _shown(line: bytes) -> str:
    try:
        event: dict[str, Any] = json.loads(line)
        level, text = event["level"], event["event"]
    except (ValueError, KeyError, TypeError):
        return ""
    if level not in ("error", "critical"):
        return ""
    last = str(event.get("exception", "")).strip().splitlines()[-1:]
    return " ".join([str(text), *last])
