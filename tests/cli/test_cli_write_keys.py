"""Write keys on the command line, and how long raw events are kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub import connections, write_keys
from hub.store.client import Doc
from hub.usage import keeping
from tests.cli.conftest import Run
from tests.stage import Stage


@pytest.fixture
def source(stage: Stage) -> Doc:
    return connections.add(stage.hub, stage.tenant_id, "product_usage", {"source": "Web"}, {})


def test_a_write_key_is_shown_once_and_can_be_revoked(run: Run, stage: Stage, source: Doc) -> None:
    page = ("--origin", "https://App.acme.test/")
    made = run("write-keys", "add", "product_usage", "Web app", *page, "--rate", "7", "--json").json
    assert write_keys.find(stage.hub, made["key"]) is not None
    assert made["write_key"]["origins"] == ["https://app.acme.test"]
    [listed] = run("write-keys", "list", "--json").json
    assert (listed["last4"], listed["rate"], listed["state"]) == (made["key"][-4:], 7, "active")
    assert made["key"] not in run("write-keys", "list", "--json").out
    assert run("write-keys", "revoke", listed["id"], "--json").json == {"revoked": listed["id"]}
    assert write_keys.find(stage.hub, made["key"]) is None
    assert run("write-keys", "revoke", listed["id"]).code == 3


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        (("nowhere", "Web"), 3, None),
        (("product_usage", " "), 2, "name"),
        (("product_usage", "Web", "--origin", "acme.test"), 2, "origins"),
        (("product_usage", "Web", "--rate", "0"), 2, "rate"),
    ],
)
def test_what_cannot_be_is_refused_with_its_exit_code(
    run: Run, source: Doc, given: tuple[str, ...], code: int, field: str | None
) -> None:
    said = run("write-keys", "add", *given, "--json")
    assert (said.code, said.problem.get("field")) == (code, field)


def test_a_connection_that_takes_no_events_has_no_keys(run: Run, connection: Doc) -> None:
    said = run("write-keys", "add", "hubspot", "Web", "--json")
    assert (said.code, said.problem["type"]) == (2, "no_events")


def test_raw_events_are_kept_as_long_as_the_tenant_says(
    run: Run, stage: Stage, source: Doc
) -> None:
    now = stage.hub.now().replace(microsecond=0)
    stage.store.usage_events.insert({"_id": "x", "received_at": now, "expires_at": now})
    assert run("events", "keep", "90", "--json").json == {"days": 90, "events": 1}
    [row] = stage.store.usage_events.find({})
    assert row["expires_at"] == now + timedelta(days=90)
    assert keeping.period(stage.hub, stage.tenant_id) == timedelta(days=90)
    assert run("events", "keep", "0", "--json").problem["field"] == "days"
