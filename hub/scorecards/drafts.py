"""Writing a revision: checked when saved, changed as often as wanted until it is activated."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from hub.bootstrap import Hub
from hub.errors import AlreadyThere, CorrectInput, NotFound
from hub.health import defaults
from hub.health import revision as revisions
from hub.health.measures import KEYS
from hub.health.revision import Revision
from hub.scorecards import active
from hub.scorecards.difference import difference
from hub.store.client import Doc
from hub.store.tenant import TenantStore

BUILT_IN = f"{defaults.NAME}/{defaults.NUMBER}"
MOST_BYTES = 200_000


def listed(store: TenantStore) -> list[Doc]:
    """All revisions, newest first; the default is the oldest."""
    found = list(store.scorecards.find({}).sort([("at", -1), ("_id", -1)]).limit(200))
    if all(doc["label"] != BUILT_IN for doc in found):
        found.append(_built_in(any(doc["state"] == "active" for doc in found)))
    return found


def find(store: TenantStore, label: str) -> Doc:
    """A revision by its label ("hub-default/2"); "active" names the one in force. NotFound."""
    if label == "active":
        return active.stored(store) or _built_in(False)
    found = store.scorecards.find_one({"_id": _id(store, label)})
    if found is not None:
        return found
    if label == BUILT_IN:
        return _built_in(active.stored(store) is not None)
    raise NotFound(f"There is no scorecard {label}: `scorecards list` shows them.")


def draft(
    hub: Hub,
    tenant_id: str,
    document: Mapping[str, Any],
    author: str,
    *,
    note: str = "",
    name: str = "",
) -> Doc:
    """Save a new draft under the next number of its name (that of the active one by default).

    Raises CorrectInput; its `field` says where, its sentence how to put it right.
    """
    store, now = hub.store(tenant_id), hub.now(tenant_id)
    named = name or find(store, "active")["name"]
    _refuse_name(named)
    number = _next_number(store, named)
    made = _saved(hub, store, named, number, document)
    made |= {
        "_id": _id(store, f"{named}/{number}"),
        "name": named,
        "revision": number,
        "label": f"{named}/{number}",
        "state": "draft",
        "author": author,
        "at": now,
        "note": note.strip()[:1000],
        "activated_at": None,
    }
    store.scorecards.insert(made)
    _note(hub, tenant_id, author, "scorecard drafted", made["label"])
    return made


def edit(
    hub: Hub, tenant_id: str, label: str, document: Mapping[str, Any], author: str, note: str = ""
) -> Doc:
    """Change a draft; its dry run has to be made again. Raises AlreadyThere once it is in force."""
    store = hub.store(tenant_id)
    before = find(store, label)
    made = _saved(hub, store, before["name"], before["revision"], document)
    change = made | {"author": author, "at": hub.now(tenant_id)}
    if note:
        change["note"] = note.strip()[:1000]
    wanted = {"_id": before["_id"], "state": "draft"}
    after = store.scorecards.take(wanted, {"$set": change, "$unset": {"work": ""}})
    if after is None:
        raise AlreadyThere(f"{label} is not a draft any more: make a new draft from it.")
    return after


def discard(hub: Hub, tenant_id: str, label: str, author: str) -> None:
    """Throw a draft away. Raises AlreadyThere for what was ever in force."""
    store = hub.store(tenant_id)
    found = find(store, label)
    if not store.scorecards.delete({"_id": found["_id"], "state": "draft"}):
        raise AlreadyThere(f"{label} is not a draft: it stays as evidence of past scores.")
    _note(hub, tenant_id, author, "scorecard draft discarded", label)


def revision_of(hub: Hub, document: Doc) -> Revision:
    """A stored revision, checked against the measures that there are now."""
    return revisions.check_document(
        document["name"],
        document["revision"],
        document["document"],
        document.get("frozen"),
        known=known_measures(hub),
    )


def known_measures(hub: Hub) -> tuple[str, ...]:
    """Our own measures and those that plugins add."""
    return (*KEYS, *hub.plugins.signals)


def fingerprint(document: Mapping[str, Any]) -> str:
    """The same for two documents that say the same."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _saved(
    hub: Hub, store: TenantStore, name: str, number: int, document: Mapping[str, Any]
) -> Doc:
    """The parts that follow from the document; raises CorrectInput if it cannot be used."""
    plain = _plain(document)
    revisions.check_document(name, number, plain, known=known_measures(hub))
    base = find(store, "active")
    return {
        "document": plain,
        "frozen": None,
        "diff": difference(base["document"], plain),
        "diff_from": base["label"],
        "dry_run": None,
    }


def _plain(document: Mapping[str, Any]) -> Doc:
    """As JSON, so that it is stored as it was sent; raises CorrectInput."""
    try:
        text = json.dumps(document, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise CorrectInput("A scorecard is made of plain JSON values.", field="document") from None
    if len(text) > MOST_BYTES:
        raise CorrectInput(f"A scorecard has at most {MOST_BYTES} bytes.", field="document")
    plain: Doc = json.loads(text)
    return plain


def _refuse_name(name: str) -> None:
    right = name.replace("-", "").isalnum() and name.isascii() and name.islower()
    if not right or len(name) > 40:
        raise CorrectInput("A name is made of a-z, 0-9 and -, up to 40.", field="name")


def _next_number(store: TenantStore, name: str) -> int:
    last = store.scorecards.find_one({"name": name}, {"revision": 1}, sort=[("revision", -1)])
    first = defaults.NUMBER if name == defaults.NAME else 0
    return max(last["revision"] if last else 0, first) + 1


def _id(store: TenantStore, label: str) -> str:
    return f"{store.tenant_id}:{label}"


def _built_in(retired: bool) -> Doc:
    return {
        "_id": BUILT_IN,
        "name": defaults.NAME,
        "revision": defaults.NUMBER,
        "label": BUILT_IN,
        "document": defaults.document(),
        "frozen": None,
        "state": "retired" if retired else "active",
        "author": "hub",
        "at": None,
        "note": "Comes with the hub.",
        "diff": [],
        "diff_from": None,
        "dry_run": None,
        "activated_at": None,
    }


def _note(hub: Hub, tenant_id: str, who: str, what: str, label: str) -> None:
    hub.catalogue.control.note(tenant_id, who, what, hub.now(), scorecard=label)
