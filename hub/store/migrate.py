"""Numbered schema changes, run at every start; each may be run again without harm."""

from __future__ import annotations

import importlib
import pkgutil

from pymongo.database import Database

from hub.store import migrations
from hub.store.catalogue import Catalogue
from hub.store.client import Doc


def run(catalogue: Catalogue) -> list[str]:
    """Apply what is missing to the control database and to each shard; names what was applied."""
    databases = [catalogue.control.database, *(catalogue.shard(s) for s in catalogue.shards())]
    return [f"{db.name}:{name}" for db in databases for name in _bring_up(db, catalogue)]


def _bring_up(database: Database[Doc], catalogue: Catalogue) -> list[str]:
    done = {entry["_id"] for entry in database["migrations"].find({})}
    applied = []
    for name in names():
        if name in done:
            continue
        step = importlib.import_module(f"hub.store.migrations.{name}")
        is_control = database.name == catalogue.control.database.name
        (step.control if is_control else step.shard)(database)
        database["migrations"].update_one({"_id": name}, {"$set": {"done": True}}, upsert=True)
        applied.append(name)
    return applied


def names() -> list[str]:
    return sorted(m.name for m in pkgutil.iter_modules(migrations.__path__) if m.name[0] == "m")
