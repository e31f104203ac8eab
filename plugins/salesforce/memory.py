"""What one process remembers of an org between clients: its session and its fields.

A client lives for one job. Without this each webhook would cost a sign-in and a describe, and the
org's daily quota would go on them.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

LIFE_S = 600.0
"""A field that becomes visible is read at the latest so much later."""
ROOM = 500


@dataclass(slots=True)
class Memory:
    """session: (token, instance address) of the app's own user. shapes: describe by object."""

    until: float
    session: tuple[str, str] | None = None
    shapes: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    closed_statuses: frozenset[str] | None = None


KEPT: OrderedDict[str, Memory] = OrderedDict()


def recall(*identity: str) -> Memory:
    """The memory of one org under one set of credentials, fresh if it has grown old."""
    key = hashlib.sha256("\0".join(identity).encode()).hexdigest()
    memory = KEPT.get(key)
    if memory is None or memory.until < monotonic():
        memory = KEPT[key] = Memory(monotonic() + LIFE_S)
    KEPT.move_to_end(key)
    while len(KEPT) > ROOM:
        KEPT.popitem(last=False)
    return memory
