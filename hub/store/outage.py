"""What a store raises when it does not answer, for those who may not know which store it is."""

from __future__ import annotations

from pymongo.errors import PyMongoError
from redis.exceptions import RedisError

OUTAGE: tuple[type[Exception], ...] = (PyMongoError, RedisError)
"""`except OUTAGE`: the store is down, slow or refused the call; nothing is known to be written."""
