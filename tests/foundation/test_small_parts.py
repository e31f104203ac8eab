"""The clock, the points where tests kill, and the command line's way to refuse."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.clock import Clock

ROOT = Path(__file__).resolve().parents[2]
PASSES = "from hub.faultpoints import point\nfor n in range(4):\n point('a'); point('b'); print(n)"


def test_a_clock_is_aware_and_ahead_by_its_offset() -> None:
    before = datetime.now(UTC)
    ahead = Clock(86400).now()
    assert ahead.utcoffset() == timedelta(0)
    assert timedelta(days=1) <= ahead - before < timedelta(days=1, seconds=10)


@pytest.mark.parametrize(
    ("where", "printed", "code"),
    [
        ("", "0\n1\n2\n3\n", 0),
        ("c", "0\n1\n2\n3\n", 0),
        ("b", "", -signal.SIGKILL),
        ("a@3", "0\n1\n", -signal.SIGKILL),
        ("a@9", "0\n1\n2\n3\n", 0),
    ],
)
def test_a_process_is_killed_at_the_named_pass(where: str, printed: str, code: int) -> None:
    env = {"HUB_CRASH_AT": where}
    run = subprocess.run(
        [sys.executable, "-u", "-c", PASSES], cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert (run.stdout, run.returncode) == (printed, code)


def _hub(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hub.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)


def test_a_refusal_is_one_sentence_and_a_code(tmp_path: Path) -> None:
    plain = _hub("migrate", HUB_DATA_DIR=str(tmp_path))
    assert plain.returncode == 2
    assert plain.stderr.startswith("No stores are known: start `hub up`")
    asked = _hub("migrate", "--json", HUB_DATA_DIR=str(tmp_path))
    assert json.loads(asked.stderr)["field"] == "mongodb_uri"


def test_an_unknown_option_is_told_with_the_nearest() -> None:
    run = _hub("up", "--prot", "1")
    assert run.returncode == 2
    assert "--port" in run.stderr


def test_the_doctor_tells_what_is_wrong_and_shows_no_secret(tmp_path: Path) -> None:
    run = _hub(
        "doctor",
        "--json",
        HUB_DATA_DIR=str(tmp_path),
        HUB_WORKRES="1",
        HUB_APPS__HUBSPOT__APP_SECRET="s3cret",
    )
    told = json.loads(run.stdout)
    failed = {check["check"]: check["says"] for check in told["checks"] if not check["ok"]}
    assert run.returncode == 1
    assert failed == {"variables": "these mean nothing: HUB_WORKRES (did you mean HUB_WORKERS?)"}
    assert "s3cret" not in run.stdout
