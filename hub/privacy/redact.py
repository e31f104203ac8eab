"""Taking somebody out of a text, a vendor's body or a stored document. Pure.

In a body a field that holds nothing else is emptied, so that the body still can be mapped; within
a longer text, and for names, a marker takes the place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from typing import Any, Final

from hub.privacy import identifiers
from hub.privacy.identifiers import EMAIL, HOST, PHONE, TOKEN, Identifiers

MARKER: Final = "[erased]"
KEY: Final = re.compile(r"cnx_\w+:\w+:[\w-]+")
_ID_FIELD: Final = re.compile(r"(id|ids)\Z", re.IGNORECASE)
Path = tuple[str | int, ...]


class Redactor:
    """Knows what to take out of bodies of one connection.

    short: native ids that mean this person only where a field is known to hold a person's id.
    """

    def __init__(self, what: Identifiers, connection: str = "") -> None:
        self._what = what
        mine = {n.partition(":") for n in what.natives}
        here = {native for owner, _, native in mine if connection in ("", owner)}
        self._tokens = here | {v for v in what.user_ids | what.external_ids if len(v) >= 4}
        natives = {key.split(":", 2)[2] for key in what.keys if key.startswith(f"{connection}:")}
        self.short = natives - here
        self._keys = what.keys
        self._odd = [key for key in what.keys if not KEY.fullmatch(key)]
        self._names = _pattern(what.names)

    def text(self, text: str) -> str:
        """The text with a marker for each identifier in it."""
        if text in self._keys or text in self._tokens:
            return MARKER
        text = EMAIL.sub(lambda m: self._email(m[0]), text)
        text = PHONE.sub(lambda m: self._phone(m[0]), text)
        if self._what.domains:
            text = HOST.sub(lambda m: self._host(m[0]), text)
        text = KEY.sub(lambda m: MARKER if m[0] in self._keys else m[0], text)
        for key in self._odd:
            text = text.replace(key, MARKER)
        text = TOKEN.sub(lambda m: MARKER if m[0] in self._tokens else m[0], text)
        return self._names.sub(MARKER, text) if self._names else text

    def _email(self, found: str) -> str:
        rest = found[len(found.rstrip(".")) :]
        return MARKER + rest if self._is_address(found) else found

    def _is_address(self, found: str) -> bool:
        address = identifiers.email(found)
        return address is not None and (
            address in self._what.emails or identifiers.desk(address) in self._what.domains
        )

    def _host(self, found: str) -> str:
        return MARKER if identifiers.domain(found) in self._what.domains else found

    def _phone(self, found: str) -> str:
        return MARKER if identifiers.phone(found) in self._what.phones else found

    def leaf(self, value: Any) -> Any:
        """One value of a body: None where it was nothing but an identifier."""
        if isinstance(value, int) and not isinstance(value, bool):
            return None if str(value) in self._tokens else value
        if not isinstance(value, str):
            return value
        if self._is_whole(value):
            return None
        if identifiers.named(value) in self._what.names | self._what.parts:
            return MARKER
        return self.text(value)

    def _is_whole(self, value: str) -> bool:
        bare = value.strip()
        return (
            bare in self._tokens
            or bare in self._keys
            or ("@" in bare and self._is_address(bare))
            or (HOST.fullmatch(bare) is not None and self._host(bare) == MARKER)
            or (identifiers.phone(bare) in self._what.phones if PHONE.fullmatch(bare) else False)
        )

    def json(self, value: Any) -> Any:
        """A JSON value without the person."""
        if isinstance(value, dict):
            return {self.text(str(name)): self.json(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.json(inner) for inner in value]
        return self.leaf(value)

    def document(self, value: Any) -> Any:
        """A stored document's value; an entry that is named after the person goes."""
        if isinstance(value, dict):
            kept = {n: v for n, v in value.items() if self.text(str(n)) == str(n)}
            return {name: self.document(inner) for name, inner in kept.items()}
        if isinstance(value, list):
            return [self.document(inner) for inner in value]
        if isinstance(value, bytes):
            clean = self.body(bytes(value), everywhere=True)
            return value if clean == bytes(value) else clean
        return self.text(value) if isinstance(value, str) else value

    def body(self, raw: bytes, *, everywhere: bool = False) -> bytes:
        """A body that nobody maps again: with `everywhere` also short ids are taken out of every
        field that is named like an id's."""
        try:
            value = json.loads(raw)
        except ValueError:
            return self._plain(raw)
        clean = self.json(value)
        if everywhere:
            for path in list(places(clean, self.short)):
                put(clean, path, None)
        return raw if clean == value else dumped(clean)

    def _plain(self, raw: bytes) -> bytes:
        """A body that is no JSON, such as XML; what is no text at all cannot be read for people."""
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            text = raw.decode("latin-1")
            return self.text(text).encode("latin-1", "replace")
        clean = self.text(text)
        for part in self._what.parts | self.short:
            clean = re.sub(rf">\s*{re.escape(part)}\s*<", f">{MARKER}<", clean, flags=re.IGNORECASE)
        return clean.encode()


def _pattern(names: Collection[str]) -> re.Pattern[str] | None:
    """Names as they may be written: any case, any white space between the words."""
    if not names:
        return None
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    written = (r"\s+".join(re.escape(word) for word in name.split()) for name in longest_first)
    return re.compile(rf"(?<!\w)(?:{'|'.join(written)})(?!\w)", re.IGNORECASE)


def dumped(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def places(value: Any, wanted: Collection[str], path: Path = ()) -> Iterator[Path]:
    """Where a field named like an id's holds one of `wanted`; the body's own id is none."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, wanted, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, wanted, (*path, index))
    elif isinstance(value, str | int) and not isinstance(value, bool) and str(value) in wanted:
        name = next((part for part in reversed(path) if isinstance(part, str)), "")
        if _ID_FIELD.search(name) and len(path) > (1 if name.casefold() in ("id", "gid") else 0):
            yield path


def put(value: Any, path: Path, new: Any) -> Any:
    """Set one place; returns what was there."""
    for part in path[:-1]:
        value = value[part]
    before, value[path[-1]] = value[path[-1]], new
    return before


def without_short_ids(value: Any, short: Collection[str], allowed: Callable[[Any], bool]) -> None:
    """Empty each place of a short id, unless the body then says something else (`allowed`)."""
    for path in list(places(value, short)):
        before = put(value, path, None)
        if not allowed(value):
            put(value, path, before)
