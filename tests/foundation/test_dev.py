"""The way in: the lock matches setup.cfg, uv is pinned by hash, and a made environment is kept."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
STANDARD = sys.stdlib_module_names


@pytest.fixture
def dev(tmp_path: Path) -> ModuleType:
    """dev.py as it would be in a copy of the project."""
    for name in ("dev.py", "setup.cfg", "requirements.lock", "requirements-dev.lock"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    spec = importlib.util.spec_from_file_location("dev_copy", tmp_path / "dev.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_needs_the_standard_library_alone() -> None:
    nodes = list(ast.walk(ast.parse((ROOT / "dev.py").read_text())))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    assert "subprocess" in names
    assert {name.split(".")[0] for name in names} - STANDARD == set()


def test_the_locks_are_up_to_date(dev: ModuleType) -> None:
    assert dev.stale_locks() == []


def test_a_changed_dependency_makes_the_locks_stale(dev: ModuleType, tmp_path: Path) -> None:
    config = tmp_path / "setup.cfg"
    config.write_text(config.read_text().replace("hypothesis==", "hypothesis>="))
    assert dev.stale_locks() == [
        "requirements-dev.lock is older than setup.cfg: run `python3 dev.py lock`"
    ]
    config.write_text(config.read_text().replace("Flask==", "Flask>="))
    assert len(dev.stale_locks()) == 2


def test_the_locks_hold_a_hash_for_each_and_no_address(dev: ModuleType) -> None:
    for path in (dev.RUN, dev.DEV):
        text = path.read_text()
        pins = re.findall(r"^[A-Za-z0-9._-]+==\S+ \\\n    --hash=sha256:", text, re.MULTILINE)
        assert len(pins) == len(re.findall(r"^[A-Za-z0-9]", text, re.MULTILINE)) > 50
        assert "://" not in text
        assert "index-url" not in text


def test_uv_is_pinned_by_its_hashes(dev: ModuleType) -> None:
    pin = dev.uv_pin().splitlines()
    assert re.fullmatch(r"uv==[\d.]+ \\", pin[0])
    assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line) for line in pin[1:])
    assert not pin[-1].endswith("\\")


def test_a_made_environment_serves_until_its_lock_changes(dev: ModuleType) -> None:
    assert not dev.is_made(dev.RUN)
    dev.PYTHON.parent.mkdir(parents=True)
    dev.PYTHON.touch()
    dev.STAMP.write_text(dev.fingerprint(dev.DEV))
    assert dev.is_made(dev.DEV)
    assert dev.is_made(dev.RUN)
    dev.STAMP.write_text(dev.fingerprint(dev.RUN))
    assert dev.is_made(dev.RUN)
    assert not dev.is_made(dev.DEV)
    dev.RUN.write_text(dev.RUN.read_text() + "\n")
    assert not dev.is_made(dev.RUN)


def test_compiled_modules_are_kept_in_the_environment(
    dev: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    (tmp_path / "some.py").write_text("x = 1\n")
    subprocess.run(
        [sys.executable, "-c", "import some"], cwd=tmp_path, env=dev.with_bytecode(), check=True
    )
    assert len(list((tmp_path / ".venv").rglob("some.*.pyc"))) == 1
    assert not (tmp_path / "__pycache__").exists()


def test_long_files_are_named(dev: ModuleType, tmp_path: Path) -> None:
    for name in dev.SOURCES:
        if not name.endswith(".py"):
            (tmp_path / name).mkdir()
    (tmp_path / "worker.py").touch()
    (tmp_path / "hub" / "short.py").write_text("x = 1\n" * 300)
    (tmp_path / "hub" / "long.py").write_text("x = 1\n" * 301)
    assert dev.long_files() == ["hub/long.py: 301 lines, over 300"]


@pytest.mark.parametrize(("word", "code"), [("help", 0), ("", 0), ("nonsense", 2)])
def test_it_tells_its_commands(word: str, code: int) -> None:
    given = [word] if word else []
    run = subprocess.run(
        [sys.executable, str(ROOT / "dev.py"), *given], capture_output=True, text=True
    )
    assert run.returncode == code
    for command in ("demo", "up", "test", "check", "bench", "prove", "docs", "lock"):
        assert command in run.stdout
