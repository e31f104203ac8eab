"""Who holds something: a process, named so that others on its machine can tell when it has ended.

A name is "machine:pid:start:number"; `machine` is this boot and this process namespace, `start` the
process's first clock tick, since process ids come again.
"""

from __future__ import annotations

import os
import secrets
from functools import cache
from pathlib import Path

from hub.child import started_at


def name() -> str:
    """A new name for a hold of this process."""
    pid = os.getpid()
    return f"{_machine()}:{pid}:{started_at(pid)}:{secrets.token_hex(4)}"


def has_ended(holder: str) -> bool:
    """True only when the holder was a process of this machine and is no more."""
    machine, pid, started, _ = (holder.split(":") + [""] * 4)[:4]
    return bool(machine) and machine == _machine() and started_at(int(pid)) != int(started)


@cache
def _machine() -> str:
    """ "" where it cannot be known, which no holder ever matches."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return ""
