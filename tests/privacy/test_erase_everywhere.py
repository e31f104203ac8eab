"""All five vendors: somebody erased does not come back, and nothing is left but the hash."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from hub import endpoints
from hub.embedded import Services
from hub.sandbox import Sandbox
from hub.store import inbox
from hub.store.client import Doc
from hub.subscriptions import asking
from hub.waiting import wait_until
from tests.privacy.desk import erase, traces
from tests.stage import Stage, build_hub, serving

VENDORS = ("salesforce", "hubspot", "freshdesk", "jira", "asana")
PUSHED = ("hubspot", "freshdesk")


@pytest.fixture
def stage(services: Services) -> Iterator[Stage]:
    hub = build_hub(services)
    with Sandbox(VENDORS, seed=11, accounts=4) as sandbox, serving(hub):
        yield Stage(hub, sandbox)
    hub.close()


def subscribe(stage: Stage, connection: Doc) -> None:
    asking.subscribe(stage.hub, stage.tenant_id, connection["_id"])
    for endpoint in endpoints.describe(stage.hub, stage.tenant_id, connection):
        if endpoint["state"] == "waiting" and not endpoint["registers"]:
            stage.listen(connection, endpoint["webhook"])


def stir(stage: Stage, connection: Doc, n: int) -> None:
    vendor = stage.sandbox[connection["connector"]]
    requests.post(
        f"{vendor.url}/_sandbox/stir", json={"n": n}, timeout=30, verify=vendor.ca or True
    ).raise_for_status()
    assert wait_until(lambda: not vendor.queued(), within_s=60)
    stage.drain(connection)


def well_known(stage: Stage) -> Doc:
    """The person whom most sources know."""
    people = stage.store.contacts.find({"listed": True, "flat.full_name": {"$exists": True}})
    return max(people, key=lambda c: (len({m["source"] for m in c["members"]}), c["_id"]))


def words_of(stage: Stage, query: Doc) -> set[str]:
    """Names that nobody else has, addresses, and ids that are no small numbers."""
    found: set[str] = set()
    others = list(stage.store.contacts.find({"$nor": [query], "listed": True}))
    taken = {doc["flat"].get("full_name") for doc in others}
    for doc in stage.store.contacts.find(query):
        found |= {e for e in doc["flat"].get("emails", ()) if not e.startswith("info@")}
        found |= {doc["flat"].get("full_name")} - taken - {None}
        found |= {m["native_id"] for m in doc["members"] if len(m["native_id"]) > 8}
    return found


def test_erased_and_listed_again_leaves_no_trace(stage: Stage) -> None:
    connections = {vendor: stage.connect(vendor) for vendor in VENDORS}
    for vendor, connection in connections.items():
        stage.sync(connection)
        if vendor in PUSHED:
            subscribe(stage, connection)
            stir(stage, connection, 6)
    books = {c["_id"]: inbox.ledger(stage.store, c["_id"]) for c in connections.values()}

    person = well_known(stage)
    assert len({m["source"] for m in person["members"]}) >= 3
    words = words_of(stage, {"_id": person["_id"]})
    account = next(
        a
        for a in stage.store.accounts.find({"listed": True, "flat.domains.0": {"$exists": True}})
        if a["_id"] not in person["account_ids"] and len(a["members"]) > 1
    )
    words |= words_of(stage, {"account_ids": account["_id"]})
    words |= {*account["flat"]["domains"]}
    words |= {m["native_id"] for m in account["members"] if len(m["native_id"]) > 8}
    assert len({place for place, _, _ in traces(stage, *words)}) >= 4

    reports = [erase(stage, "contact", person["_id"]), erase(stage, "account", account["_id"])]
    assert [r["state"] for r in reports] == ["done", "done"]
    assert all(r["report"]["books"]["balanced"] for r in reports)
    assert all(r["report"]["counters"]["unlike"] == [] for r in reports)
    assert traces(stage, *words) == []
    for vendor, connection in connections.items():
        if vendor in PUSHED:
            stir(stage, connection, 6)
        stage.sync(connection, full=True)
    assert traces(stage, *words) == []
    for key, book in books.items():
        after = inbox.ledger(stage.store, key)["deliveries"]
        assert after["received"] >= book["deliveries"]["received"]
        assert after["received"] == after["done"] + after["duplicate"]
