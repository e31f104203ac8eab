"""Whether a tenant's books agree with what Jira in small knows; each answer lists what does not.

The vendor is asked what it was answered, and not the hub what it believes.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from hub.prove.ground import Tenant
from hub.sandbox.vendor import Vendor
from hub.store import inbox


def unlike_vendor(tenant: Tenant, vendor: Vendor) -> list[str]:
    """Issues that the hub lacks, has too many of, or has in another version than Jira."""
    truth = {
        id: _moment((vendor.table("issues").get(id) or {})["fields"]["updated"])
        for id in vendor.table("issues").ids()
    }
    stored: dict[str, Any] = {
        doc["native_id"]: doc["modified_at"]
        for doc in tenant.store.records.find(
            {"object": {"$in": ["issue", "request"]}, "life.deleted": False}
        )
    }
    return [
        f"issue {id}: {stored.get(id)} stored, {truth.get(id)} there"
        for id in sorted({*truth, *stored})
        if truth.get(id) != stored.get(id)
    ]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def lost(tenant: Tenant, vendor: Vendor) -> list[str]:
    """Deliveries that the vendor was answered 2xx for and that are not in the inbox as done."""
    done = {row["key"] for row in tenant.store.inbox.find({**_mine(tenant), "state": "done"})}
    return sorted(id for id in _acked(tenant, vendor) if f"id:{id}" not in done)


def unbalanced(tenant: Tenant, vendor: Vendor) -> list[str]:
    """What is wrong in the two books, once everything is done and the vendor gave nothing up.

    Rows are exactly the vendor's deliveries, none of them open or failed; the fates on the rows add
    up to the book of changes, which is kept apart from them.
    """
    ledger = inbox.ledger(tenant.store, tenant.connections["jira"]["_id"])
    books, problems = ledger["deliveries"], []
    ids = _acked(tenant, vendor)
    rows = tenant.store.inbox.count(_mine(tenant))
    if rows != len(ids):
        problems.append(f"{rows} rows for {len(ids)} deliveries of the vendor")
    if books["received"] != books["done"] + books["duplicate"]:
        problems.append(f"not all is done: {books}")
    fates: Counter[str] = Counter()
    for row in tenant.store.inbox.find(_mine(tenant), {"fates": 1}):
        fates.update(row.get("fates") or {})
    if {f: n for f, n in ledger["changes"].items() if n} != {f: n for f, n in fates.items() if n}:
        problems.append(f"book of changes {ledger['changes']}, rows {dict(fates)}")
    if sum(fates.values()) < rows:
        problems.append(f"{rows} rows with only {sum(fates.values())} changes")
    return problems


def _mine(tenant: Tenant) -> dict[str, Any]:
    return {"connection_id": tenant.connections["jira"]["_id"]}


def _acked(tenant: Tenant, vendor: Vendor) -> set[str]:
    mine = tenant.urls["jira"]
    return {parcel.id for parcel, _ in vendor.acked() if parcel.subscription.url == mine}
