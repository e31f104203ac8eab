"""`hub connectors try`: every step of a delivery or record, with the reason where one refuses."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from hub.cli import main
from hub.plugin_host import PluginHost, load_plugins
from hub.settings import ROOT
from hub.trying import trial
from hub.trying.step import Step
from hub.trying.watch import watch

PAYLOADS = ROOT / "tests" / "plugins"
CUSTOMER = PAYLOADS / "stripe" / "payloads" / "customer.json"


@pytest.fixture(scope="module")
def host() -> PluginHost:
    return load_plugins()


def named(steps: Sequence[Step], name: str) -> Step:
    return next(step for step in steps if step.name == name)


def row(step: Step, key: str, value: str) -> Any:
    return next(one for one in step.rows if one[key] == value)


def run(*arguments: str) -> int:
    try:
        return main(["connectors", "try", *arguments])
    except SystemExit as ended:
        return int(ended.code or 0)


def test_without_a_choice_the_sandbox_edits_and_what_it_pushes_goes_all_the_way(
    host: PluginHost,
) -> None:
    steps = list(trial.by_itself(host, "stripe", "", "empty"))
    names = ["verify", "key", "parse", "fetch", "map", "profile"]
    assert [step.name for step in steps] == names
    assert {step.state for step in steps} == {"passed"}
    assert "was known" in named(steps, "profile").sentence


def test_every_value_names_the_line_of_the_mapping_that_made_it(host: PluginHost) -> None:
    made = named(list(trial.of_id(host, "freshdesk", "tickets", "", "empty")), "map")
    written = (ROOT / "plugins" / "freshdesk" / "mapping.yaml").read_text().splitlines()
    assert len(made.rows) > 10
    for one in made.rows:
        file, _, line = one["line"].partition(":")
        assert file == "freshdesk/mapping.yaml"
        assert one["text"].splitlines()[0] in written[int(line) - 1]
        assert one["name"].partition(".")[0] in written[int(line) - 1]


def test_a_recorded_body_is_read_as_it_was_and_what_stands_in_is_told(host: PluginHost) -> None:
    batch = PAYLOADS / "hubspot" / "payloads" / "batch.json"
    steps = list(trial.of_file(host, "hubspot", batch, "", "empty"))
    assert named(steps, "verify").state == "skipped"
    kinds = [(one["kind"], one["object"], one["native_id"]) for one in named(steps, "parse").rows]
    assert kinds == [
        ("upsert", "contact", "512"),
        ("merge", "company", "9001"),
        ("link", "contact", "512"),
    ]
    contact = row(named(steps, "fetch"), "object", "contact")
    assert contact["state"] == "stood in"
    assert "contact.json" in contact["why"]


def test_a_byte_that_was_changed_ends_at_the_signature_with_its_reason(
    host: PluginHost, tmp_path: Path
) -> None:
    file = tmp_path / "signed_event.json"
    for name in (file.name, "index.yaml"):
        shutil.copy(PAYLOADS / "zendesk" / "payloads" / name, tmp_path)
    index = (tmp_path / "index.yaml").read_text()
    entry = index[index.index("signed_event.json:") : index.index("survey_response.json:")]
    (tmp_path / "index.yaml").write_text(entry)
    assert (
        named(list(trial.of_file(host, "zendesk", file, "", "empty")), "verify").state == "passed"
    )
    file.write_bytes(file.read_bytes().replace(b"{", b"{ ", 1))
    (only,) = trial.of_file(host, "zendesk", file, "", "empty")
    assert (only.name, only.state) == ("verify", "refused")
    assert "does not match the body" in only.sentence


def test_a_record_that_cannot_be_mapped_says_where(host: PluginHost, tmp_path: Path) -> None:
    record = json.loads(CUSTOMER.read_text())
    record["created"] = "yesterday"
    (tmp_path / "odd.json").write_text(json.dumps(record))
    (only,) = trial.of_record(host, "stripe", "customers", tmp_path / "odd.json", "empty")
    assert (only.name, only.state) == ("map", "refused")
    assert "created" in only.sentence
    assert run("stripe", "--stream", "customers", "--record", str(tmp_path / "odd.json")) == 1


def test_what_no_line_reads_is_listed(host: PluginHost, tmp_path: Path) -> None:
    record = json.loads(CUSTOMER.read_text()) | {"shoe": {"size": 44, "lace": None}}
    (tmp_path / "more.json").write_text(json.dumps(record))
    steps = list(trial.of_record(host, "stripe", "customer", tmp_path / "more.json", "empty"))
    beside = named(steps, "map").beside
    left = {one["path"]: one["value"] for one in beside["unmapped"]}
    assert left["shoe.size"] == 44
    assert "name" not in left
    assert beside["blank"] >= 1


def test_beside_another_source_one_sees_whose_word_counts(host: PluginHost) -> None:
    """docs/identity.md: for a name the CRM comes before billing."""
    alone = list(trial.of_record(host, "stripe", "customers", CUSTOMER, "empty"))
    beside = list(trial.of_record(host, "stripe", "customers", CUSTOMER, "seeded"))
    told = row(named(alone, "profile"), "field", "name")
    assert (told["from"], told["to"]) == (None, "Acme Ltd")
    told = row(named(beside, "profile"), "field", "name")
    assert (told["from"], told["to"], told["rule"]) == (
        "seeded name",
        "seeded name",
        "source_order",
    )
    assert told["also"] == ["Acme Ltd (stripe)"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("stripe", "--stream", "nonsense"), 3),
        (("stripe", "--id", "cus_1"), 2),
        (("stripe", "--listen"), 2),
        (("stripe", "--live", "--watch"), 2),
        (("nobody",), 3),
        (("stripe", "--stream", "customers", "--id", "cus_none"), 3),
    ],
)
def test_a_wish_that_cannot_be_met_has_its_own_exit_code(
    arguments: tuple[str, ...], code: int
) -> None:
    assert run(*arguments) == code


def test_json_holds_every_step_and_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("stripe", "--payload", str(CUSTOMER), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [step["name"] for step in told["steps"]] == ["map", "profile"]
    assert told["exit"] == 0


def test_people_are_shown_the_line_and_the_value(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("stripe", "--payload", str(CUSTOMER)) == 0
    shown = capsys.readouterr().out
    assert "stripe/mapping.yaml:" in shown
    assert "Acme Ltd" in shown
    assert "no line reads" in shown


def test_a_change_of_a_file_runs_it_again_in_a_fresh_process(tmp_path: Path) -> None:
    file, seen = tmp_path / "mapping.yaml", []
    file.write_text("")
    script = f"open({str(file)!r}, 'a').write('x'); raise SystemExit(3)"
    code = watch([sys.executable, "-c", script], [tmp_path], seen.append, runs=2)
    assert (code, file.read_text()) == (3, "xx")
    assert seen == [[], [file]]
