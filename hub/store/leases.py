"""Leases: one holder at a time, judged by the database's clock, with a token that only grows.

A worker that was frozen keeps an old token; every closing write checks it, so that it can no
longer write what another worker has since taken over. A lease whose holder was a process of this
machine that has ended is free at once; elsewhere it has to expire.
"""

from __future__ import annotations

from dataclasses import dataclass

from pymongo.errors import DuplicateKeyError

from hub.errors import LeaseLost
from hub.store import holder
from hub.store.client import Doc
from hub.store.tenant import TenantStore


@dataclass(frozen=True, slots=True)
class Lease:
    """A hold on `name` until it expires; `token` orders the holders."""

    name: str
    token: int


def acquire(store: TenantStore, name: str, seconds: int) -> Lease | None:
    """Take the lease if nobody holds it; None while another holder lives."""
    mine = holder.name()
    held = _take(store, name, mine, seconds)
    if held is not None and held["holder"] != mine and holder.has_ended(held["holder"] or ""):
        _free(store, held)
        held = _take(store, name, mine, seconds)
    return Lease(name, held["token"]) if held and held["holder"] == mine else None


def _take(store: TenantStore, name: str, mine: str, seconds: int) -> Doc | None:
    """The lease as it stands after the attempt; None when another made it at this moment."""
    free = {"$lte": [{"$ifNull": ["$expires_at", "$$NOW"]}, "$$NOW"]}
    until = {"$dateAdd": {"startDate": "$$NOW", "unit": "second", "amount": seconds}}
    change = [
        {"$set": {"free": free}},
        {
            "$set": {
                "expires_at": {"$cond": ["$free", until, "$expires_at"]},
                "holder": {"$cond": ["$free", mine, "$holder"]},
                "token": {"$add": [{"$ifNull": ["$token", 0]}, {"$cond": ["$free", 1, 0]}]},
            }
        },
        {"$unset": "free"},
    ]
    try:
        return store.leases.take({"_id": f"{store.tenant_id}:{name}"}, change, upsert=True)
    except DuplicateKeyError:
        return None


def _free(store: TenantStore, held: Doc) -> None:
    ended = {"_id": held["_id"], "token": held["token"], "holder": held["holder"]}
    store.leases.update(ended, {"$set": {"expires_at": None}})


def check(store: TenantStore, lease: Lease, seconds: int) -> None:
    """Prove, inside a transaction, that the lease is still ours, and lengthen it.

    Raises LeaseLost. The write makes any later holder's transaction conflict with this one.
    """
    until = {"$dateAdd": {"startDate": "$$NOW", "unit": "second", "amount": seconds}}
    mine = {"_id": f"{store.tenant_id}:{lease.name}", "token": lease.token}
    if not store.leases.update(mine, [{"$set": {"expires_at": until}}]):
        raise LeaseLost("Another worker has taken over this work.")


def release(store: TenantStore, lease: Lease) -> None:
    mine = {"_id": f"{store.tenant_id}:{lease.name}", "token": lease.token}
    store.leases.update(mine, {"$set": {"expires_at": None}})


def seize(store: TenantStore, name: str, seconds: int) -> None:
    """Take the lease from whoever holds it: their next check fails, and nobody gets it so soon."""
    until = {"$dateAdd": {"startDate": "$$NOW", "unit": "second", "amount": seconds}}
    token = {"$add": [{"$ifNull": ["$token", 0]}, 1]}
    change = [{"$set": {"token": token, "holder": "", "expires_at": until}}]
    store.leases.update({"_id": f"{store.tenant_id}:{name}"}, change, upsert=True)
