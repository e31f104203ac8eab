from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from hub.sandbox import Sandbox
from hub.sandbox.table import Table, changed
from tests.sandbox.sink import Sink
from tests.sandbox.tiny import Tiny


@pytest.fixture
def table(tiny: Tiny) -> Table:
    return tiny.table("companies")


def test_an_edit_replaces_the_record_and_stamps_it(tiny: Tiny, table: Table) -> None:
    id = table.ids()[0]
    before = table.get(id)
    assert before is not None
    kept = dict(before)
    tiny.clock.advance(86_400)
    after = table.patch(id, {"name": "New"})
    assert before == kept
    assert after["name"] == "New"
    assert datetime.fromisoformat(after["updated_at"]) > tiny.world.now + timedelta(hours=23)


def test_a_dict_value_is_merged_one_level_deep(table: Table) -> None:
    table.put("1", {"properties": {"a": 1, "b": {"x": 1}}, "tags": [1]})
    after = table.patch("1", {"properties": {"b": {"y": 2}}, "tags": [2]})
    assert after["properties"] == {"a": 1, "b": {"y": 2}}
    assert after["tags"] == [2]


def test_changed_fields_are_named_one_level_deep() -> None:
    before = {"a": 1, "p": {"x": 1, "y": 2}, "gone": 0, "same": 5}
    after = {"a": 2, "p": {"x": 1, "y": 3, "z": 4}, "same": 5, "new": 1}
    assert changed(before, after) == ("a", "p.y", "p.z", "gone", "new")
    assert changed(None, {"a": 1}) == ("a",)


def test_a_deleted_record_leaves_a_tombstone_and_can_come_back(table: Table) -> None:
    id = table.ids()[0]
    record = table.get(id)
    table.delete(id)
    assert table.get(id) is None
    assert id not in table
    assert table.tombstones[id].record == record
    table.restore(id)
    assert id in table
    assert id not in table.tombstones
    with pytest.raises(KeyError):
        table.restore(id)
    with pytest.raises(KeyError):
        table.delete("none")


def test_a_sorted_list_is_kept_until_the_next_write(table: Table) -> None:
    def by_name() -> list[str]:
        return [row["name"] for row in table.sorted_by("name", lambda r: r["name"])]

    assert by_name() == sorted(by_name())
    assert table.sorted_by("name", lambda r: 0) is table.sorted_by("name", lambda r: 0)
    table.patch(table.ids()[0], {"name": "\U0001f600 last"})
    assert by_name()[-1] == "\U0001f600 last"
    table.delete(table.ids()[0])
    assert "\U0001f600 last" not in by_name()


def test_a_merge_keeps_one_record_and_tells_once(tiny: Tiny, sink: Sink) -> None:
    tiny.subscribe(sink.url)
    into, *losers = tiny.table("companies").ids()[:3]
    tiny.merge("companies", into, losers)
    assert tiny.settle(10)
    (told,) = [json.loads(got.body) for got in sink.got]
    assert (told["kind"], told["id"]) == ("merge", into)
    assert set(losers) <= set(tiny.table("companies").tombstones)
    with pytest.raises(KeyError):
        tiny.merge("companies", "none", losers)


def test_the_clock_goes_on_for_all_vendors_and_never_back(sandbox: Sandbox) -> None:
    before = sandbox["secure"].clock.now()
    sandbox["tiny"].clock.advance(3600)
    assert sandbox["secure"].clock.now() - before >= timedelta(hours=1)
    with pytest.raises(ValueError, match="back"):
        sandbox.clock.advance(-1)


def test_numbers_given_out_rise_and_never_repeat(tiny: Tiny) -> None:
    numbers = [tiny.next_id() for _ in range(1000)]
    assert numbers == sorted(set(numbers))
