"""What `hub connectors new` writes is gold at once, whatever was chosen, and holds nothing else."""

from __future__ import annotations

import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import get_args

import pytest

from hub import scaffold
from hub.conform import suite
from hub.errors import AlreadyThere, CorrectInput
from hub.plugin_host import load_plugins
from hub.scaffold import Answers
from hub.settings import ROOT

EVERY = list(
    product(get_args(scaffold.Auth), get_args(scaffold.Paging), get_args(scaffold.Signature))
)
PAIRS = [EVERY[n] for n in (0, 16, 32, 9)]
"""Every answer at least once, in other company each time."""


@pytest.mark.parametrize(("auth", "paging", "signature"), PAIRS)
def test_a_new_connector_is_gold(
    auth: scaffold.Auth, paging: scaffold.Paging, signature: scaffold.Signature, tmp_path: Path
) -> None:
    name = f"{auth}_{paging}_{signature}"
    scaffold.write(Answers(name, "Acme Desk", auth, paging, signature), tmp_path)
    host = load_plugins(folder=str(tmp_path))
    outcomes = suite.check(host, name)
    assert [o for o in outcomes if not o.counts] == []
    assert suite.grade(outcomes) == "gold"


def test_all_answers_are_met() -> None:
    for kind, place in ((scaffold.Auth, 0), (scaffold.Paging, 1), (scaffold.Signature, 2)):
        assert {pair[place] for pair in PAIRS} == set(get_args(kind))


def test_what_is_written_is_clean_python(tmp_path: Path) -> None:
    for place, (auth, paging, signature) in enumerate(EVERY[::5]):
        scaffold.write(Answers(f"acme{place}", "Acme Desk", auth, paging, signature), tmp_path)
    checks = (["ruff", "check"], ["ruff", "format", "--check"])
    for check in checks:
        command = [sys.executable, "-m", *check, "--config", str(ROOT / "ruff.toml"), str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_less_than_eighty_lines_of_python_beside_the_sandbox() -> None:
    files = scaffold.render(Answers("acme", "Acme"))
    own = [files[name] for name in ("client.py", "webhook.py")]
    lines = [line for text in own for line in text.splitlines() if line.strip()]
    assert len(lines) < 80


@pytest.mark.parametrize("name", ["", "Acme", "1acme", "acme-desk", "acme__desk", "../acme"])
def test_a_name_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(CorrectInput):
        scaffold.write(Answers(name, "Acme"), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    scaffold.write(Answers("acme", "Acme"), tmp_path)
    with pytest.raises(AlreadyThere):
        scaffold.write(Answers("acme", "Other"), tmp_path)
    assert '"Acme"' in (tmp_path / "acme" / "__init__.py").read_text()
