"""The one place that makes MongoDB clients, with time-outs that fail before a vendor gives up."""

from __future__ import annotations

from typing import Any

from bson.codec_options import CodecOptions
from pymongo import MongoClient
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

Doc = dict[str, Any]
DURABLE = WriteConcern(w="majority", j=True)
MAJORITY = ReadConcern("majority")
UTC_AWARE: CodecOptions[Doc] = CodecOptions(tz_aware=True)


def connect(uri: str, *, timeout_ms: int = 10_000) -> MongoClient[Doc]:
    """A client whose every write is majority-acknowledged and journaled."""
    return MongoClient(
        uri,
        tz_aware=True,
        w="majority",
        journal=True,
        retryWrites=True,
        serverSelectionTimeoutMS=min(timeout_ms, 5_000),
        connectTimeoutMS=2_000,
        timeoutMS=timeout_ms,
        maxPoolSize=64,
        appname="hub",
    )
