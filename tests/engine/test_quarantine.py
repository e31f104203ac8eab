"""A record that cannot be mapped waits with its reason, and moves the book when it is mended."""

from __future__ import annotations

from hub.bootstrap import Hub
from hub.engine import replay
from hub.store import inbox
from mappings import language
from tests.engine.toy import MAPPING, Toy
from tests.stage import Stage


def test_a_better_mapping_mends_the_record_and_moves_its_changes_fate(hub: Hub) -> None:
    stage, toy = Stage(hub), Toy(hub)
    connection = toy.connect(stage.tenant_id)
    body = {"id": "1", "at": "2026-03-01T00:00:00Z", "name": 42}
    toy.deliver(stage.tenant_id, connection, {"object": "company", "id": "1", "record": body})
    stage.drain(connection)
    [waits] = stage.store.quarantine.find({"state": "open"})
    assert (waits["path"], waits["native_id"]) == ("name", "1")
    book = inbox.ledger(stage.store, connection["_id"])["changes"]
    assert (book["quarantined"], book["applied"]) == (1, 0)

    better = MAPPING.replace("name: name", "name: {from: name, as: id}")
    hub.plugins.mappings[toy.name] = language.load(better, "toy.yaml", {})
    assert replay.quarantined(hub, stage.tenant_id, [waits["_id"]]) == {"mended": 1, "still": 0}
    stage.settle()

    book = inbox.ledger(stage.store, connection["_id"])["changes"]
    assert (book["quarantined"], book["applied"]) == (0, 1)
    assert [a["flat"]["name"] for a in stage.store.accounts.find({})] == ["42"]
