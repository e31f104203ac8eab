"""gunicorn reads this file: modules are imported once in the master and shared by its workers.

Modules and compiled mappings only: each worker builds its own application after the fork, because
no client of a store may be carried across one. gevent must patch before anything else is imported.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import importlib  # noqa: E402
from typing import Any  # noqa: E402

from hub.child import die_with_parent  # noqa: E402


def on_starting(server: Any) -> None:
    """Called by gunicorn in the master, before it forks."""
    module = importlib.import_module(server.app.app_uri.partition(":")[0])
    getattr(module, "preload", lambda: None)()


def post_fork(server: Any, worker: Any) -> None:
    """Called by gunicorn in each new worker: it ends with its master, however that ended."""
    die_with_parent()
