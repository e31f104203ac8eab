"""Native ids as the vendors make them, so that one vendor may hold another's id.

Salesforce: 15 case-sensitive characters with a three-character prefix for the kind, and three
check characters (https://help.salesforce.com, "convert 15 to 18 character IDs"). Asana: 16 digits.
Jira: account ids of 24 hexadecimal digits, other ids numeric. HubSpot's owners: numbers of 32 bits,
as its description says. The rest: numeric.
"""

from __future__ import annotations

import hashlib

KINDS = ("company", "person", "deal", "ticket", "issue", "task", "touch", "project", "user")
_PREFIX = {
    "company": "001",
    "person": "003",
    "deal": "006",
    "ticket": "500",
    "touch": "00T",
    "user": "005",
}
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_ROOM = 64
_FLOOR = {"hubspot": 9_000_000_000, "freshdesk": 84_000_000_000, "jira": 10_000}
_OWNERS = 70_000_000


def number(key: str) -> int:
    """A number of its own for each key of one kind: c00042.t3 -> 42 * 64 + 3."""
    owner, _, item = key.partition(".")
    strangers = 1_000_000 if owner[0] == "x" else 0
    return (int(owner[1:]) + strangers) * _ROOM + int(item[1:] or 0 if item else 0)


def native_id(vendor: str, kind: str, n: int) -> str:
    """The vendor's id for the n-th thing of a kind; raises ValueError for an unknown kind."""
    place = KINDS.index(kind)
    if vendor == "salesforce":
        return with_check(_PREFIX.get(kind, "a0X") + "5j00000" + _base62(n).rjust(5, "0"))
    if vendor == "asana":
        return str(1_200_000_000_000_000 + place * 1_000_000_000_000 + n)
    if vendor == "jira" and kind in ("person", "user"):
        return hashlib.sha256(f"{kind}/{n}".encode()).hexdigest()[:24]
    if vendor == "hubspot" and kind == "user":
        return str(_OWNERS + n)
    return str(_FLOOR.get(vendor, 0) + 1 + n * len(KINDS) + place)


def with_check(short: str) -> str:
    """A Salesforce id of 15 characters made case-safe: 18 characters."""
    blocks = [short[i : i + 5] for i in (0, 5, 10)]
    bits = [sum(1 << i for i, c in enumerate(b) if c.isupper()) for b in blocks]
    return short + "".join(_CHECK[b] for b in bits)


def _base62(n: int) -> str:
    digits = ""
    while n:
        n, rest = divmod(n, 62)
        digits = _BASE62[rest] + digits
    return digits or "0"
