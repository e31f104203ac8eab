"""Privacy requests as they are asked: by people, by programs, and by a vendor's own deletion."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from hub.errors import AlreadyThere, CorrectInput, NotFound
from hub.store.client import Doc
from hub.store.control import new_id
from hub.store.tenant import TenantStore

if TYPE_CHECKING:
    from hub.bootstrap import Hub

KINDS: Final = ("erase", "suppress", "unsuppress")
ENTITIES: Final = ("contact", "account")
VENDOR: Final = "vendor"
MOST_MERGES = 20
CAPTURED: Final = {"entity": 1, "values": 1, "external_id": 1, "contact_id": 1, "origin": 1}


class Sourced(Protocol):
    """What is read of `hub.engine.incoming.Source`."""

    @property
    def connection_id(self) -> str: ...
    @property
    def connector(self) -> Any: ...


def create(
    hub: Hub, tenant_id: str, kind: str, entity: str, subject: str, by: str, reason: str = ""
) -> Doc:
    """Ask for an erasure or a suppression of a contact or an account, or take a former one back
    (kind unsuppress; `subject` is then that request's id).

    Raises CorrectInput, NotFound, and AlreadyThere while the same is still under way.
    """
    store = hub.store(tenant_id)
    if kind not in KINDS:
        raise CorrectInput(f"A request is one of {', '.join(KINDS)}.", field="kind")
    subject = (
        _known_request(store, subject) if kind == "unsuppress" else known(store, entity, subject)
    )
    same = {"open": True, "kind": kind, "entity": entity, "subject": subject}
    if store.privacy_requests.find_one(same, {"_id": 1}):
        raise AlreadyThere("This is being worked on already.")
    now = hub.now(tenant_id)
    made = _request(new_id("prv"), kind, entity, subject, by, reason[:500], now)
    store.privacy_requests.insert(made)
    hub.catalogue.control.note(
        tenant_id, by, f"{kind} asked", now, request=made["_id"], entity=entity, subject=subject
    )
    hub.bell.ring_settle(tenant_id)
    return made


def by_vendor(store: TenantStore, source: Sourced, keys: Sequence[str], now: datetime) -> None:
    """The vendor deleted a person for privacy: in the transaction that loses the body, ask for
    the same here, with what will be needed to find the rest.
    """
    if not keys:
        return
    wanted = list(keys)
    known = {d["_id"]: d for d in store.records.find({"_id": {"$in": wanted}}, CAPTURED)}
    former = store.versions.find({"record": {"$in": wanted}}, {"record": 1, "raw": 1})
    bodies = [{"record": doc["record"], "raw": doc["raw"]} for doc in former]
    for key in wanted:
        captured = {
            "record": known.get(key, {"_id": key}),
            "group": _one_with(store, known.get(key, {}).get("contact_id")),
            "bodies": [body for body in bodies if body["record"] == key],
        }
        entity = "contact" if known.get(key, {}).get("entity") == "contact" else "record"
        subject = known.get(key, {}).get("contact_id") or ""
        made = _request(_vendor_id(key), "erase", entity, subject, VENDOR, "", now)
        made |= {"source": source.connector.name, "captured": captured}
        change = {"$setOnInsert": {k: v for k, v in made.items() if k != "_id"}}
        store.privacy_requests.update({"_id": made["_id"]}, change, upsert=True)


def _one_with(store: TenantStore, contact_id: str | None) -> list[str]:
    """The records that are one with it; without its values it will leave them."""
    if contact_id is None:
        return []
    return [d["_id"] for d in store.records.find({"contact_id": contact_id}, {"_id": 1})]


def _vendor_id(key: str) -> str:
    """One request for one record, however often the vendor says so."""
    return f"prv_{hashlib.sha256(key.encode()).hexdigest()[:20]}"


def _request(
    id: str, kind: str, entity: str, subject: str, by: str, reason: str, now: datetime
) -> Doc:
    return {
        "_id": id,
        "kind": kind,
        "entity": entity,
        "subject": subject,
        "by": by,
        "reason": reason,
        "state": "pending",
        "open": True,
        "at": now,
        "finished_at": None,
        "report": None,
    }


def known(store: TenantStore, entity: str, subject: str) -> str:
    """The id that lives on."""
    if entity not in ENTITIES:
        raise CorrectInput(f"It is one of {', '.join(ENTITIES)}.", field="entity")
    home = store.contacts if entity == "contact" else store.accounts
    for _ in range(MOST_MERGES):
        found: Mapping[str, Any] | None = home.find_one({"_id": subject}, {"merged_into": 1})
        if found is None:
            break
        if not found.get("merged_into"):
            return subject
        subject = found["merged_into"]
    raise NotFound(f"There is no such {entity}.")


def _known_request(store: TenantStore, subject: str) -> str:
    found = store.privacy_requests.find_one({"_id": subject})
    if found is None or found["kind"] == "unsuppress":
        raise NotFound("There is no such request that suppresses anybody.")
    if found.get("open"):
        raise AlreadyThere("This request is still being worked on.")
    return subject
