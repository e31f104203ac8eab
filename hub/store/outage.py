"""What a store raises when it does not answer, for those who may not know which store it is."""

from __future__ import annotations

from redis.exceptions import RedisError

from hub.store.errors import StoreError

OUTAGE: tuple[type[Exception], ...] = (StoreError, RedisError)
"""`except OUTAGE`: the store is down, slow or refused the call; nothing is known to be written."""
