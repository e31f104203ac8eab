"""What a stretch of work cost: seconds of CPU by process, and what others took meanwhile."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

QUIET_CORES = 0.25
_TICKS = os.sysconf("SC_CLK_TCK")
Pids = Callable[[], Mapping[str, Sequence[int]]]


class Meter:
    """Between `start` and `stop`: wall seconds, CPU seconds by name, and others' load in cores.

    `pids()` names our processes; this process is counted as "bench".
    """

    def __init__(self, pids: Pids) -> None:
        self._pids = pids
        self.seconds = 0.0
        self.cpu: dict[str, float] = {}
        self.others = 0.0

    def __enter__(self) -> Meter:
        self._names = {**self._pids(), "bench": [os.getpid()]}
        self._before = self._look()
        self._busy, self._at = _machine(), time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self.seconds = time.monotonic() - self._at
        after = self._look()
        self.cpu = {name: after[name] - self._before[name] for name in after}
        busy = _machine() - self._busy
        self.others = max(0.0, (busy - sum(self.cpu.values())) / max(self.seconds, 1e-9))

    @property
    def quiet(self) -> bool:
        return self.others <= QUIET_CORES

    def each(self, items: int) -> dict[str, float]:
        """Microseconds of CPU per item by name, those that took some."""
        per = {name: 1e6 * s / max(items, 1) for name, s in self.cpu.items()}
        return {name: round(us, 1) for name, us in per.items() if us >= 0.5}

    def _look(self) -> dict[str, float]:
        return {name: sum(map(cpu_of, pids)) for name, pids in self._names.items()}


def cpu_of(pid: int) -> float:
    """Seconds of CPU a process has used; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


def memory_mb(pid: int) -> float:
    """Resident memory of a process in MB; 0 when it is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _machine() -> float:
    """Seconds of CPU used on all cores since boot."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _, _, irq, soft, *_ = map(int, fields)
    return (user + nice + system + irq + soft) / _TICKS


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of them lie; 0 for none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
