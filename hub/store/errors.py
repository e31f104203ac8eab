"""What can go wrong in the store, so that nobody else needs MongoDB's own names."""

from pymongo.errors import AutoReconnect as StoreLost
from pymongo.errors import DuplicateKeyError as AlreadyStored
from pymongo.errors import PyMongoError as StoreError

__all__ = ["AlreadyStored", "StoreError", "StoreLost"]
