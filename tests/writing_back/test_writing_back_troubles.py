"""Writing back where an answer, a worker, a lease, a row or a right is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest

from hub.embedded import Services
from hub.errors import CorrectInput
from hub.sandbox.table import Edit
from hub.settings import ROOT
from hub.store import leases
from hub.writing_back import desk, marks
from hub.writing_back.text import text_of
from tests.stage import MASTER_KEY
from tests.writing_back.written import TABLE, Written


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


def test_who_writes_while_it_is_switched_off_notes_nothing_of_it(hubspot: Written) -> None:
    """It may be on again by then, with another field, which does not hold these texts."""
    tenant, store = hubspot.stage.tenant_id, hubspot.stage.store
    hubspot.on()
    chosen, told = hubspot.fresh()["write_back"], hubspot.vendor.tell

    def choose_anew(edit: Edit) -> None:
        hubspot.vendor.tell = told  # type: ignore[method-assign]
        desk.switch_off(hubspot.hub, tenant, hubspot.id, "ada")
        store.connections.update({"_id": hubspot.id}, {"$set": {"write_back": chosen}})
        marks.spread(store, hubspot.id, "company", hubspot.hub.now(tenant))
        told(edit)

    hubspot.vendor.tell = choose_anew  # type: ignore[method-assign]
    hubspot.write()
    assert store.written.count({"text": {"$exists": True}}) == 0
    hubspot.write()
    stand = desk.stand(hubspot.hub, store, hubspot.fresh())
    assert (stand["written"], stand["due"]) == (len(hubspot.accounts()), 0)
    hubspot.reset()


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


def test_a_locked_row_is_cleared_when_it_is_free_and_said_until_then(salesforce: Written) -> None:
    written, store = salesforce, salesforce.stage.store
    one = clearing_with_one_locked(written)
    stand = desk.stand(written.hub, store, written.fresh())
    assert stand["clearing"]
    assert (stand["written"], [r["native_id"] for r in stand["refusals"]]) == (1, [one])
    assert [id for id, text in written.held().items() if text] == [one]
    now = written.hub.now(written.stage.tenant_id)
    assert not marks.is_due(store, written.fresh(), now)
    assert marks.is_due(store, written.fresh(), now + timedelta(seconds=60))
    written.vendor.locked = frozenset()  # type: ignore[attr-defined]
    written.later()
    written.write()
    assert not any(written.held().values())
    assert not desk.stand(written.hub, store, written.fresh())["clearing"]
    assert store.written.count({"connection_id": written.id}) == 0
    written.reset()


def test_a_row_that_stays_locked_does_not_keep_clearing_open_for_ever(salesforce: Written) -> None:
    written, store = salesforce, salesforce.stage.store
    clearing_with_one_locked(written)
    for _ in range(7):
        assert desk.stand(written.hub, store, written.fresh())["clearing"]
        for _ in range(5):
            written.later()
        written.write()
    assert not desk.stand(written.hub, store, written.fresh())["clearing"]
    assert store.written.count({"connection_id": written.id}) == 0
    written.vendor.locked = frozenset()  # type: ignore[attr-defined]
    written.reset()


def clearing_with_one_locked(written: Written) -> str:
    """Old texts stand everywhere, newer ones were refused, and one row is locked; its id."""
    one = sorted(written.table.ids())[0]
    written.on()
    written.write()
    written.vendor.locked = frozenset({one})  # type: ignore[attr-defined]
    tomorrow = written.hub.now(written.stage.tenant_id) + timedelta(days=1)
    before = {"due_at": tomorrow, "tries": 7, "refusal": {"sentence": "No.", "at": tomorrow}}
    written.stage.store.written.update_many({"connection_id": written.id}, {"$set": before})
    desk.switch_off(written.hub, written.stage.tenant_id, written.id, "ada", clear=True)
    written.write()
    return one


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


def test_without_its_connector_a_connection_is_left_for_a_while_and_says_why(
    hubspot: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, store = hubspot.hub, hubspot.stage.store
    hubspot.on()
    with monkeypatch.context() as without:
        without.delitem(hub.plugins.connectors, "hubspot")
        hubspot.write()
        assert "hubspot" in hubspot.fresh()["write_back"]["problem"]["sentence"]
    now = hub.now(hubspot.stage.tenant_id)
    assert not marks.is_due(store, hubspot.fresh(), now)
    assert marks.is_due(store, hubspot.fresh(), now + timedelta(hours=2))
    hubspot.reset()
