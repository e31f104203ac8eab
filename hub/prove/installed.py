"""A hub that is installed as others install it: its wheel, in an environment apart from this tree.

Nothing is fetched: the packages that the hub needs are lent by the environment of this process.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import requests

from hub.embedded import free_port
from hub.settings import ROOT
from hub.waiting import wait_until

SOURCES = ("hub", "mappings", "plugins", "webhooks", "worker.py", "setup.cfg", "pyproject.toml")
WITHIN_S = 300.0
PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"


class Installed:
    """An environment below `folder` with the hub in it; `install` puts more there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.bin = self.folder / "venv" / "bin"
        self.work = self.folder / "elsewhere"
        self.work.mkdir(parents=True)
        self._uv("venv", "--python", sys.executable, str(self.folder / "venv"))
        packages = self.folder / "venv" / "lib" / PYTHON / "site-packages"
        (packages / "lent.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
        self.install(_sources(self.folder / "sources"))

    def install(self, *sources: Path) -> None:
        """Make wheels of distributions and install them."""
        here = ("--python", str(self.bin / "python"))
        self._uv("pip", "install", "--no-deps", "--no-build-isolation", *here, *map(str, sources))

    def run(self, *words: str, fine: tuple[int, ...] = (0,), cwd: Path | None = None) -> str:
        """One program of the environment, far from this tree; raises AssertionError if it fails."""
        command = [str(self.bin / words[0]), *words[1:]]
        return _run(command, cwd or self.work, self.environment, fine)

    def hub(self, *words: str, fine: tuple[int, ...] = (0,)) -> Any:
        """What a command of the installed hub says with --json."""
        return json.loads(self.run("hub", *words, "--json", fine=fine))

    @contextmanager
    def up(self) -> Iterator[str]:
        """The whole hub as `hub up` starts it; gives its address."""
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        command = [str(self.bin / "hub"), "up", "--port", str(port), "--workers", "1"]
        with (
            (self.folder / "up.log").open("wb") as log,
            subprocess.Popen(
                command, cwd=self.work, env=self.environment, stdout=log, stderr=log
            ) as process,
        ):
            try:
                if not wait_until(lambda: _ready(url), within_s=WITHIN_S):
                    raise AssertionError(f"`hub up` is not ready: {self.folder / 'up.log'}")
                yield url
            finally:
                process.terminate()
                process.wait(WITHIN_S)

    @cached_property
    def environment(self) -> dict[str, str]:
        """Without anything that would lead back to this tree."""
        ours = {k: v for k, v in os.environ.items() if not k.startswith(("HUB_", "PYTHON"))}
        data = {"HUB_DATA_DIR": str(self.folder / "data"), "HUB_DISK_FREE_MIN": "0"}
        return ours | data | {"PATH": f"{self.bin}:{os.environ['PATH']}"}

    def _uv(self, *words: str) -> None:
        offline = ("--offline", "--no-progress", "--quiet")
        _run([sys.executable, "-m", "uv", *words, *offline], self.folder, dict(os.environ))


def _sources(to: Path) -> Path:
    """The tree as a checkout holds it, since building leaves things behind."""
    to.mkdir(parents=True)
    skip = shutil.ignore_patterns("__pycache__", ".hub")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, to / name, ignore=skip)
        else:
            shutil.copy(ROOT / name, to / name)
    return to


def _run(
    command: list[str], cwd: Path, environment: dict[str, str], fine: tuple[int, ...] = (0,)
) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode not in fine:
        said = (done.stdout + done.stderr)[-2000:]
        raise AssertionError(f"{' '.join(command)} ended with {done.returncode}: {said}")
    return done.stdout


def _ready(url: str) -> bool:
    try:
        return requests.get(f"{url}/readyz", timeout=2).ok
    except requests.RequestException:
        return False
