"""Putting a draft in force: at once for what is scored from now on, and then for all the rest."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import monotonic

from hub.bootstrap import Hub
from hub.engine import usage
from hub.errors import AlreadyThere
from hub.scorecards import active, drafts, dry_run, freezing
from hub.store import leases
from hub.store.client import Doc
from hub.store.tenant import TenantStore

LEASE_S = 120
AT_ONCE, AT_ONCE_S = 2000, 3.0
"""Up to so many accounts, and so many seconds, whoever asks waits for a dry run."""
PEOPLE, TALKS = ("contact",), ("ticket", "activity", "satisfaction")


def try_out(hub: Hub, tenant_id: str, label: str) -> Doc:
    """Begin a dry run, and stay with it where it is short; the draft with its report so far."""
    begun = dry_run.begin(hub, tenant_id, label)
    if begun["dry_run"]["total"] <= AT_ONCE:
        work(hub, tenant_id, monotonic() + AT_ONCE_S)
    return drafts.find(hub.store(tenant_id), label)


def activate(hub: Hub, tenant_id: str, label: str, by: str) -> Doc:
    """Put a draft in force. Raises AlreadyThere with what is missing, above all a fresh dry run."""
    store = hub.store(tenant_id)
    found = drafts.find(store, label)
    if found["state"] != "draft":
        raise AlreadyThere(f"{label} is {found['state']}: only a draft can be activated.")
    if reason := dry_run.fresh(store, found, hub.now(tenant_id)):
        raise AlreadyThere(f"{label} cannot be activated: {reason}.", reason="dry_run_needed")
    now, old = hub.now(tenant_id), active.active(store)
    new = drafts.revision_of(hub, found)
    steps = ["scores"]
    if old.internal_domains != new.internal_domains:
        steps += ["people", "talks"]
    if old.key_features != new.key_features:
        steps += ["usage"]
    if (old.ignored_events, old.internal_domains) != (new.ignored_events, new.internal_domains):
        steps += ["use"]

    def switch(within: TenantStore) -> int:
        within.scorecards.update({"state": "active"}, {"$set": {"state": "retired"}})
        wanted = {"_id": found["_id"], "state": "draft", "at": found["at"]}
        change = {"state": "active", "activated_at": now, "activated_by": by, "work": steps}
        return within.scorecards.update(wanted, {"$set": change}) or _refuse(label)

    store.transact(switch)
    hub.catalogue.control.note(
        tenant_id, by, "scorecard activated", hub.now(), scorecard=label, replaced=old.label
    )
    work(hub, tenant_id, monotonic() + AT_ONCE_S)
    hub.bell.ring_settle(tenant_id)
    return drafts.find(store, label)


def _refuse(label: str) -> int:
    raise AlreadyThere(f"{label} was changed meanwhile: look at it again.")


def work(hub: Hub, tenant_id: str, deadline: float) -> bool:
    """Go on with what dry runs and activations have left to do; True when nothing is left."""
    store = hub.store(tenant_id)
    lease = leases.acquire(store, "scorecards", LEASE_S)
    if lease is None:
        return True
    try:
        _freeze_if_wanted(hub, store)
        while (found := waiting(store)) is not None:
            if found["work"] == "dry_run":
                if not dry_run.go_on(hub, tenant_id, found, deadline):
                    return False
                _activate_by_itself(hub, tenant_id, found["label"])
            else:
                _follow(hub, store, found)
            if monotonic() > deadline:
                return waiting(store) is None
        return True
    finally:
        leases.release(store, lease)


def is_due(store: TenantStore) -> bool:
    """Whether `work` would find any."""
    return waiting(store) is not None or freezing.is_wanted(store)


def waiting(store: TenantStore) -> Doc | None:
    """A revision with work left."""
    return store.scorecards.find_one({"work": {"$exists": True}})


def _follow(hub: Hub, store: TenantStore, found: Doc) -> None:
    """What a new revision moves, each step once more if a crash came in between."""
    for step in found["work"]:
        _STEPS[step](store)
    store.scorecards.update({"_id": found["_id"]}, {"$unset": {"work": ""}})
    hub.bell.ring_settle(store.tenant_id)


def _rescore(store: TenantStore) -> None:
    store.accounts.update_many({"listed": True}, {"$set": {"score_due": True}})


def _reread(store: TenantStore, entities: tuple[str, ...], rank: int) -> None:
    """Records whose part in health may be another are settled again."""
    wanted = {"entity": {"$in": list(entities)}, "due": {"$exists": False}}
    store.records.update_many(wanted, {"$set": {"due": rank}})


_STEPS: dict[str, Callable[[TenantStore], None]] = {
    "scores": _rescore,
    "people": partial(_reread, entities=PEOPLE, rank=2),
    "talks": partial(_reread, entities=TALKS, rank=3),
    "usage": partial(_reread, entities=("usage",), rank=3),
    "use": usage.again,
}


def refreeze(hub: Hub, tenant_id: str, by: str) -> Doc:
    """A draft that says what the active one says, with references as of now, and its dry run."""
    return try_out(hub, tenant_id, _copy(hub, tenant_id, by)["label"])


def _copy(hub: Hub, tenant_id: str, by: str) -> Doc:
    base = drafts.find(hub.store(tenant_id), "active")
    note = f"The same as {base['label']}, with reference values as of now."
    return drafts.draft(hub, tenant_id, base["document"], by, note=note)


def _freeze_if_wanted(hub: Hub, store: TenantStore) -> None:
    """The default with the tenant's own references: tried, activated and audited like any other."""
    if not freezing.take_wanted(store) or store.scorecards.find_one({}, {"_id": 1}) is not None:
        return
    made = _copy(hub, store.tenant_id, "hub")
    store.scorecards.update({"_id": made["_id"]}, {"$set": {"by_itself": True}})
    dry_run.begin(hub, store.tenant_id, made["label"])


def _activate_by_itself(hub: Hub, tenant_id: str, label: str) -> None:
    found = drafts.find(hub.store(tenant_id), label)
    if found.get("by_itself") and found["state"] == "draft":
        activate(hub, tenant_id, label, "hub")
