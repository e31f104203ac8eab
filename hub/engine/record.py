"""Step 2 of apply: guarded upsert of source records. A replay is a no-op, an old version is stale.

Recorded is not yet applied: a changed record is marked due, and `settle` does the rest.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bson.binary import Binary

from hub.engine import echo, quarantine, registers
from hub.engine.incoming import Incoming, Source
from hub.engine.registers import Content, Fate, Life
from hub.privacy import guard as guarding
from hub.privacy.asked import by_vendor
from hub.store.client import Doc
from hub.store.scoped import Write
from hub.store.tenant import TenantStore
from mappings.errors import Unmappable
from mappings.language import Mapped

RANK = {"account": 1, "contact": 2}
"""Accounts settle before contacts and both before the rest, which hangs on them."""
LAST_RANK = 3
READ = {"content": 1, "life": 1, "rev": 1, "entity": 1, "mapping_rev": 1}


def record(
    store: TenantStore, source: Source, batch: Sequence[Incoming], now: datetime
) -> list[Incoming]:
    """Write a batch inside the caller's transaction and give each incoming its fate."""
    guard = guarding.of(source.suppressed(store), source)
    ours = guard.let_in(batch) if guard else list(batch)
    keys = [source.key(item.object, item.native_id) for item in ours]
    fields = READ | ({"raw": 1} if any(item.object in source.own for item in ours) else {})
    known = {d["_id"]: d for d in store.records.find({"_id": {"$in": list(set(keys))}}, fields)}
    if guard:
        guard.cleanse(
            i for k, i in zip(keys, ours, strict=True) if not _has(source, known.get(k), i)
        )
    drafts = {key: Draft(known.get(key), source) for key in keys}
    for key, item in zip(keys, ours, strict=True):
        item.fate = drafts[key].take(item)
    moved = {key: draft for key, draft in drafts.items() if draft.moved}
    _keep_versions(store, [k for k, d in moved.items() if d.item and d.before], now)
    erased = [k for k, d in moved.items() if d.life and d.life.erased]
    by_vendor(store, source, erased, now)
    store.records.bulk([_write(store, source, k, d, now) for k, d in moved.items()])
    quarantine.keep(store, source, [b for b in ours if b.fate == "quarantined"], now)
    quarantine.mend(store, [k for k, d in moved.items() if d.item], now)
    _forget_bodies(store, erased)
    return list(batch)


def _has(source: Source, before: Doc | None, item: Incoming) -> bool:
    """Whether this very body is stored already, and mapped as it would be today."""
    content = _content(before)
    return (
        content is not None
        and item.content is not None
        and content.hash == item.content.hash
        and (before or {}).get("mapping_rev") == source.rev(item.object)
        and not (item.life and item.life.merged_into)
    )


class Draft:
    """One record while a batch is folded into it, so that several changes become one write."""

    __slots__ = ("before", "content", "item", "life", "moved", "source", "told")

    def __init__(self, before: Doc | None, source: Source) -> None:
        self.before = before
        self.source = source
        self.content = _content(before)
        self.life = _life(before)
        self.item: Incoming | None = None
        self.moved = self.told = False
        """Moved: it is written. Told: it is more than an echo of our own writing."""

    def take(self, item: Incoming) -> Fate:
        known, item.news = self.content and self.content.hash, False
        if self.life is not None and self.life.erased:
            item.rule = "erased"
            return "ignored"
        if item.problem is not None:
            return "quarantined"
        body, life = self._take_body(item), self._take_life(item)
        if body and not life and item.rule == echo.RULE:
            self.moved = True
            return "ignored"
        if body or life:
            self.moved, self.told, item.rule = True, True, ""
            fresh = item.content is not None and item.content.hash != known
            item.news = life or (fresh and self.item is item)
            return "applied"
        same = item.content is None or (
            self.content is not None and item.content.hash == self.content.hash
        )
        return "duplicate" if same else "stale"

    def _take_body(self, item: Incoming) -> bool:
        """A body with the hash we hold is the same body, unless the mapping has changed since."""
        if item.content is None:
            return False
        if self.content is not None:
            if item.content.hash == self.content.hash:
                if self.item is not None or not self._is_outdated(item):
                    return False
            elif item.content.order <= self.content.order:
                return False
        self.content = item.content
        if not self._is_echo(item):
            self.item = item
        elif self._is_outdated(item) and self.item is None:
            self.item = self._as_it_was(item)
        else:
            item.rule = echo.RULE
        return True

    def _is_echo(self, item: Incoming) -> bool:
        own = self.source.own.get(item.object)
        stood = self.item.raw if self.item else (self.before or {}).get("raw")
        return bool(own and stood and echo.is_echo(bytes(stood), item.raw, own))

    def _as_it_was(self, item: Incoming) -> Incoming:
        """The body before our own writing, mapped as it is today."""
        raw = bytes((self.before or {})["raw"])
        try:
            mapped = self.source.mappings[item.object].apply(json.loads(raw), self.source.context)
        except Unmappable:
            return item
        return replace(item, raw=raw, mapped=mapped)

    def _is_outdated(self, item: Incoming) -> bool:
        before = self.before or {}
        return "content" in before and before.get("mapping_rev") != self.source.rev(item.object)

    def _take_life(self, item: Incoming) -> bool:
        """Proof of life for a living record is not worth a write; a turn of fate is."""
        won = registers.livelier(self.life, item.life)
        if won is self.life or won is None:
            return False
        before, self.life = self.life, won
        if before is None:
            return True
        return (before.deleted, before.merged_into) != (won.deleted, won.merged_into) or (
            won.order[1] > registers.READ
        )


def _forget_bodies(store: TenantStore, keys: Sequence[str]) -> None:
    """A privacy deletion takes former bodies along, and those that could not be mapped."""
    if keys:
        store.versions.delete({"record": {"$in": list(keys)}})
        store.quarantine.delete({"_id": {"$in": list(keys)}})


def _content(before: Doc | None) -> Content | None:
    stored = before.get("content") if before else None
    return Content((stored[0], stored[1], stored[2], stored[3], stored[4])) if stored else None


def _life(before: Doc | None) -> Life | None:
    stored = before.get("life") if before else None
    if not stored:
        return None
    order = (stored["order"][0], stored["order"][1], stored["order"][2])
    return Life(order, stored["deleted"], stored["merged_into"], stored["erased"])


def _write(store: TenantStore, source: Source, key: str, draft: Draft, now: datetime) -> Write:
    if not draft.told and draft.content is not None:
        echoed = {"$set": {"content": list(draft.content.order)}}
        return store.records.updating({"_id": key}, echoed)
    fields: Doc = {"touched_at": now, "rev": (draft.before or {}).get("rev", 0) + 1}
    if draft.content is not None:
        fields["content"] = list(draft.content.order)
    life = draft.life
    if life is not None:
        fields["life"] = {
            "order": list(life.order),
            "deleted": life.deleted,
            "merged_into": life.merged_into,
            "erased": life.erased,
        }
    entity = (draft.before or {}).get("entity")
    if draft.item is not None and draft.item.mapped is not None:
        entity = draft.item.mapped.entity
        fields |= _mapped_fields(source, draft.item, draft.item.mapped)
    fields["due"] = RANK.get(str(entity), LAST_RANK)
    erased = life is not None and life.erased
    if erased:
        fields = {name: value for name, value in fields.items() if name not in ERASED}
    cleaned = draft.item is not None and draft.item.redacted
    if draft.before is None and not erased and not cleaned:
        return store.records.inserting({"_id": key, **_identity(source, key, now), **fields})
    change: Doc = {"$set": fields, "$setOnInsert": _identity(source, key, now)}
    if cleaned:
        change["$addToSet"] = {"redacted": guarding.INTAKE}
    if erased:
        change["$unset"] = dict.fromkeys(ERASED, "")
    return store.records.updating({"_id": key}, change, upsert=True)


ERASED = ("raw", "values", "custom", "links", "external_id", "url")


def _identity(source: Source, key: str, now: datetime) -> Doc:
    object, native_id = key.split(":", 2)[1:]
    return {
        "connection_id": source.connection_id,
        "source": source.connector.name,
        "object": object,
        "native_id": native_id,
        "first_seen_at": now,
    }


def _mapped_fields(source: Source, item: Incoming, mapped: Mapped) -> Doc:
    return {
        "entity": mapped.entity,
        "raw": Binary(item.raw),
        "modified_at": mapped.version,
        "created_at": mapped.created_at,
        "external_id": mapped.external_id,
        "url": mapped.url,
        "values": mapped.values,
        "custom": mapped.custom,
        "links": [{"kind": link.kind, "by": link.by, "value": link.value} for link in mapped.links],
        "mapping_rev": source.rev(item.object),
        "origin": dict(item.origin),
    }


def _keep_versions(store: TenantStore, keys: Sequence[str], now: datetime) -> None:
    """The bodies that this batch replaces, kept for the tenant's retention."""
    if not keys:
        return
    fields = {"raw": 1, "rev": 1, "content": 1, "origin": 1}
    store.versions.insert_many(
        {
            "_id": f"{old['_id']}:{old['rev']}",
            "record": old["_id"],
            "at": now,
            **{name: old.get(name) for name in ("raw", "content", "origin")},
        }
        for old in store.records.find(
            {"_id": {"$in": list(keys)}, "raw": {"$exists": True}}, fields
        )
    )
