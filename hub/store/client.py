"""The one place that makes MongoDB clients, with time-outs that fail before a vendor gives up."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import pymongo
from bson.codec_options import CodecOptions
from pymongo import MongoClient
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

Doc = dict[str, Any]
DURABLE = WriteConcern(w="majority", j=True)
MAJORITY = ReadConcern("majority")
UTC_AWARE: CodecOptions[Doc] = CodecOptions(tz_aware=True)


def patiently(seconds: float) -> AbstractContextManager[None]:
    """Give each call within so long, for a look over everything that nobody waits for."""
    return pymongo.timeout(seconds)


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
