"""`hub events`: a file in, what came of it out."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from hub import connections
from hub.bootstrap import Hub
from tests.cli.conftest import Run
from tests.stage import Stage
from tests.usage.senders import Source, track


def _ours(hub: Hub) -> Source:
    stage = Stage(hub)
    given = {"source": "Web app"}
    return Source(stage, connections.add(hub, stage.tenant_id, "product_usage", given, {}))


def test_a_file_is_imported_counted_listed_and_shown(hub: Hub, run: Run, tmp_path: Path) -> None:
    ours, now = _ours(hub), hub.now()
    calls = [track("ana", "Opened", now - timedelta(days=n), properties={"n": n}) for n in range(3)]
    file = tmp_path / "history.ndjson"
    file.write_text("".join(json.dumps(call) + "\n" for call in calls) + "no json\n")
    said = run("events", "import", str(file), "--source", "product_usage", "--json")
    assert said.code == 1, "a row was refused"
    assert (said.json["accepted"], said.json["rejected"]) == (3, 1)
    assert said.json["rejects"][0]["line"] == 4
    ours.work()
    listed = run("events", "list", "--user", "ana", "--json").json["items"]
    assert [event["body"]["properties"]["n"] for event in listed] == [0, 1, 2]
    [name] = run("events", "names", "--json").json["items"]
    assert (name["name"], name["volume"]) == ("Opened", 3)
    shown = run("events", "show", "Opened")
    assert shown.code == 0
    assert "number (3 times, such as" in shown.out


def test_what_cannot_be_imported_is_said_with_the_field(hub: Hub, run: Run, tmp_path: Path) -> None:
    _ours(hub)
    nowhere = run("events", "import", str(tmp_path / "none.csv"), "--source", "product_usage")
    assert nowhere.code == 2
    assert "cannot be read" in nowhere.err
    file = tmp_path / "a.csv"
    file.write_text("event\nOpened\n")
    badly = run(
        "events", "import", str(file), "--source", "product_usage", "--map", "name", "--json"
    )
    assert (badly.code, badly.problem["field"]) == (2, "map")
    assert run("events", "import", str(file), "--source", "cnx_none").code == 3
    assert run("events", "show", "None").code == 3
