"""`hub sync` with a real worker and HubSpot in small."""

from __future__ import annotations

import subprocess

from hub.sandbox import Sandbox
from tests.cli.conftest import Run
from tests.stage import Stage


def test_a_sync_waits_counts_what_the_vendor_has_and_tells_its_refusal_by_exit_code_1(
    run: Run,
    stage: Stage,
    words: list[str],
    sandbox: Sandbox,
    worker: subprocess.Popen[bytes],
) -> None:
    companies = len(sandbox["hubspot"].table("companies").ids())
    run("connections", "add", "hubspot", *words)

    said = run("sync", "hubspot", "--stream", "companies", "--within", "60", "--json")

    assert said.code == 0, said.err
    [result] = said.json
    assert (result["stream"], result["state"], result["full"]) == ("companies", "done", True)
    assert result["read"] >= companies > 0
    assert result["counts"]["applied"] == companies

    again = run("sync", "hubspot", "--stream", "companies", "--full", "--within", "60", "--json")

    assert again.code == 0, again.err
    assert again.json[0]["full"] is True
    assert again.json[0]["counts"].get("applied", 0) == 0
    assert again.json[0]["counts"]["duplicate"] >= companies

    sandbox["hubspot"].faults.add("expired")
    refused = run("sync", "hubspot", "--stream", "companies", "--within", "60", "--json")

    assert refused.code == 1
    assert refused.json[0]["state"] == "failed"
    assert refused.json[0]["error"]


def test_an_unknown_stream_names_the_known_ones(run: Run, stage: Stage, words: list[str]) -> None:
    run("connections", "add", "hubspot", *words)
    said = run("sync", "hubspot", "--stream", "compnies", "--json")
    assert said.code == 3
    assert "companies" in said.problem["detail"]


def test_without_a_worker_it_ends_in_time_and_says_so(
    run: Run, stage: Stage, words: list[str]
) -> None:
    run("connections", "add", "hubspot", *words)
    said = run("sync", "hubspot", "--stream", "companies", "--within", "0.3", "--json")
    assert (said.code, said.json[0]["state"]) == (1, "waiting")
    assert "worker" in said.err
