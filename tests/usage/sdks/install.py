"""Puts the real SDKs under `.hub/sdks`, each in a folder of its own, by the hashes kept here.

`python3 dev.py test` runs it. What cannot be had here is said, and its tests are skipped aloud.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
PLACE = ROOT / ".hub" / "sdks"
STAMP = "made-from"
sys.path.insert(0, str(ROOT))

import dev  # noqa: E402


def main() -> int:
    """0 also when something could not be had."""
    PLACE.mkdir(parents=True, exist_ok=True)
    for name in (*python_names(), "node"):
        if not is_made(name):
            make(name)
    return 0


def python_names() -> list[str]:
    return sorted(path.stem for path in HERE.glob("*.txt"))


def is_made(name: str) -> bool:
    """Whether this SDK is there, and is the one that is wanted."""
    stamp = PLACE / name / STAMP
    return stamp.is_file() and stamp.read_text() == wanted(name)


def wanted(name: str) -> str:
    source = HERE / "node" / "package-lock.json" if name == "node" else HERE / f"{name}.txt"
    return hashlib.sha256(source.read_bytes()).hexdigest()


def make(name: str) -> None:
    target = PLACE / name
    shutil.rmtree(target, ignore_errors=True)
    command, where = node(target) if name == "node" else python(name, target)
    try:
        subprocess.run(command, cwd=where, env=dev.uv_environment(), check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"The SDK {name} cannot be had here ({type(error).__name__}).", file=sys.stderr)
        return
    (target / STAMP).write_text(wanted(name))


def python(name: str, target: Path) -> tuple[list[str], Path]:
    listed = ["--require-hashes", "-r", str(HERE / f"{name}.txt")]
    into = ["--quiet", "--python", str(dev.PYTHON), "--target", str(target)]
    return [*dev.find_uv(), "pip", "install", *into, *listed], ROOT


def node(target: Path) -> tuple[list[str], Path]:
    shutil.copytree(HERE / "node", target)
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]
    return ["npm", "ci", *quiet], target


if __name__ == "__main__":
    raise SystemExit(main())
