"""`hub connectors record`: a delivery that a connection has stored becomes a payload."""

from __future__ import annotations

from pathlib import Path

from hub.conform.recorded import payloads
from hub.store.client import Doc
from tests.cli.conftest import Run
from tests.stage import Stage


def test_a_stored_delivery_becomes_a_payload_that_verifies_and_names_nobody(
    run: Run, synced: Stage, connection: Doc, delivered: Doc, tmp_path: Path
) -> None:
    into = ("--folder", str(tmp_path))
    assert run("connectors", "record", "hubspot").code == 2
    assert run("connectors", "record", "hubspot", "--delivery", "nothing", *into).code == 3
    assert run("connectors", "record", "jira", "--delivery", delivered["_id"], *into).code == 3
    said = run("connectors", "record", "hubspot", "--delivery", delivered["_id"], *into, "--json")
    assert said.code == 0, said.err
    (told,) = said.json
    assert told["verifies"]
    assert {"path", "kind", "now"} == {*told["replaced"][0]}
    (payload,) = payloads(tmp_path)
    webhook = next(w for w in synced.hub.plugins.connector("hubspot").webhooks if w.name == "app")
    webhook.verify(payload.delivery(), payload.registration())
    assert connection["account"]["id"] not in payload.file.read_text()
    assert [c.kind for c in webhook.parse(payload.delivery())] == ["upsert"]
