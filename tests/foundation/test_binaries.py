"""Finding mongod and redis-server, also where the system has no libcurl."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from hub import binaries
from hub.errors import CorrectInput


def test_the_operators_own_comes_first_and_must_be_a_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "redis-server"
    own.write_text("#!/bin/sh\n")
    monkeypatch.setenv("HUB_REDIS_SERVER", str(own))
    with pytest.raises(CorrectInput, match=f"HUB_REDIS_SERVER={own} is not a program"):
        binaries.redis_server()
    own.chmod(0o755)
    assert binaries.redis_server() == str(own)
    monkeypatch.delenv("HUB_REDIS_SERVER")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert binaries.redis_server() == str(own)


def test_a_mongod_that_does_not_run_is_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "mongod"
    broken.write_text("#!/bin/sh\nexit 127\n")
    broken.chmod(0o755)
    monkeypatch.setenv("HUB_MONGOD", str(broken))
    with pytest.raises(CorrectInput, match="install libcurl4, or name another with HUB_MONGOD"):
        binaries.mongod(tmp_path / "lib")


def test_without_a_libcurl_of_the_system_that_of_a_wheel_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LD_LIBRARY_PATH", raising=False)
    program, _ = binaries.mongod(tmp_path / "unused")
    env = {**os.environ, "LD_LIBRARY_PATH": binaries.borrowed_libcurl(tmp_path / "lib")}
    needed = subprocess.run(["ldd", program], env=env, capture_output=True, text=True).stdout
    (curl,) = [line for line in needed.splitlines() if "libcurl.so.4 =>" in line]
    assert str(tmp_path / "lib" / "libcurl.so.4") in curl
    assert subprocess.run([program, "--version"], env=env, capture_output=True).returncode == 0


def test_nothing_is_borrowed_where_mongod_runs_as_it_is(
    tmp_path: Path,
) -> None:
    _, env = binaries.mongod(tmp_path / "lib")
    assert env.get("LD_LIBRARY_PATH") == os.environ.get("LD_LIBRARY_PATH")
    assert not (tmp_path / "lib").exists()
