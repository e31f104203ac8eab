"""What the pages name exists: links, commands, settings, dependencies, decisions."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import dev
from hub.cli import hub
from hub.settings import OTHER_NAMES, ROOT, Settings

PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "plugins/*/README.md", "hub/**/README.md")
    for path in ROOT.glob(pattern)
)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
HUB = re.compile(r"^ *`?(?:\.venv/bin/)?hub ([a-z][^`\n]*)", re.MULTILINE)
DEV = re.compile(r"python3 dev\.py ([a-z]+)")


def text_of(name: str) -> str:
    return (ROOT / name).read_text()


def anchors(path: Path) -> set[str]:
    """The anchors that a page's headings make, as GitHub does."""
    headings = re.findall(r"^#+ +(.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    prose = CODE.sub("", page.read_text())
    for target in LINK.findall(prose):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        path = (page.parent / file).resolve() if file else page
        assert path.exists(), target
        assert path.is_relative_to(ROOT), target
        if anchor:
            assert anchor in anchors(path), target


def test_every_page_is_in_the_index() -> None:
    index = {
        (ROOT / "docs" / target.partition("#")[0]).resolve()
        for target in LINK.findall(text_of("docs/README.md"))
    }
    pages = {path.resolve() for path in (ROOT / "docs").glob("*.md")} - {ROOT / "docs/README.md"}
    assert pages - index == set()


def test_every_decision_is_in_its_list() -> None:
    listed = LINK.findall(text_of("docs/adr/README.md"))
    decisions = sorted(path.name for path in (ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert sorted(set(listed)) == decisions
    assert [int(name[:4]) for name in decisions] == list(range(len(decisions)))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_of_dev_exist(page: Path) -> None:
    assert set(DEV.findall(page.read_text())) <= {*dev.COMMANDS, "help"}


HAND_WRITTEN = [
    page for page in PAGES if page.parent in (ROOT, ROOT / "docs", ROOT / "docs" / "adr")
]


def commands_in(page: Path) -> Iterator[list[str]]:
    """What follows `hub` wherever a page has it as code."""
    for code in CODE.findall(page.read_text()):
        for line in HUB.findall(code):
            yield re.sub(r"[\[\]|\\]", " ", line).split()


@pytest.mark.parametrize("page", HAND_WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_of_the_hub_exist(page: Path) -> None:
    for words in commands_in(page):
        found: click.Command = hub
        for word in words:
            if word.startswith("--"):
                assert word in options_of(found), words
            elif isinstance(found, click.Group):
                inner = found.get_command(click.Context(found), word)
                assert inner is not None, words
                found = inner


def options_of(command: click.Command) -> set[str]:
    return {name for p in command.params for name in (*p.opts, *p.secondary_opts)}


def test_commands_are_found_in_pages() -> None:
    found = {words[0] for page in HAND_WRITTEN for words in commands_in(page)}
    assert {"up", "doctor", "connections", "login-link", "tenants"} <= found


def test_the_readme_has_the_two_commands() -> None:
    blocks = re.findall(r"^```\n(.*?)\n```$", text_of("README.md"), re.MULTILINE | re.DOTALL)
    assert blocks[:2] == ["python3 dev.py demo", "python3 dev.py test"]


def test_each_setting_says_when_to_set_it() -> None:
    rows = re.findall(r"^\| `(HUB_\w+)` \| (.+) \|$", text_of("docs/operating.md"), re.MULTILINE)
    names = [name for name, _ in rows]
    wanted = {f"HUB_{name.upper()}" for name in Settings.model_fields} | set(OTHER_NAMES)
    assert set(names) == wanted
    assert len(names) == len(wanted)


def direct_dependencies() -> set[str]:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    parts = [config["options"]["install_requires"], *config["options.extras_require"].values()]
    return {line.partition("==")[0] for part in parts for line in part.split() if line}


def test_each_dependency_has_one_line() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| .+ \| .+ \|$", text_of("docs/dependencies.md"), re.M)
    assert sorted(rows) == sorted(direct_dependencies())
