"""Room for decisions on identity, product usage, scorecards, and the right to be forgotten.

Made beforehand: a transaction that creates a collection conflicts with its neighbours.
"""

from __future__ import annotations

from pymongo.database import Database

from hub.store.client import Doc
from hub.store.tenant import COLLECTIONS


def control(database: Database[Doc]) -> None:
    """Nothing to do."""


def shard(database: Database[Doc]) -> None:
    present = set(database.list_collection_names())
    for name in COLLECTIONS:
        if name not in present:
            database.create_collection(name)
