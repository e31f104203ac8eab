"""Which small processes stand for the hub's own; whoever starts them need not load the tests."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from hub.settings import Settings
from hub.stack.roles import Role, web

HERE = "tests.foundation.small"


def small(settings: Settings) -> Sequence[Role]:
    """A web process and a helper."""
    return [web(settings, f"{HERE}:site"), Role("helper", (sys.executable, "-m", HERE, "helper"))]
