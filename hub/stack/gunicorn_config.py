"""gunicorn reads this file: a web worker ends with its master, however that ended."""

from __future__ import annotations

from typing import Any

from hub.child import die_with_parent


def post_fork(server: Any, worker: Any) -> None:
    """Called by gunicorn in each new worker."""
    die_with_parent()
