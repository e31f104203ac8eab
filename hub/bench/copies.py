"""A large store in little time: what the pipeline wrote for one world, copied under other names.

A copy replaces texts of the same length in the stored bytes, so that ids, links, claims and
domains of each copy are its own.
"""

from __future__ import annotations

from bson.raw_bson import RawBSONDocument
from pymongo.write_concern import WriteConcern

from hub.store.tenant import TenantStore

COLLECTIONS = ("records", "accounts", "contacts")
BATCH = 1_000


def multiply(store: TenantStore, world: str, copies: int) -> int:
    """Make `copies` more of everything that belongs to `world`; returns documents written."""
    return sum(_copy(store, name, world, copies) for name in COLLECTIONS)


def _copy(store: TenantStore, name: str, world: str, copies: int) -> int:
    collection = store.database[name]
    options = collection.codec_options.with_options(document_class=RawBSONDocument)
    source = collection.with_options(codec_options=options)
    target = collection.with_options(write_concern=WriteConcern(w=1))
    every = (doc.raw for doc in source.find({"tenant_id": store.tenant_id}))
    found = [raw for raw in every if world.encode() in raw]
    for number in range(1, copies + 1):
        for first in range(0, len(found), BATCH):
            some = [_renamed(raw, world, number) for raw in found[first : first + BATCH]]
            target.insert_many(some, ordered=False)
    return copies * len(found)


def _renamed(raw: bytes, world: str, number: int) -> RawBSONDocument:
    fresh = raw.replace(world.encode(), b"w%03d" % number)
    for prefix in (b"acc_", b"con_"):
        fresh = fresh.replace(prefix, prefix[:1] + b"%03d" % number)
    return RawBSONDocument(fresh)
