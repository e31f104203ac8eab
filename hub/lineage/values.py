"""Lineage of a value: of an account's or a contact's profile, or of one record."""

from __future__ import annotations

from collections.abc import Iterable

from hub.bootstrap import Hub
from hub.errors import CorrectInput, NotFound
from hub.lineage.chain import Tracer
from hub.reads import accounts, contacts
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from mappings.canonical import ENTITIES
from mappings.document import nearest
from mappings.survivorship import order_of

HEAD = ("created_at", "external_id")
"""What a record has beside its canonical values."""


def of_account(hub: Hub, store: TenantStore, account_id: str, name: str) -> Doc:
    """{"account_id", "asked_id", "field", "value", "rule", "order", "chosen": chain, "others"}.

    Raises CorrectInput for a field that no account has, naming the nearest, and NotFound where
    no source says anything for it.
    """
    account = accounts.find(store, account_id)
    found = _profile(Tracer(hub, store), account, "account", name)
    return {"account_id": account["_id"], "asked_id": account_id, **found}


def of_contact(hub: Hub, store: TenantStore, contact_id: str, name: str) -> Doc:
    """Like `of_account`, with contact_id."""
    contact = contacts.find(store, contact_id)
    found = _profile(Tracer(hub, store), contact, "contact", name)
    return {"contact_id": contact["_id"], "asked_id": contact_id, **found}


def of_record(hub: Hub, store: TenantStore, key: str, name: str, entity: str = "") -> Doc:
    """{"record_id", "field", "value", "chosen": chain}; a custom value by its own name.

    Raises like `of_account`. `entity`: refuse a record of another one.
    """
    tracer = Tracer(hub, store)
    record = tracer.record(key)
    kind = record.get("entity") or ""
    if entity and kind != entity:
        raise NotFound(f"There is no such {entity.replace('_', ' ')}.")
    values, custom = record.get("values") or {}, record.get("custom") or {}
    fields = ENTITIES[kind].fields if kind in ENTITIES else {}
    _check(name, [*fields, *custom], kind or "record")
    if name not in values and name not in custom:
        raise NotFound(f"This record says nothing for {name}.")
    own = name not in values
    chain = tracer.chain(record, name, custom=own)
    return {"record_id": key, "field": name, "value": chain["value"], "chosen": chain}


def _profile(tracer: Tracer, whole: Doc, entity: str, name: str) -> Doc:
    profile = whole.get("profile", {})
    _check(name, [*ENTITIES[entity].fields, *profile], entity)
    if name not in profile:
        raise NotFound(f"No source says anything for {name} of this {entity}.")
    answer = profile[name]
    union = answer["rule"] == "union"
    return {
        "field": name,
        "value": answer["v"],
        "rule": answer["rule"],
        "order": list(order_of(entity, name)) if answer["rule"] != "manual" else [],
        "chosen": _said(tracer, answer, name, union),
        "others": [_said(tracer, one, name, union=False) for one in answer["also"]],
    }


def _said(tracer: Tracer, answer: Doc, name: str, union: bool) -> Doc:
    """The chain of one source's word; of a united list each record has said a part only."""
    record = tracer.records([answer["rec"]]).get(answer["rec"]) if answer.get("rec") else None
    if record is None:
        return {**GONE, "field": name, "value": answer["v"], "said_by": answer.get("src")}
    chain = tracer.chain(record, name, shown=None if union else answer["v"])
    return {**chain, "said_by": answer["src"]}


GONE: Doc = {
    "record": None,
    "raw": None,
    "brought_by": None,
    "mapping": None,
    "version": None,
    "former": [],
}


def _check(name: str, known: Iterable[str], entity: str) -> None:
    words = sorted(set(known))
    if name not in words:
        what, near = entity.replace("_", " "), nearest(name[:100], words)
        raise CorrectInput(f"No {what} has a field {name[:100]!r}; {near}", field="field")
