"""Named points at which a test may have a process killed, as a power cut would.

`HUB_CRASH_AT=name` kills on the first pass, `HUB_CRASH_AT=name@3` on the third.
"""

from __future__ import annotations

import os
import signal
from itertools import count


def _wanted(setting: str) -> tuple[str, int]:
    name, _, nth = setting.partition("@")
    return name, int(nth or 1)


_NAME, _NTH = _wanted(os.environ.get("HUB_CRASH_AT", ""))
_passes = count(1)


def point(name: str) -> None:
    """Kill this process here if it was told to; costs one comparison otherwise."""
    if _NAME and name == _NAME and next(_passes) == _NTH:
        os.kill(os.getpid(), signal.SIGKILL)
