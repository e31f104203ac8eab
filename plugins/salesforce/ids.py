"""Salesforce record ids: 15 characters where case counts, or 18 with a checksum of the case."""

from __future__ import annotations

import re

SHAPE = re.compile(r"[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?")
SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

ACCOUNT = "001"
CONTACT = "003"
USER = "005"


def is_id(text: object) -> bool:
    """Whether this can be a record id at all (the APIs answer with 18 characters)."""
    return isinstance(text, str) and SHAPE.fullmatch(text) is not None


def id18(text: str) -> str:
    """The 18-character form of an id; an id of 18 characters comes back as it is.

    Each of the three extra characters says which letters of its block of five are upper case.
    Raises ValueError if `text` is no id.
    """
    if not is_id(text):
        raise ValueError("not a Salesforce id")
    if len(text) == 18:
        return text
    blocks = (text[:5], text[5:10], text[10:])
    return text + "".join(SUFFIX[_bits(block)] for block in blocks)


def _bits(block: str) -> int:
    return sum(1 << place for place, letter in enumerate(block) if "A" <= letter <= "Z")
