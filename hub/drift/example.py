"""A value of a record as an example: short, and nothing of a person in it. Pure."""

from __future__ import annotations

import json
from typing import Any

from mappings.plain import kind

LONGEST = 40
PLAIN = ("number", "integer", "boolean", "date", "time", "choice", "choices")
"""Types whose values are the tenant's own words or measures."""
PERSONS = ("contact", "user")


def example(value: Any, type: str, entity: str) -> str:
    """The value where its type lets no person be read from it, else what it looks like."""
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if type in PLAIN and entity not in PERSONS:
        return _cut(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    if isinstance(value, str):
        return _hidden(value.strip())
    if isinstance(value, int | float) and entity not in PERSONS:
        return _cut(json.dumps(value))
    return kind(value)


def _hidden(text: str) -> str:
    """The first letter, and how long it is."""
    return f"{text[:1]}… ({len(text)} characters)" if text else ""


def _cut(text: str) -> str:
    if "@" in text:
        return _hidden(text)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
