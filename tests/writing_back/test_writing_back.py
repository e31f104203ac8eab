"""Health in one field of the vendor's records: written once, when it changed, and never echoed."""

from __future__ import annotations

import pytest

from hub import overlays
from hub.errors import CorrectInput
from hub.reads.mappings import BrokenOverlay
from hub.scheduler import tick
from hub.writing_back import desk
from hub.writing_back.text import text_of
from tests.stage import picture, unlike
from tests.writing_back.written import Written


def test_every_living_record_holds_the_text_of_its_account(written: Written) -> None:
    written.on()
    written.write()
    texts = {id: text_of(account) for id, account in written.accounts().items()}
    assert set(texts) == set(written.table.ids())
    assert written.held() == texts
    assert all(0 < len(text) <= 255 for text in texts.values())


def test_what_has_not_changed_is_not_written_again(written: Written) -> None:
    written.morning()
    written.on()
    written.write()
    before = written.calls()
    assert before
    written.stage.store.accounts.update_many({}, {"$set": {"score_due": True}})
    written.stage.settle()
    written.later()
    written.write()
    assert written.calls() == before


def test_a_change_is_written_to_that_account_alone_and_not_before_its_time(
    written: Written,
) -> None:
    written.morning()
    written.on()
    written.write()
    before = written.held()
    one = sorted(before)[0]
    account = written.accounts()[one]["_id"]
    written.pulse(account, "red")
    written.write()
    assert written.held() == before, "the last write is a moment ago"
    written.pulse(account, "yellow")
    written.later()
    stamps = {id: written.table.get(id) for id in before}
    written.write()
    moved = {id for id, row in stamps.items() if written.table.get(id) is not row}
    homes = written.accounts()
    assert moved == {id for id in before if homes[id]["_id"] == account}
    assert written.held()[one] == text_of(homes[one]) != before[one]


def test_our_own_writing_comes_back_as_nothing_over_many_rounds(written: Written) -> None:
    """By webhook, by poll and by a full listing: no profile, health, version, find or notice."""
    store = written.stage.store
    written.morning()
    written.on()
    mine = {"connection_id": written.id}
    known = store.inbox.distinct("_id", mine)
    before = picture(store)
    fields = {"rev": 1, "values": 1, "modified_at": 1, "moved_at": 1, "touched_at": 1}
    records = {d["_id"]: d for d in store.records.find(mine, fields)}
    versions, notices = store.versions.count({}), store.drift.count({})
    accounts = {d["_id"]: d["version"] for d in store.accounts.find({})}
    stamps = {d["_id"]: d.get("content") for d in store.records.find(mine, {"content": 1})}
    for _ in range(3):
        written.write()
        written.echo()
        written.poll()
        written.later()
    written.poll(full=True)
    assert written.calls_of_round() == 1
    rows = list(store.inbox.find({**mine, "_id": {"$nin": known}}))
    assert rows
    assert [r["fates"] for r in rows if {*r["fates"]} - {"ignored", "duplicate", "stale"}] == []
    assert {rule for row in rows for rule in row["rules"]} == {"own_write"}
    assert not [*unlike(before, picture(store))]
    assert {d["_id"]: d for d in store.records.find(mine, fields)} == records
    assert {d["_id"]: d["version"] for d in store.accounts.find({})} == accounts
    assert (store.versions.count({}), store.drift.count({})) == (versions, notices)
    assert store.missed.count({}) + store.missed_days.count({}) == 0
    now = {d["_id"]: d.get("content") for d in store.records.find(mine, {"content": 1})}
    assert {key.split(":")[2] for key in now if now[key] != stamps[key]} == set(written.held())


def test_a_persons_edit_after_ours_is_news(written: Written) -> None:
    written.on()
    written.write()
    written.echo()
    one = sorted(written.table.ids())[0]
    written.later()
    said = {"salesforce": {"Name": "New Ltd"}, "hubspot": {"properties": {"name": "New Ltd"}}}
    written.table.patch(one, said[written.vendor.name])
    written.echo()
    key = f"{written.id}:{written.record_object}:{one}"
    stored = written.stage.store.records.find_one({"_id": key})
    assert stored is not None
    assert stored["values"]["name"] == "New Ltd"


def test_a_field_that_the_mapping_reads_cannot_be_chosen_nor_read_afterwards(
    written: Written,
) -> None:
    hub, stage = written.hub, written.stage
    object, connector = written.record_object, written.vendor.name
    text = f"fields:\n  tier: {written.field}\n"
    now = hub.now(stage.tenant_id)
    overlays.activate(hub, stage.store, connector, object, text, "ada", now)
    with pytest.raises(CorrectInput, match="the mapping"):
        written.on()
    overlays.withdraw(hub, stage.store, connector, object, now)
    written.on()
    with pytest.raises(BrokenOverlay, match="writes back"):
        overlays.activate(hub, stage.store, connector, object, text, "ada", now)


def test_only_a_long_text_that_people_made_is_offered(written: Written) -> None:
    offered = desk.choices(written.hub, written.stage.tenant_id, written.id)
    names = [one["name"] for one in offered["fields"]]
    assert written.field in names
    assert not {"Name", "Description", "properties.name", "Tier__c", "MRR__c"} & set(names)
    assert offered["missing"] == []
    read = {one["name"]: one["read_by"] for one in offered["fields"]}
    assert read.get("properties.customer_no") in (None, "the setting customer_number_property")
    with pytest.raises(CorrectInput, match="no writable text field"):
        desk.switch_on(written.hub, written.stage.tenant_id, written.id, "Nope__c", "ada")


def test_switching_off_leaves_the_texts_or_takes_them_away(written: Written) -> None:
    written.on()
    written.write()
    tenant = written.stage.tenant_id
    desk.switch_off(written.hub, tenant, written.id, "ada")
    written.write()
    assert all(written.held().values())
    written.on()
    written.write()
    said = desk.switch_off(written.hub, tenant, written.id, "ada", clear=True)
    assert said["clearing"]
    written.write()
    assert not any(written.held().values())
    assert written.stage.store.written.count({"connection_id": written.id}) == 0
    assert not desk.stand(written.hub, written.stage.store, written.fresh())["clearing"]
    noted = {n["what"] for n in written.hub.catalogue.control.audit.find({"tenant_id": tenant})}
    assert {"write-back switched on", "write-back switched off and cleared"} <= noted


def test_a_paused_connection_holds_what_is_due(written: Written) -> None:
    written.on()
    mine = {"_id": written.id}
    written.stage.store.connections.update(mine, {"$set": {"state": "paused"}})
    written.write()
    assert not any(written.held().values()) or written.calls_of_round() == 0
    written.stage.store.connections.update(mine, {"$set": {"state": "active"}})
    written.write()
    assert written.calls_of_round() == 1


@pytest.mark.long
def test_the_scheduler_rings_where_something_is_due_and_nowhere_else(written: Written) -> None:
    flag = f"hub:bell:write_back:{written.stage.tenant_id}:{written.id}"
    redis = written.hub.redis
    redis.delete(flag)
    tick(written.hub)
    assert not redis.exists(flag)
    written.on()
    tick(written.hub)
    assert redis.exists(flag)
    written.write()
    redis.delete(flag)
    tick(written.hub)
    assert not redis.exists(flag)
