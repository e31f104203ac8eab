"""The journal: every edit since the world was seeded, as JSON lines in the data folder.

A second start seeds the same world and plays the journal, so that life goes on. A line cut short by
a kill is dropped.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

from hub.sandbox.clock import Clock
from hub.sandbox.world import World


class Journal:
    """One vendor's edits in order; without a path it keeps nothing."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._file: TextIO | None = None

    def read(self) -> Iterator[dict[str, Any]]:
        """Every whole line that was written, oldest first."""
        if self.path is None or not self.path.exists():
            return
        kept = 0
        with self.path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                kept += len(line)
                yield json.loads(line)
        with self.path.open("r+b") as file:
            file.truncate(kept)

    def write(self, line: dict[str, Any]) -> None:
        """Append one line and hand it to the system."""
        if self.path is None:
            return
        with self._lock:
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.path.touch(mode=0o600)
                self._file = self.path.open("a", encoding="utf-8")
            self._file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()
            self._file = None


def stored_world(folder: Path | None, world: World, clock: Clock) -> tuple[World, Clock]:
    """The world and clock that the folder holds, else these, which are then stored there."""
    if folder is None:
        return world, clock
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "world.json"
    if path.exists():
        facts = json.loads(path.read_text())
        world = World.seed(facts["seed"], facts["accounts"], datetime.fromisoformat(facts["now"]))
        clock = Clock(timedelta(seconds=facts["offset_s"]))

    def save(offset: timedelta) -> None:
        document = {"seed": world.seed_value, "accounts": world.accounts}
        rest = {"now": world.now.isoformat(), "offset_s": offset.total_seconds()}
        replace_file(path, json.dumps(document | rest))

    clock.save = save
    save(clock.offset)
    return world, clock


def replace_file(path: Path, text: str) -> None:
    """Write a file whole or not at all, readable by its owner only."""
    beside = path.with_name(path.name + ".new")
    beside.touch(mode=0o600)
    beside.write_text(text)
    beside.replace(path)
