"""Named points at which a test may have a process killed, as a power cut would, or frozen.

`HUB_CRASH_AT=name` kills on the first pass, `HUB_CRASH_AT=name@3` on the third; `HUB_FREEZE_AT`
stops the process there until it is told to go on.
"""

from __future__ import annotations

import os
import signal
from collections import Counter

_passes: Counter[str] = Counter()


def _wanted(setting: str) -> tuple[str, int]:
    name, _, nth = setting.partition("@")
    return name, int(nth or 1)


_SIGNALS = {"HUB_CRASH_AT": signal.SIGKILL, "HUB_FREEZE_AT": signal.SIGSTOP}
_BLOWS = {_wanted(os.environ[v]): how for v, how in _SIGNALS.items() if os.environ.get(v)}


def point(name: str) -> None:
    """Kill or freeze this process here if it was told to; costs one comparison otherwise."""
    if _BLOWS:
        _passes[name] += 1
        if how := _BLOWS.get((name, _passes[name])):
            os.kill(os.getpid(), how)
