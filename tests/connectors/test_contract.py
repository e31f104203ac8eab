"""Every connector keeps the contract, and the suite notices one that does not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hub.conform import quality, report, suite
from hub.conform.bugs import BUGS
from hub.conform.rule import RULES
from hub.conform.suite import Outcome
from hub.errors import CorrectInput
from hub.plugin_host import PluginHost, load_plugins
from hub.prove import bugs
from hub.settings import ROOT

HOST = load_plugins()
OURS = bugs.checked(HOST)
PAGE = (ROOT / "docs" / "writing-a-connector.md").read_text()
FILE = re.compile(r"^`(tinydesk/[\w./]+)`\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FEW = (
    "a secret is not marked secret",
    "credentials are not tried",
    "opening calls the vendor",
    "the last page is lost",
    "the cursor is saved before the page",
    "an error in the middle is taken for the end",
    "calls have no time-out",
    "> for >= at the boundary",
    "half of a batch is read",
    "a read by id answers what was read before",
    "a partial record is told as the whole",
    "a long text is cut",
    "the zone of a time is dropped",
    "another header is read",
    "the body is written anew before it is verified",
    "the key includes the attempt",
    "a change happened in the far future",
    "an edit is told as a delete",
    "a secret is behind an error",
)
"""A bug of each sort; all of them in every connector are `python3 dev.py prove --only bugs`."""


@pytest.mark.parametrize("name", OURS)
def test_every_connector_of_ours_is_gold_and_its_kept_report_is_true(name: str) -> None:
    outcomes = suite.check(HOST, name)
    assert [o for o in outcomes if not o.counts] == []
    assert suite.grade(outcomes) == "gold"
    folder = HOST.connector(name).mapping.parent
    kept = report.read(folder)
    again = f"run `hub connectors check {name} --keep`"
    assert kept["grade"] == "gold", again
    assert kept["rules"] == suite.rows(outcomes), again
    assert kept["judgement"] == suite.judged(folder), again


@pytest.mark.parametrize("name", OURS)
def test_every_rule_is_declared_in_each_connector_of_ours(name: str) -> None:
    said = quality.read(HOST.connector(name).mapping.parent)
    assert set(said.declared) == {rule.name for rule in RULES} | set(quality.JUDGEMENT)


@pytest.fixture(scope="module")
def tinydesk(tmp_path_factory: pytest.TempPathFactory) -> PluginHost:
    """The connector of the guide, as an outsider keeps it."""
    folder = tmp_path_factory.mktemp("connectors")
    for name, text in FILE.findall(PAGE):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return load_plugins(folder=str(folder))


@pytest.mark.parametrize("name", FEW)
def test_a_bug_is_caught_by_a_rule_that_is_about_it(name: str, tinydesk: PluginHost) -> None:
    wrong = BUGS[name].apply(bugs.subject_of(tinydesk, "tinydesk"))
    assert wrong is not None
    assert bugs.is_caught(tinydesk, "tinydesk", wrong, BUGS[name].rules) in BUGS[name].rules


def test_there_are_forty_bugs_and_each_names_rules_that_exist() -> None:
    known = {rule.name for rule in RULES}
    assert len(BUGS) >= 40
    assert [b.name for b in BUGS.values() if not b.rules or set(b.rules) - known] == []


def outcome(grade: str, state: str) -> Outcome:
    return Outcome("r", grade, "", state)  # type: ignore[arg-type]


def test_a_grade_needs_all_below_it_and_a_skip_is_no_pass() -> None:
    every = [outcome(g, "passed") for g in ("bronze", "silver", "gold")]
    assert suite.grade(every) == "gold"
    assert suite.grade([*every, outcome("gold", "skipped")]) == "silver"
    assert suite.grade([*every, outcome("silver", "failed")]) == "bronze"
    assert suite.grade([*every, outcome("silver", "todo")]) == "bronze"
    assert suite.grade([*every, outcome("silver", "exempt")]) == "gold"
    assert suite.grade([*every, outcome("bronze", "failed")]) == "none"


@pytest.mark.parametrize(
    "text",
    [
        "exempt: {verify: it is hard}",
        "rules: {resume: {exempt: it is hard}}",
        "rules: {secrecy: {exempt: it is hard}}",
        "exempt: {no_such_rule: reason}",
        "rules: {no_such_rule: done}",
        "exempt: {old: ''}",
        "rules: {old: perhaps}",
        "rules: {old: {exempt: a, done: b}}",
        "exempt: {old: a, forged: b, wild: c, key: d}",
        "rules: {forged: {exempt: a, webhooks: []}}",
        "rules: {forged: {exempt: a, webhooks: app}}",
        "rules: {forged: {webhooks: [app]}}",
        "rules: {list: {exempt: a, webhooks: [app]}}",
        "rules: {verify: {exempt: a, webhooks: [app]}}",
        "rules: [fields]",
        "- fields",
        "other: {}",
        "rules: {",
    ],
)
def test_what_cannot_be_declared_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "quality.yaml").write_text(text)
    with pytest.raises(CorrectInput):
        quality.read(tmp_path)


def test_a_declaration_is_read_rule_by_rule(tmp_path: Path) -> None:
    text = "rules: {fields: done, fetch: todo, old: {exempt: no time}, icon: done}"
    (tmp_path / "quality.yaml").write_text(text)
    said = quality.read(tmp_path)
    assert said.exempt == {"old": "no time"}
    assert said.todo == {"fetch"}
    assert said.judged("icon") == ("done", "")
    assert said.judged("real_account") == ("todo", "")


@pytest.mark.parametrize("named", [["events"], ["other"]])
def test_an_exemption_names_some_of_the_webhooks_that_there_are(
    tmp_path: Path, named: list[str]
) -> None:
    (tmp_path / "quality.yaml").write_text(f"rules: {{old: {{exempt: a, webhooks: {named}}}}}")
    with pytest.raises(CorrectInput):
        quality.fit(quality.read(tmp_path), tmp_path, ["events"])


def test_a_rule_is_asked_of_the_webhooks_that_are_not_exempt() -> None:
    """Jira's app does not sign the body, and its admin's webhook does."""
    (real,) = suite.check(HOST, "jira", ["forged"])
    assert (real.state, real.reason[:5]) == ("exempt", "app: ")
    bug = BUGS["a body that was changed is believed"]
    wrong = bug.apply(bugs.subject_of(HOST, "jira"))
    assert wrong is not None
    assert bugs.is_caught(HOST, "jira", wrong, ("forged",)) == "forged"


def test_what_is_to_do_is_not_kept_and_a_report_says_so(tinydesk: PluginHost) -> None:
    folder = tinydesk.connector("tinydesk").mapping.parent
    before = (folder / "quality.yaml").read_text()
    (folder / "quality.yaml").write_text("rules: {manifest: todo, fields: done}")
    try:
        found = suite.check(tinydesk, "tinydesk", ["manifest", "fields"])
        suite.keep(tinydesk, "tinydesk", found)
    finally:
        (folder / "quality.yaml").write_text(before)
    kept = report.read(folder)
    assert {row["rule"]: row["state"] for row in kept["rules"]} == {
        "manifest": "todo",
        "fields": "passed",
    }
    assert (kept["grade"], kept["kept"], kept["machine"]) == ("none", 1, 2)


def test_a_connector_that_was_never_checked_has_no_grade(tmp_path: Path) -> None:
    assert report.read(tmp_path)["grade"] == "unchecked"
    (tmp_path / "quality.json").write_text("{")
    assert report.read(tmp_path)["grade"] == "unchecked"


def test_there_are_more_rules_than_anybody_would_check_by_hand() -> None:
    names = [rule.name for rule in RULES]
    assert len(names) == len(set(names)) >= 25
    assert not set(names) & set(quality.JUDGEMENT)
