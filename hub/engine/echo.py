"""What comes back of our own writing: a record that differs in nothing but that.

Its version is taken, so that what is older stays stale; its body is not, nor its stamp, so that
nothing that rests on them moves (ADR 18).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from hub.api import Connector

RULE = "own_write"
"""By this name such a change is ignored."""


def own_paths(connector: Connector, connection: Mapping[str, Any]) -> Mapping[str, frozenset[str]]:
    """By object: the fields that we write or ever wrote, and the stamps that move with them."""
    write_back, fields = connector.write_back, connection.get("written_fields")
    if write_back is None or not fields:
        return {}
    return {write_back.object: frozenset((*fields, *write_back.stamps))}


def is_echo(before: bytes, after: bytes, own: Collection[str]) -> bool:
    """Whether two bodies are the same but for these paths: a field that we write, and stamps.

    A touch that moves the stamps alone is no news either.
    """
    return bool(_without(before, own) == _without(after, own))


def _without(raw: bytes, own: Collection[str]) -> Any:
    found = json.loads(raw)
    for path in own:
        _drop(found, path.split("."))
    return found


def _drop(found: Any, names: list[str]) -> None:
    """An absent field and an empty one are one: a vendor may leave out what is empty."""
    *outer, last = names
    for name in outer:
        found = found.get(name) if isinstance(found, dict) else None
    if isinstance(found, dict):
        found.pop(last, None)
