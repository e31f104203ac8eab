"""Health in one field of the vendor's records: written once, when it changed, and never echoed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest

from hub import overlays
from hub.embedded import Services
from hub.errors import CorrectInput
from hub.reads.mappings import BrokenOverlay
from hub.sandbox.table import Edit
from hub.scheduler import tick
from hub.settings import ROOT
from hub.store import leases
from hub.writing_back import desk, marks
from hub.writing_back.text import text_of
from tests.stage import MASTER_KEY, picture, unlike
from tests.writing_back.written import TABLE, Written


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


def test_an_answer_that_is_lost_writes_the_same_again(written: Written) -> None:
    """As a crash between the vendor's yes and our note: the text stands there, and is due still."""
    written.on()
    written.vendor.faults.add("half", count=1, path="composite/sobjects|batch/update")
    written.write()
    texts = {id: text_of(account) for id, account in written.accounts().items()}
    assert written.stage.store.written.count({"text": {"$exists": True}}) == 0
    stand = desk.stand(written.hub, written.stage.store, written.fresh())
    assert stand["problem"] is not None
    written.later()
    written.write()
    assert written.held() == texts
    stand = desk.stand(written.hub, written.stage.store, written.fresh())
    assert (stand["problem"], stand["due"], stand["written"]) == (None, 0, len(texts))


WORKER = """
import sys
from time import monotonic
from hub import bootstrap
from hub.settings import load_settings
from hub.writing_back import work
work.work(bootstrap.build(load_settings()), *sys.argv[1:], monotonic() + 30)
"""


def test_a_worker_killed_after_the_vendors_yes_writes_the_same_again(
    hubspot: Written, services: Services
) -> None:
    hubspot.on()
    stores = {"HUB_MONGODB_URI": services.mongodb_uri, "HUB_REDIS_URL": services.redis_url}
    told = {"HUB_MASTER_KEY": MASTER_KEY, "HUB_CRASH_AT": "written-back"}
    ended = subprocess.run(
        [sys.executable, "-c", WORKER, hubspot.stage.tenant_id, hubspot.id],
        env=os.environ | stores | told,
        cwd=ROOT,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL
    stood = hubspot.held()
    assert all(stood.values())
    assert hubspot.stage.store.written.count({"text": {"$exists": True}}) == 0
    hubspot.write()
    assert (hubspot.held(), hubspot.calls_of_round()) == (stood, 2)
    stand = desk.stand(hubspot.hub, hubspot.stage.store, hubspot.fresh())
    assert (stand["written"], stand["due"]) == (len(stood), 0)
    hubspot.reset()


def test_whoever_lost_the_lease_meanwhile_lets_the_records_be_written_again(
    hubspot: Written,
) -> None:
    """Another worker has written and noted the newest texts when ours writes its older ones."""
    store = hubspot.stage.store
    hubspot.on()
    newest = {id: text_of(account) for id, account in hubspot.accounts().items()}
    told = hubspot.vendor.tell

    def overtake(edit: Edit) -> None:
        leases.seize(store, f"write:{hubspot.id}", 0)
        store.written.update({"native_id": edit.id}, {"$set": {"text": newest[edit.id]}})
        told(edit)

    hubspot.vendor.tell = overtake  # type: ignore[method-assign]
    hubspot.write()
    hubspot.vendor.tell = told  # type: ignore[method-assign]
    hubspot.write()
    assert hubspot.calls_of_round() == 2
    stand = desk.stand(hubspot.hub, store, hubspot.fresh())
    assert (stand["written"], stand["due"]) == (len(newest), 0)
    hubspot.reset()


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


def test_a_locked_row_is_tried_again_and_a_deleted_one_is_said(salesforce: Written) -> None:
    written, store = salesforce, salesforce.stage.store
    one, other = sorted(written.table.ids())[:2]
    written.vendor.locked = frozenset({one})  # type: ignore[attr-defined]
    written.on()
    written.write()
    [refusal] = desk.stand(written.hub, store, written.fresh())["refusals"]
    assert refusal["native_id"] == one
    assert "same moment" in refusal["sentence"]
    assert refusal["again_at"] - refusal["at"] == timedelta(seconds=60)
    assert written.held()[one] is None
    assert written.held()[other]
    written.vendor.locked = frozenset()  # type: ignore[attr-defined]
    written.later()
    written.write()
    assert written.held()[one]
    assert desk.stand(written.hub, store, written.fresh())["refused"] == 0
    written.reset()


def test_a_record_that_was_merged_away_hands_over_to_its_survivor(salesforce: Written) -> None:
    written, store = salesforce, salesforce.stage.store
    into, loser = sorted(written.table.ids())[-2:]
    written.vendor.merge(TABLE["salesforce"], into, [loser])
    written.echo()
    written.poll()
    written.on()
    marks.put(store, [f"{written.id}:Account:{loser}"], written.hub.now(written.stage.tenant_id))
    written.write()
    assert loser not in {d["native_id"] for d in store.written.find({"connection_id": written.id})}
    assert written.held()[into]
    written.reset()


def test_a_right_that_is_taken_is_told_with_where_to_give_it(
    salesforce: Written, hubspot: Written
) -> None:
    hubspot.vendor.denied = {"crm.objects.companies.write"}  # type: ignore[attr-defined]
    with pytest.raises(CorrectInput, match=r"companies\.write"):
        hubspot.on()
    hubspot.vendor.denied = set()  # type: ignore[attr-defined]
    salesforce.on()
    salesforce.vendor.hidden = frozenset({salesforce.field})  # type: ignore[attr-defined]
    salesforce.write()
    stand = desk.stand(salesforce.hub, salesforce.stage.store, salesforce.fresh())
    salesforce.vendor.hidden = frozenset()  # type: ignore[attr-defined]
    assert "Field-Level Security" in stand["problem"]["sentence"]
    assert (stand["written"], stand["refused"]) == (0, 0)
    salesforce.reset()


def test_one_company_that_hubspot_refuses_does_not_keep_the_others_out(hubspot: Written) -> None:
    one = sorted(hubspot.table.ids())[0]
    hubspot.vendor.unruly = frozenset({one})  # type: ignore[attr-defined]
    hubspot.on()
    hubspot.write()
    held = hubspot.held()
    assert [id for id, text in held.items() if not text] == [one]
    stand = desk.stand(hubspot.hub, hubspot.stage.store, hubspot.fresh())
    assert [refusal["native_id"] for refusal in stand["refusals"]] == [one]
    hubspot.vendor.unruly = frozenset()  # type: ignore[attr-defined]
    hubspot.reset()
