"""Everything that is held about one contact or one account, as one JSON document, piece by piece.

The shape is written down in docs/privacy.md. Each array is written as it is read, so that the size
of what is held does not matter.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from hub.privacy import asked, subjects, usage
from hub.privacy.identifiers import Identifiers, candidates
from hub.privacy.needles import Needles
from hub.privacy.subjects import Subject
from hub.store import rawscan
from hub.store.client import Doc
from hub.store.tenant import TenantStore

if TYPE_CHECKING:
    from hub.bootstrap import Hub

FORMAT: Final = "customer-hub-export/1"
SECTIONS: Final = {
    "versions": "versions",
    "quarantine": "quarantine",
    "inbox": "deliveries",
    "usage_events": "usage_events",
    "usage_people": "usage_sums",
    "events": "account_events",
    "health_days": "health_days",
    "pulses": "pulses",
    "overrides": "overrides",
    "decisions": "decisions",
    "reviews": "reviews",
    "resolution_log": "membership",
    "link_labels": "link_labels",
    "privacy_requests": "requests",
}
"""Collection -> name in the export; records and profiles have a shape of their own."""
HIDDEN: Final = ("tenant_id", "sealed", "captured", "keys", "contribution", "due", "content")


@dataclass(slots=True)
class Holding:
    """Whom the export is about, and what finds them."""

    store: TenantStore
    subject: Subject
    needles: Needles
    named: Needles

    def found(self, raw: bytes) -> bool:
        return bool(self.named.found(raw) or self.needles.found(raw))


def export(hub: Hub, tenant_id: str, entity: str, subject: str) -> Iterator[str]:
    """The document's text in pieces. Raises NotFound before the first of them."""
    store = hub.store(tenant_id)
    subject = asked.known(store, entity, subject)
    about = subjects.find(hub, store, entity, subject)
    usage.note(store, about)
    own = Needles(Identifiers(user_ids={*about.profiles, *about.contacts}))
    holding = Holding(store, about, Needles(about.who), own)
    head = {
        "format": FORMAT,
        "made_at": hub.now(tenant_id),
        "tenant_id": tenant_id,
        "entity": entity,
        "id": subject,
    }
    return _written(head, _sections(hub, holding))


def _written(
    head: Mapping[str, Any], sections: Iterator[tuple[str, Iterator[Any]]]
) -> Iterator[str]:
    yield "{" + _text(head)[1:-1]
    for name, items in sections:
        yield f', "{name}": ['
        for number, item in enumerate(items):
            yield (", " if number else "") + _text(item)
        yield "]"
    yield "}\n"


def _sections(hub: Hub, holding: Holding) -> Iterator[tuple[str, Iterator[Any]]]:
    yield "profiles", _profiles(holding)
    yield "records", _records(holding)
    yield "mentions", _mentions(holding)
    yield "timeline", _timeline(holding)
    for collection, name in SECTIONS.items():
        yield name, _documents(holding, collection)
    yield "audit", _audit(hub, holding)


def _profiles(holding: Holding) -> Iterator[Doc]:
    """The profile with the provenance of each value, and of a company those of its people."""
    subject = holding.subject
    homes = [("contact", holding.store.contacts, subject.contacts)]
    if subject.entity == "account":
        homes.insert(0, ("account", holding.store.accounts, subject.profiles))
    for entity, home, ids in homes:
        for doc in home.find({"_id": {"$in": ids}}).sort("_id", 1):
            yield {"entity": entity, **shown(doc)}


def _records(holding: Holding) -> Iterator[Doc]:
    for key in sorted(holding.subject.who.keys):
        doc = holding.store.records.find_one({"_id": key})
        if doc is not None:
            yield shown(doc)


def _mentions(holding: Holding) -> Iterator[Doc]:
    """Records of others that name or link them, such as a ticket that a person asked."""
    for doc in _holding(holding, "records"):
        if doc["_id"] not in holding.subject.who.keys:
            yield shown(doc)


def _timeline(holding: Holding) -> Iterator[Doc]:
    moments = (
        {"at": moment["at"], "what": moment["what"], "record": key}
        for key in sorted(holding.subject.who.keys)
        if (doc := holding.store.records.find_one({"_id": key}, {"moments": 1})) is not None
        for moment in doc.get("moments") or ()
    )
    yield from sorted(moments, key=lambda moment: (moment["at"], moment["record"]))


def _documents(holding: Holding, collection: str) -> Iterator[Doc]:
    for doc in _holding(holding, collection):
        others = _names_others(holding, doc) if collection == "inbox" else {}
        yield {**shown(doc), **others}


def _names_others(holding: Holding, doc: Doc) -> Doc:
    """A body may speak of several people: who hands it over has to look."""
    text = bytes(doc.get("body") or b"").decode("utf-8", "replace")
    addresses = {value for kind, value in candidates(text, "") if kind == "emails"}
    return {"names_others": bool(addresses - holding.subject.who.emails)}


def _holding(holding: Holding, collection: str) -> Iterator[Doc]:
    store = holding.store
    for stored in rawscan.documents(store.database, collection, store.tenant_id):
        if holding.found(stored.raw):
            doc = getattr(store, collection).find_one({"_id": stored.id})
            if doc is not None:
                yield doc


def _audit(hub: Hub, holding: Holding) -> Iterator[Doc]:
    audit = hub.catalogue.control.audit
    for stored in rawscan.documents(audit.database, "audit", holding.store.tenant_id):
        if holding.found(stored.raw):
            entry = audit.find_one({"_id": stored.id, "tenant_id": holding.store.tenant_id})
            if entry is not None:
                yield shown(entry)


def shown(doc: Doc) -> Doc:
    """A stored document without what only the machine needs; a body as the JSON or text it is."""
    kept = {name: value for name, value in doc.items() if name not in HIDDEN}
    return {"id": kept.pop("_id"), **{name: _plain(value) for name, value in kept.items()}}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return _body(bytes(value))
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _body(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode("utf-8", "replace")


def _text(value: Any) -> str:
    return json.dumps(value, default=_word, ensure_ascii=False)


def _word(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else str(value)
