"""Running something anew, in a fresh process, whenever one of some files changes."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

POLL_S = 0.3
WATCHED = frozenset({".py", ".yaml", ".yml", ".json", ".xml", ".md"})
Stamps = dict[Path, tuple[int, int]]


def stamps(places: Sequence[Path]) -> Stamps:
    """(modified, size) of every file at or below these places."""
    found: Stamps = {}
    for file in _files(places):
        try:
            now = file.stat()
        except FileNotFoundError:
            continue
        found[file] = (now.st_mtime_ns, now.st_size)
    return found


def _files(places: Sequence[Path]) -> Iterator[Path]:
    for place in places:
        if place.is_dir():
            yield from (f for f in place.rglob("*") if f.suffix in WATCHED and f.is_file())
        else:
            yield place


def watch(
    command: Sequence[str],
    places: Sequence[Path],
    told: Callable[[Sequence[Path]], None],
    runs: int = 0,
) -> int:
    """Run the command now and at each change, until Ctrl-C or for `runs`; the last exit code.

    `told` is called with the files that changed, before each run.
    """
    code, done, before = 0, 0, stamps(places)
    changed: list[Path] = []
    try:
        while True:
            told(changed)
            code, done = subprocess.run(command, check=False).returncode, done + 1
            if done == runs:
                return code
            while (now := stamps(places)) == before:
                time.sleep(POLL_S)
            changed = [f for f in {*now, *before} if now.get(f) != before.get(f)]
            before = now
    except KeyboardInterrupt:
        return code
