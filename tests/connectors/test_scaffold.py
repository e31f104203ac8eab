"""What `hub connectors new` writes is gold at once, whatever was chosen, and holds nothing else."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import tomllib
from itertools import product
from pathlib import Path
from typing import get_args

import pytest
from click.testing import CliRunner

from hub import scaffold
from hub.cli.scaffolding import new
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


@pytest.mark.parametrize("place", range(len(PAIRS)))
def test_a_new_connector_is_gold_in_a_folder_and_as_a_distribution(
    place: int, tmp_path: Path
) -> None:
    name = "_".join(PAIRS[place])
    answers = Answers(name, "Acme Desk", *PAIRS[place])
    if place % 2:
        scaffold.write_distribution(answers, tmp_path)
    else:
        scaffold.write(answers, tmp_path / "folder")
    host = load_plugins(folder=str(next(tmp_path.iterdir())))
    outcomes = suite.check(host, name)
    assert [o for o in outcomes if not o.counts] == []
    assert suite.grade(outcomes) == "gold"


def test_all_answers_are_met() -> None:
    for kind, place in ((scaffold.Auth, 0), (scaffold.Paging, 1), (scaffold.Signature, 2)):
        assert {pair[place] for pair in PAIRS} == set(get_args(kind))


def test_what_is_written_is_clean_python(tmp_path: Path) -> None:
    for place, (auth, paging, signature) in enumerate(EVERY):
        make = scaffold.write_distribution if place % 2 else scaffold.write
        make(Answers(f"acme{place}", "Acme Desk", auth, paging, signature), tmp_path)
    checks = (["ruff", "check"], ["ruff", "format", "--check"])
    for check in checks:
        command = [sys.executable, "-m", *check, "--config", str(ROOT / "ruff.toml"), str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("auth", "paging", "signature"), EVERY)
def test_nothing_that_was_not_chosen_is_in_it(
    auth: scaffold.Auth, paging: scaffold.Paging, signature: scaffold.Signature
) -> None:
    files = scaffold.distribution(Answers("acme", "Acme", auth, paging, signature))
    text = "\n".join(files.values())
    assert "{%" not in text
    assert "{{" not in text
    signs = {"bearer": "bearer(", "header": "HeaderKey(", "basic": "basic("}
    pages = {"cursor": "Cursor(", "offset": "Offset(", "number": "Number(", "link": "Link("}
    proofs = {"hmac": "Hmac(", "stamped": "Stamp(", "shared": "SharedSecret("}
    for words, chosen in ((signs, auth), (pages, paging), (proofs, signature)):
        met = {word for word, sign in words.items() if re.search(rf"\b{re.escape(sign)}", text)}
        assert met - {"hmac"} == {chosen} - {"hmac"}


def test_a_distribution_holds_the_same_connector_and_says_where_it_is() -> None:
    answers = Answers("acme_desk", "Acme Desk", "basic", "link", "stamped")
    alone, inside = scaffold.distribution(answers), dict(scaffold.render(answers))
    facts = tomllib.loads(alone["pyproject.toml"])
    package = facts["project"]["entry-points"]["hub.connectors"]["acme_desk"]
    own = {n.removeprefix(f"{package}/"): t for n, t in alone.items() if n.startswith(package)}
    assert own.pop("py.typed") == ""
    needs = [line for line in own["__init__.py"].splitlines() if "requires_hub=" in line]
    own["__init__.py"] = own["__init__.py"].replace(f"{needs[0]}\n", "")
    assert own == inside
    assert f"tests/test_{answers.name}.py" in alone
    assert not facts["project"].get("dependencies")


def test_in_a_checkout_it_goes_there_with_its_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = tmp_path / "checkout"
    for name in ("hub/hookspecs.py", "setup.cfg", "plugins/__init__.py", "docs/index.md"):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).touch()
    monkeypatch.chdir(checkout / "docs")
    done = CliRunner().invoke(new, ["acme"], catch_exceptions=False)
    assert f"{checkout}/plugins/acme/client.py" in done.output
    assert (checkout / "tests/plugins/acme/test_acme.py").is_file()
    assert f"Next: {checkout}/.venv/bin/hub connectors check acme" in done.output


def test_elsewhere_it_goes_where_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    CliRunner().invoke(new, ["acme"], catch_exceptions=False)
    CliRunner().invoke(new, ["acme", "--distribution"], catch_exceptions=False)
    assert {path.name for path in tmp_path.iterdir()} == {"acme", "hub-acme"}


def test_a_person_is_asked_for_what_was_not_said(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    program = "from hub.cli.scaffolding import new; new()"
    command = [sys.executable, "-c", program, "acme", "--auth", "header"]
    with subprocess.Popen(
        command,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        os.write(ours, b"Acme Inc\nlink\nsigned\nshared\n")
        _, asked = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert asked.count("How is the key sent?") == 0
    assert asked.count("How do its lists go on?") == 1
    assert asked.count("How does it sign") == 2, "a word that is no answer is asked for again"
    written = {path.name: path.read_text() for path in (tmp_path / "acme").glob("*.py")}
    assert 'title="Acme Inc"' in written["__init__.py"]
    assert "Link()" in written["client.py"]
    assert "HeaderKey(" in written["client.py"]
    assert "SharedSecret()" in written["webhook.py"]


def test_a_rest_vendor_needs_less_than_eighty_lines_of_python_and_one_yaml() -> None:
    """Blank lines and comments do not count, docstrings do; the sandbox is not the connector."""
    files = scaffold.render(Answers("acme", "Acme"))
    own = [text for name, text in files.items() if name.endswith(".py") and name != "sandbox.py"]
    lines = [line.strip() for text in own for line in text.splitlines()]
    assert len([line for line in lines if line and not line.startswith("#")]) < 80
    assert [n for n in files if n.endswith(".yaml") and "/" not in n and n != "quality.yaml"] == [
        "mapping.yaml"
    ]


@pytest.mark.parametrize("name", ["", "Acme", "1acme", "acme-desk", "acme__desk", "../acme"])
def test_a_name_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    for make in (scaffold.write, scaffold.write_distribution):
        with pytest.raises(CorrectInput):
            make(Answers(name, "Acme"), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    for make, where in (
        (scaffold.write, "acme"),
        (scaffold.write_distribution, "hub-acme/hub_acme"),
    ):
        make(Answers("acme", "Acme"), tmp_path)
        with pytest.raises(AlreadyThere):
            make(Answers("acme", "Other"), tmp_path)
        assert '"Acme"' in (tmp_path / where / "__init__.py").read_text()
