"""The smallest processes that can stand for the hub's own."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any


def site(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Answers every path with the process's id."""
    start("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]


if __name__ == "__main__":
    from hub import logs

    logs.configure()
    logging.getLogger("small").error("hello from %s", sys.argv[1])
    time.sleep(600)
