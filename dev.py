"""The way in: `python3 dev.py demo`, `python3 dev.py test`.

Needs Python 3.11 with pip and nothing else: it fetches uv, makes `.venv` from the lock (every
file checked against its hash), and runs the command there. Standard library only.

    demo [--port N] [--data-dir D] [--workers N]   everything, with sandbox vendors and a link
    up   [--port N] [--data-dir D] [--workers N]   the same without sandbox and demo tenant
    test [pytest options]                          the tests
    check                                          format, lint, types, import contracts, lock
    bench, prove [options]                         the measurements and the long proofs
    docs                                           write the reference pages again
    lock                                           write both locks again from setup.cfg
"""

from __future__ import annotations

import configparser
import fcntl
import hashlib
import os
import platform
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
HOME = ROOT / ".hub"
TOOLS = HOME / "tools"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "made-from"
RUN, DEV = ROOT / "requirements.lock", ROOT / "requirements-dev.lock"
EXTRAS = {RUN: ["embedded"], DEV: ["embedded", "dev"]}
SDKS = ROOT / "tests" / "usage" / "sdks" / "install.py"
SOURCES = ["hub", "mappings", "webhooks", "plugins", "tests", "worker.py", "dev.py"]
DIVIDED = ("--dist", "loadfile", "--no-loadscope-reorder")
"""A file's set-up is made in one process of the tests, and they keep their own order."""
MARK = "# made from setup.cfg "
MAX_LINES = 300
SHIM = """#!{python}
import sys
sys.path.insert(0, {root!r})
from hub.cli import main
sys.exit(main())
"""


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns its exit code, or does not return when the command replaces us."""
    command = COMMANDS.get(arguments[0] if arguments else "")
    if command is None:
        print(__doc__)
        return 0 if arguments[:1] in ([], ["-h"], ["--help"], ["help"]) else 2
    if platform.system() != "Linux" or sys.version_info[:2] != (3, 11):
        print("Python 3.11 on Linux is needed, such as Debian 12's python3.", file=sys.stderr)
        return 2
    return command(list(arguments[1:]))


def demo(rest: list[str]) -> int:
    return become([tool("hub"), "demo", *rest], RUN)


def up(rest: list[str]) -> int:
    return become([tool("hub"), "up", *rest], RUN)


def test(rest: list[str]) -> int:
    prepare(DEV)
    subprocess.run([str(PYTHON), str(SDKS)], check=False)
    # Tests wait for processes for half of their time, so that four fill two cores.
    workers = [] if any(option.startswith("-n") for option in rest) else ["-n", "4"]
    options = ["-q", *workers, *(DIVIDED if workers else [])]
    os.chdir(ROOT)
    return become([str(PYTHON), "-m", "pytest", *options, *rest], DEV)


def bench(rest: list[str]) -> int:
    os.chdir(ROOT)
    return become([str(PYTHON), "-m", "hub.bench", *rest], DEV)


def prove(rest: list[str]) -> int:
    os.chdir(ROOT)
    return become([str(PYTHON), "-m", "hub.prove", *rest], DEV)


def docs(rest: list[str]) -> int:
    os.chdir(ROOT)
    return become([str(PYTHON), "-m", "hub.cli.reference", *rest], DEV)


def check(rest: list[str]) -> int:
    """Run every check, say which failed, and fail if any did."""
    os.chdir(ROOT)
    prepare(DEV)
    tools = {
        "format": [tool("ruff"), "format", "--check", *SOURCES],
        "lint": [tool("ruff"), "check", *SOURCES],
        "types": [tool("mypy")],
        "imports": [tool("lint-imports")],
    }
    own = {"lock": stale_locks, "length": long_files}
    failed = [name for name, command in tools.items() if not passed(name, command)]
    for name, look in own.items():
        problems = look()
        print(f"== {name}", *problems, sep="\n", flush=True)
        failed += [name] if problems else []
    print(f"\n{'failed: ' + ', '.join(failed) if failed else 'all checks passed'}")
    return 1 if failed else 0


def lock(rest: list[str]) -> int:
    """Write both locks: every version, every hash, no address of an index."""
    os.chdir(ROOT)
    uv = find_uv()
    for path, extras in EXTRAS.items():
        chosen = [text for extra in extras for text in ("--extra", extra)]
        fixed = ["--generate-hashes", "--no-emit-index-url", "--no-header", "--quiet"]
        subprocess.run(
            [*uv, "pip", "compile", "setup.cfg", *fixed, *chosen, *rest, "-o", str(path)],
            check=True,
            env=uv_environment(),
        )
        path.write_text(f"{MARK}{wanted(extras)}\n{path.read_text()}")
    return 0


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "demo": demo,
    "up": up,
    "test": test,
    "check": check,
    "bench": bench,
    "prove": prove,
    "docs": docs,
    "lock": lock,
}


def become(command: list[str], wanted_lock: Path) -> int:
    """Replace this process, so that Ctrl-C and exit codes are the command's own."""
    prepare(wanted_lock)
    os.execve(command[0], command, with_bytecode())  # noqa: S606


def with_bytecode() -> dict[str, str]:
    """Compiled modules are kept in `.venv`, also where the shell wants none beside the sources.

    The hub is many processes: without them each compiles every package again, for seconds.
    """
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**env, "PYTHONPYCACHEPREFIX": str(VENV / "bytecode")}


def prepare(wanted_lock: Path) -> None:
    """Make `.venv` hold what the lock says; costs next to nothing when it does already."""
    if is_made(wanted_lock):
        return
    HOME.mkdir(exist_ok=True)
    with (HOME / "dev.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not is_made(wanted_lock):
            make(wanted_lock)


def is_made(wanted_lock: Path) -> bool:
    """The larger environment serves for the smaller one."""
    locks = (DEV,) if wanted_lock == DEV else (RUN, DEV)
    return PYTHON.exists() and STAMP.exists() and STAMP.read_text() in map(fingerprint, locks)


def make(wanted_lock: Path) -> None:
    print("Making the environment; this is done once ...", file=sys.stderr, flush=True)
    uv, env = find_uv(), uv_environment()
    if not PYTHON.exists():
        quiet([*uv, "venv", "--quiet", "--python", sys.executable, str(VENV)], env)
    STAMP.unlink(missing_ok=True)
    sync = ["pip", "sync", "--quiet", "--require-hashes", "--python", str(PYTHON)]
    quiet([*uv, *sync, str(wanted_lock)], env)
    shim = VENV / "bin" / "hub"
    shim.write_text(SHIM.format(python=PYTHON, root=str(ROOT)))
    shim.chmod(0o755)
    STAMP.write_text(fingerprint(wanted_lock))


def find_uv() -> list[str]:
    """The uv of the lock, fetched into `.hub/tools` if it is not there."""
    program = TOOLS / "bin" / "uv"
    pinned = uv_pin()
    stamp = TOOLS / "made-from"
    if not program.exists() or not stamp.exists() or stamp.read_text() != pinned:
        TOOLS.mkdir(parents=True, exist_ok=True)
        listed = TOOLS / "uv.txt"
        listed.write_text(pinned)
        options = ["--quiet", "--target", str(TOOLS), "--upgrade", "--no-deps", "--require-hashes"]
        quiet([sys.executable, "-m", "pip", "install", *options, "-r", str(listed)], None)
        stamp.write_text(pinned)
    return [str(program)]


def uv_pin() -> str:
    """The lines of the lock that name uv and its hashes."""
    found = re.search(r"^uv==.*?(?=^\S)", DEV.read_text() + "\n#", re.MULTILINE | re.DOTALL)
    if not found:
        raise SystemExit(f"{DEV.name} does not name uv: run `python3 dev.py lock`.")
    lines = [line for line in found.group().splitlines() if not line.strip().startswith("#")]
    return "\n".join(lines).rstrip(" \\") + "\n"


def uv_environment() -> dict[str, str]:
    """Let uv find packages where this machine's pip is told to look."""
    env = dict(os.environ)
    for uv_name, pip_names in PIP_TO_UV.items():
        value = next((v for name in pip_names if (v := pip_setting(name))), "")
        if value and uv_name not in env:
            env[uv_name] = value
    # pip takes the best of all indexes too; the hashes say whether it is the right file.
    env.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    env.pop("VIRTUAL_ENV", None)
    return env


PIP_TO_UV = {
    "UV_DEFAULT_INDEX": ["index-url"],
    "UV_INDEX": ["extra-index-url"],
    "UV_FIND_LINKS": ["find-links"],
    "SSL_CERT_FILE": ["cert"],
}


def pip_setting(name: str) -> str:
    """What pip's environment or its files say; "" if nothing."""
    from_environment = os.environ.get("PIP_" + name.upper().replace("-", "_"))
    if from_environment:
        return from_environment
    asked = [sys.executable, "-m", "pip", "config", "get", f"global.{name}"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()


def quiet(command: list[str], env: dict[str, str] | None) -> None:
    """Run a step of the making; its output is shown only if it fails."""
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stdout, done.stderr, file=sys.stderr)
        raise SystemExit(f"This step failed: {' '.join(command[:4])} ...")


def passed(name: str, command: list[str]) -> bool:
    print(f"== {name}", flush=True)
    return subprocess.run(command, check=False).returncode == 0


def tool(name: str) -> str:
    return str(VENV / "bin" / name)


def stale_locks() -> list[str]:
    """Locks that were made from other dependencies than setup.cfg names now."""
    return [
        f"{path.name} is older than setup.cfg: run `python3 dev.py lock`"
        for path, extras in EXTRAS.items()
        if path.read_text().partition("\n")[0] != MARK + wanted(extras)
    ]


def wanted(extras: list[str]) -> str:
    """A fingerprint of the dependencies that setup.cfg names."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    parts = [config["options"]["install_requires"]]
    parts += [config["options.extras_require"][extra] for extra in extras]
    lines = sorted(line.strip() for part in parts for line in part.splitlines() if line.strip())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def long_files() -> list[str]:
    """Source files that have outgrown one noun."""
    folders = [ROOT / name for name in SOURCES if not name.endswith(".py")]
    files = [ROOT / "dev.py", ROOT / "worker.py", *(f for d in folders for f in d.rglob("*.py"))]
    lengths = {path: len(path.read_text().splitlines()) for path in files}
    return [
        f"{path.relative_to(ROOT)}: {lines} lines, over {MAX_LINES}"
        for path, lines in sorted(lengths.items())
        if lines > MAX_LINES
    ]


def fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
