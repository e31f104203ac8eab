"""What two full listings do not show: asked for by id, and never deleted on thin evidence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from hub.api import Change
from hub.errors import RetryLater
from hub.store.client import Doc
from tests.engine.toy import Toy
from tests.stage import Stage


@pytest.fixture
def connection(stage: Stage, toy: Toy) -> Doc:
    """Three companies, of which the listings then show the first two only."""
    for number in ("1", "2", "3"):
        toy.put("company", number, stage.hub.now() - timedelta(days=1), name=f"Company {number}")
    made = toy.connect(stage.tenant_id)
    stage.sync(made, ["companies"])
    toy.records.pop(("company", "3"))
    return made


def life(stage: Stage, connection: Doc, native_id: str) -> Doc:
    found = stage.store.records.find_one({"_id": f"{connection['_id']}:company:{native_id}"})
    assert found is not None
    told: Doc = found["life"]
    return told


def list_twice(stage: Stage, connection: Doc) -> None:
    for _ in range(2):
        stage.sync(connection, ["companies"], full=True)


def test_what_the_vendor_does_not_know_either_is_deleted(
    stage: Stage, toy: Toy, connection: Doc
) -> None:
    list_twice(stage, connection)
    assert life(stage, connection, "3")["deleted"]
    assert not life(stage, connection, "2")["deleted"]


def test_what_can_still_be_read_lives(stage: Stage, toy: Toy, connection: Doc) -> None:
    hidden = {"id": "3", "at": stage.hub.now().isoformat(), "name": "Company 3"}
    toy.fetch = lambda object, ids: [hidden]
    list_twice(stage, connection)
    assert not life(stage, connection, "3")["deleted"]


def test_a_merge_that_nobody_told_of_is_one_and_no_delete(
    stage: Stage, toy: Toy, connection: Doc
) -> None:
    def merged(object: str, ids: Sequence[str]) -> list[Any]:
        at = stage.hub.now()
        return [Change(object, "2", "merge", at, into="2", losers=tuple(ids))]

    toy.fetch = merged
    list_twice(stage, connection)
    assert life(stage, connection, "3")["merged_into"] == f"{connection['_id']}:company:2"


def test_what_could_not_be_asked_for_waits_for_the_next_listing(
    stage: Stage, toy: Toy, connection: Doc
) -> None:
    def busy(object: str, ids: Sequence[str]) -> list[Any]:
        raise RetryLater("busy", reason="limited")

    toy.fetch = busy
    list_twice(stage, connection)
    assert not life(stage, connection, "3")["deleted"]
    toy.fetch = None
    stage.sync(connection, ["companies"], full=True)
    assert life(stage, connection, "3")["deleted"]


def test_a_list_that_comes_back_empty_is_a_question(
    stage: Stage, toy: Toy, connection: Doc
) -> None:
    toy.records.clear()
    list_twice(stage, connection)
    assert not life(stage, connection, "1")["deleted"]
    state = stage.store.streams.find_one({"_id": f"{connection['_id']}:companies"}) or {}
    assert (state["missing"]["count"], state["missing"]["live"]) == (3, 3)
