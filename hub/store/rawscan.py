"""Every stored document of a tenant as the bytes MongoDB keeps, for searches that miss no field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import PyMongoError

from hub.store.client import Doc

AT_ONCE = 500
RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument, tz_aware=True)


@dataclass(frozen=True, slots=True)
class Stored:
    """One document: its id, and its whole BSON."""

    id: Any
    raw: bytes


@dataclass(frozen=True, slots=True)
class Oplog:
    """What the server's journal of writes still remembers, and the most bytes it may take."""

    first: datetime
    last: datetime
    max_bytes: int


def names(database: Database[Doc]) -> list[str]:
    """Its collections, without the server's own."""
    return sorted(n for n in database.list_collection_names() if not n.startswith("system."))


def documents(
    database: Database[Doc], collection: str, tenant_id: str, after: Any = None
) -> Iterator[Stored]:
    """The tenant's documents, and those that name no tenant, by id, behind `after`."""
    mine: Doc = {"$or": [{"tenant_id": tenant_id}, {"tenant_id": None}]}
    query = {"$and": [mine, {"_id": {"$gt": after}}]} if after is not None else mine
    stored: Collection[Any] = database.get_collection(collection, codec_options=RAW)
    for document in stored.find(query).sort("_id", 1).batch_size(AT_ONCE):
        yield Stored(document["_id"], bytes(document.raw))


def oplog(database: Database[Doc]) -> Oplog | None:
    """None where the server does not let us read it."""
    local = database.client["local"]
    try:
        first = local["oplog.rs"].find_one(sort=[("$natural", 1)])
        last = local["oplog.rs"].find_one(sort=[("$natural", -1)])
        most = local.command("collStats", "oplog.rs")["maxSize"]
    except (PyMongoError, KeyError):
        return None
    if first is None or last is None:
        return None
    return Oplog(first["ts"].as_datetime(), last["ts"].as_datetime(), int(most))
