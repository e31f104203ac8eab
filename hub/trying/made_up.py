"""Made-up values in the place of real ones: the same one each time, of the same shape. Pure.

What is made up depends on the order in which real values come and on their shape alone, so that it
tells nothing of them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from typing import Final

from hub.trying.keys import Kind

UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
PREFIXED: Final = re.compile(r"[A-Za-z]{2,12}[_-](?=.*\d)")
LONG, TRIES = 12, 50
MAKERS: Final[Mapping[Kind, Callable[[int], str]]] = {
    "email": lambda n: f"person{n}@example.com",
    "phone": lambda n: f"+1555010{n:04d}",
    "name": lambda n: f"Name {n}",
    "address": lambda n: f"Place {n}",
    "text": lambda n: f"Text {n}",
    "secret": lambda n: f"secret-{n}",
}


class MadeUp:
    """Remembers what stands for what. `avoid`: real values, which nothing made up may equal."""

    def __init__(self) -> None:
        self.avoid: set[str] = set()
        self._known: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}

    def of(self, kind: Kind, value: str) -> str:
        """For values of people: a word and a number."""
        return self._kept(kind, value.casefold(), MAKERS[kind])

    def id(self, value: str) -> str:
        """For ids: other letters and digits in the same places."""
        return self._kept("id", value, lambda n: _shaped(value, n))

    def knows_id(self, value: str) -> bool:
        return ("id", value) in self._known

    def _kept(self, kind: str, value: str, make: Callable[[int], str]) -> str:
        if (kind, value) not in self._known:
            self._known[kind, value] = self._new(kind, make)
        return self._known[kind, value]

    def _new(self, kind: str, make: Callable[[int], str]) -> str:
        taken = {made for (other, _), made in self._known.items() if other == kind}
        for _ in range(TRIES):
            self._counts[kind] = self._counts.get(kind, 0) + 1
            made = make(self._counts[kind])
            if made not in taken and made not in self.avoid:
                return made
        return f"{made}{self._counts[kind]}"


def _shaped(value: str, n: int) -> str:
    """An id's first characters often say what it is the id of, so that they stay."""
    rng, start = random.Random(f"{n}/{len(value)}"), 0
    if UUID.fullmatch(value):
        return "".join(rng.choice("0123456789abcdef") if c != "-" else c for c in value)
    if prefix := PREFIXED.match(value):
        start = prefix.end()
    elif len(value) >= LONG and value.isalnum() and not value.isdigit():
        start = 3
    digits = "012345" if len(value) >= LONG else "0123456789"
    made = [_like(c, digits, rng) for c in value[start:]]
    if start == 0 and value.isdigit() and value[0] != "0" and made[0] == "0":
        made[0] = "7" if digits[-1] == "9" else "4"
    return value[:start] + "".join(made)


def _like(char: str, digits: str, rng: random.Random) -> str:
    if char.isdigit():
        return rng.choice(digits)
    if char.isalpha():
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if char.isupper() else "abcdefghijklmnopqrstuvwxyz"
        return rng.choice(letters)
    return char
