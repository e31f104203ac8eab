"""Which processes make up the hub, and how each is started."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.settings import ROOT, Settings

WEB_APP = "hub.web.app:create_app()"
GRACE_S = 3
"""Seconds that open requests may take to end."""
LIFE_S = 2.0
"""In the sandbox something happens about this often."""


@dataclass(frozen=True, slots=True)
class Role:
    """One process of the stack: its name and its command, run from the project's folder."""

    name: str
    command: tuple[str, ...]


def roles(settings: Settings) -> list[Role]:
    """The hub's own processes; the first answers /readyz and the others follow when it does."""
    workers = [
        Role(f"worker-{number}", (sys.executable, str(ROOT / "worker.py")))
        for number in range(1, settings.workers + 1)
    ]
    scheduler = Role("scheduler", (sys.executable, "-m", "hub.scheduler"))
    return [web(settings), *workers, scheduler]


def web(settings: Settings, app: str = WEB_APP) -> Role:
    """gunicorn with gevent workers: a slow sender must not hold up the others."""
    options = {
        "bind": f"{settings.host}:{settings.port}",
        "workers": settings.web_workers,
        "worker-class": "gevent",
        "worker-tmp-dir": "/dev/shm" if Path("/dev/shm").is_dir() else "/tmp",  # noqa: S108
        "graceful-timeout": GRACE_S,
        "timeout": 60,
        "keep-alive": 65,
        "log-level": "warning",
        "config": Path(__file__).with_name("gunicorn_config.py"),
    }
    flags = [text for key, value in options.items() for text in (f"--{key}", str(value))]
    return Role("web", (sys.executable, "-m", "gunicorn", "--no-control-socket", *flags, app))


def sandbox(settings: Settings, extra: Sequence[str] = ()) -> Role:
    """The vendors in small, over the world kept in the data folder."""
    flags = ("--data-dir", str(settings.data_dir), "--life", str(LIFE_S), *extra)
    return Role("sandbox", (sys.executable, "-m", "hub.sandbox", *flags))
