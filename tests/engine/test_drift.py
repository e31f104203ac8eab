"""Fields that come, go and change: what people are told, what they can do, and when it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import yaml

from hub import connections, overlays, removal
from hub.api import GiveUp
from hub.bootstrap import Hub
from hub.drift import look, settling
from hub.reads import drift, fields
from hub.store.client import Doc
from mappings import language
from tests.engine.toy import Toy
from tests.stage import Stage

MAPPING = """
- stream: companies
  object: company
  entity: account
  id: id
  modified_at: at
  fields:
    name: name
    tier: own.tier
    lifecycle: {from: stage, map: {customer: active, lead: prospect}, else: other}
  custom: own
"""
TIER = {"name": "own.tier", "title": "Tier", "type": "text", "custom": True}
PLAN = {"name": "own.plan", "title": "Plan (2026)", "type": "number", "custom": True}


class Vendor(Toy):
    """Six companies with fields of their own, as a test says."""

    def start(self) -> None:
        self.told: list[Doc] = [TIER]
        self.refused = False
        connector = replace(self.connector(), describe=lambda client: self.describe())
        self.hub.plugins.connectors[self.name] = connector
        self.hub.plugins.mappings[self.name] = language.load(MAPPING, "toy.yaml", {})
        self.fill()

    def describe(self) -> Doc:
        if self.refused:
            raise GiveUp("The key may not read definitions.", reason="forbidden")
        return {"fields": {"company": self.told}, "objects": [{"name": "machine"}]}

    def fill(self, minute: int = 0, stage: str = "lead", **own: Any) -> None:
        at = f"2026-01-01T10:{minute:02}:00Z"
        own = {"tier": "gold"} | own
        for n in range(6):
            body = {"id": str(n), "at": at, "name": f"Nr {n}", "stage": stage}
            self.records["company", str(n)] = body | {
                "own": {name: value for name, value in own.items() if value is not None}
            }


@pytest.fixture
def vendor(hub: Hub) -> Vendor:
    made = Vendor(hub)
    made.start()
    return made


@pytest.fixture
def connection(vendor: Vendor, stage: Stage) -> Doc:
    made = vendor.connect(stage.tenant_id)
    stage.sync(made, ["companies"])
    return made


def again(stage: Stage, connection: Doc) -> list[Doc]:
    stage.sync(connection, ["companies"], full=True)
    return told(stage)


def told(stage: Stage, state: str = "open") -> list[Doc]:
    return drift.listed(stage.hub, stage.store, state=state)


def only(notices: list[Doc], kind: str) -> Doc:
    (notice,) = notices
    assert notice["kind"] == kind
    return notice


def overlaid(stage: Stage, vendor: Vendor, text: str) -> None:
    now = stage.hub.now(stage.tenant_id)
    overlays.activate(stage.hub, stage.store, vendor.name, "company", text, "ada", now)


def fits(vendor: Vendor, suggestion: str) -> language.ObjectMapping:
    """The suggestion laid over the mapping; raises BrokenMapping for a line that is no good."""
    base = vendor.hub.plugins.mappings[vendor.name]["company"]
    return language.overlay(base, yaml.safe_load(suggestion), suggestion)


def test_a_described_field_that_appears_is_told_with_a_line_that_takes_it_along(
    vendor: Vendor, stage: Stage, connection: Doc
) -> None:
    vendor.told.append(PLAN)
    vendor.fill(1, plan=7)
    notice = only(again(stage, connection), "appeared")
    assert (notice["path"], notice["title"], notice["type"]) == (
        "own.plan",
        "Plan (2026)",
        "number",
    )
    assert (notice["carried"], notice["of"], notice["example"]) == (6, 6, "7")
    assert notice["suggestion"] == "custom:\n  plan_2026: {from: plan, as: number}\n"
    assert fits(vendor, notice["suggestion"]).definition["custom"]["fields"]


def test_accepting_puts_the_line_live_beside_what_is_there_and_ends_the_notice(
    vendor: Vendor, stage: Stage, connection: Doc
) -> None:
    overlaid(stage, vendor, "# ours\ncustom:\n  named: tier # so be it\n")
    vendor.told.append(PLAN)
    vendor.fill(1, plan=7)
    notice = only(again(stage, connection), "appeared")
    now = stage.hub.now(stage.tenant_id)
    live = settling.accept(stage.hub, stage.store, notice["id"], "ada", now)
    assert live["text"] == (
        "# ours\ncustom:\n  plan_2026: {from: plan, as: number}\n  named: tier # so be it\n"
    )
    assert told(stage) == []
    assert again(stage, connection) == []
    one = stage.store.records.find_one({"native_id": "3"}) or {}
    assert one["custom"] == {"plan_2026": 7.0, "named": "gold"}


def test_a_field_that_only_records_show_is_told_without_its_values(
    vendor: Vendor, stage: Stage, connection: Doc
) -> None:
    vendor.fill(1, contact="Ada Lovelace")
    notice = only(again(stage, connection), "appeared")
    assert (notice["path"], notice["example"]) == ("own.contact", "A… (12 characters)")
    kept = repr([*stage.store.drift.find({}), *stage.store.described.find({})])
    assert "Lovelace" not in kept


def test_a_field_that_is_read_and_described_no_longer_is_told_and_comes_back(
    vendor: Vendor, stage: Stage, connection: Doc
) -> None:
    vendor.told = [PLAN]
    vendor.fill(1, tier=None)
    found = {notice["kind"]: notice for notice in again(stage, connection)}
    assert set(found) == {"appeared", "vanished"}
    assert found["vanished"]["reads"] == ["fields.tier"]
    assert "tier" not in fits(vendor, found["vanished"]["suggestion"]).definition["fields"]
    run = stage.run_of(connection, "companies")
    assert (run["state"], run["counts"]["read"]) == ("done", 6)
    vendor.told = [TIER]
    vendor.fill(2)
    assert again(stage, connection) == []
    assert {n["kind"] for n in told(stage, "closed")} == {"appeared", "vanished"}


def test_a_vendor_that_refuses_to_describe_stops_nothing_and_takes_nothing_away(
    vendor: Vendor, stage: Stage, connection: Doc
) -> None:
    assert told(stage) == [], "what is there at first is no news"
    vendor.refused = True
    assert again(stage, connection) == []
    shown = fields.of_connection(stage.hub, stage.store, connection["_id"])
    assert shown["problem"] == "The key may not read definitions."
    assert stage.run_of(connection, "companies")["state"] == "done"
    vendor.refused, vendor.told = False, []
    assert again(stage, connection) == []


def test_a_field_that_the_newest_records_lack_is_told_without_a_description(
    vendor: Vendor, stage: Stage, connection: Doc
) -> None:
    for n in range(6):
        del vendor.records["company", str(n)]["stage"]
    vendor_at = "2026-01-01T11:00:00Z"
    for body in vendor.records.values():
        body["at"] = vendor_at
    notice = only(again(stage, connection), "absent")
    assert (notice["path"], notice["reads"]) == ("stage", ["fields.lifecycle"])


def test_types_that_change_are_told(vendor: Vendor, stage: Stage, connection: Doc) -> None:
    vendor.told = [TIER | {"type": "choice", "values": ["gold"]}]
    notice = only(again(stage, connection), "type_changed")
    assert (notice["was"], notice["now"]) == ("text", "choice")
    vendor.told = [TIER]
    vendor.fill(2, tier=3)
    notice = only(again(stage, connection), "type_changed")
    assert (notice["was"], notice["now"]) == ("text", "a number")
    assert stage.store.quarantine.count({"state": "open"}) == 6


def test_words_that_the_mapping_does_not_know_are_told_until_it_does(
    vendor: Vendor, stage: Stage, connection: Doc
) -> None:
    vendor.fill(1, stage="yes")
    notice = only(again(stage, connection), "unknown_value")
    assert (notice["words"], notice["carried"]) == (["yes"], 6)
    assert notice["suggestion"] == "fields:\n  lifecycle: {map: {'yes': other}}\n"
    assert "yes" not in repr(list(stage.store.drift.find({})))
    overlaid(stage, vendor, "fields:\n  lifecycle: {map: {'yes': churned}}\n")
    assert told(stage) == []


def test_a_word_that_is_new_in_the_description_is_told_before_anybody_uses_it(
    vendor: Vendor, stage: Stage, connection: Doc
) -> None:
    described = {"name": "stage", "title": "Stage", "type": "choice", "custom": False}
    vendor.told = [TIER, described | {"values": ["lead", "old"]}]
    assert again(stage, connection) == []
    vendor.told = [TIER, described | {"values": ["lead", "old", "zombie"]}]
    notice = only(again(stage, connection), "unknown_value")
    assert (notice["words"], notice["carried"]) == (["zombie"], 0)


def test_what_is_dismissed_stays_so_until_there_is_more_to_it(
    vendor: Vendor, stage: Stage, connection: Doc
) -> None:
    vendor.fill(1, stage="odd")
    notice = only(again(stage, connection), "unknown_value")
    now = stage.hub.now(stage.tenant_id)
    settling.dismiss(stage.store, notice["id"], "ada", now)
    assert again(stage, connection) == []
    vendor.fill(2, stage="odder")
    assert only(again(stage, connection), "unknown_value")["words"] == ["odder"]


def test_an_overlay_that_reads_what_nobody_has_is_told(
    vendor: Vendor, stage: Stage, connection: Doc
) -> None:
    overlaid(stage, vendor, "custom:\n  arr: arr\n")
    notice = only(told(stage), "absent")
    assert (notice["path"], notice["suggestion"]) == ("own.arr", "custom:\n  arr: null\n")


def test_facts_and_fields_are_apart_so_that_a_new_field_maps_nothing_anew(
    vendor: Vendor, stage: Stage, connection: Doc
) -> None:
    vendor.told.append(PLAN)
    again(stage, connection)
    assert stage.run_of(connection, "companies")["counts"] == {"read": 6, "duplicate": 6}


def test_fields_are_read_again_once_a_day_and_not_with_every_run(
    vendor: Vendor, stage: Stage, connection: Doc
) -> None:
    def at() -> Any:
        return stage.hub.connection(stage.store, connection["_id"])["described_at"]

    first = at()
    stage.sync(connection, ["companies"])
    assert at() == first
    old = {"$set": {"described_at": first - timedelta(days=1, minutes=1)}}
    stage.store.connections.update({"_id": connection["_id"]}, old)
    stage.sync(connection, ["companies"])
    assert at() >= first


def test_what_is_known_of_fields_goes_with_the_connection(
    vendor: Vendor, stage: Stage, connection: Doc
) -> None:
    shown = fields.of_connection(stage.hub, stage.store, connection["_id"])
    assert [o["object"] for o in shown["objects"]] == ["company", "machine"]
    assert "not read" in shown["objects"][1]["note"]
    vendor.fill(1, stage="odd")
    again(stage, connection)
    removal.remove(stage.hub, stage.tenant_id, connection["_id"], erase=True)
    assert stage.store.described.count({}) == stage.store.drift.count({}) == 0


def test_trouble_with_looking_is_no_trouble_of_the_sync(
    vendor: Vendor, stage: Stage, connection: Doc
) -> None:
    stage.store.described.update_many({}, {"$set": {"known": [{"path": 7}]}})
    vendor.fill(1)
    assert again(stage, connection) == []
    assert stage.run_of(connection, "companies")["state"] == "done"


def test_two_who_connect_at_once_leave_no_fields_of_the_loser(
    vendor: Vendor, stage: Stage, connection: Doc
) -> None:
    before = stage.store.described.count({})
    with pytest.raises(Exception, match="connected already"):
        connections.add(stage.hub, stage.tenant_id, vendor.name, {}, {})
    assert stage.store.described.count({}) == before
    assert look.SAMPLE >= 20
