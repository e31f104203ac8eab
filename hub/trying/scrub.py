"""Taking people, secrets and ids out of a body that a vendor sent, without changing its structure.

Everything goes that is not known to be harmless: a word of the vendor's own language, a time, a
number too small to name anybody. JSON and XML.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from hub.privacy.identifiers import EMAIL
from hub.trying.keys import PERSONAL, Kind, is_time, kind_of, pieces, tells
from hub.trying.made_up import MadeUp

TIME: Final = re.compile(
    r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d+)?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?)?"
)
WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*([_.:-][A-Za-z0-9]+)*")
CODE: Final = re.compile(r"[a-z]{2}([-_][A-Z]{2})?|[A-Z]{3}|true|false|null")
NUMBER: Final = re.compile(r"[-+]?\d+([.,]\d+)?")
VERSION: Final = re.compile(r"v?\d{1,3}(\.\d{1,3}){0,2}")
DATED: Final = re.compile(r"20\d\d-\d\d-\d\d[.a-z]*")
YEARS: Final = range(2005, 2060)
PLAIN: Final = frozenset(["www", "api", "app"])
SWITCHES: Final = frozenset({"", "0", "1", "true", "false", "yes", "no"})
BIG = 10_000_000
SPAN: Final = tuple(datetime(y, 1, 1, tzinfo=UTC).timestamp() for y in (2005, 2060))
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Replaced:
    """One value that went: where, as what, and what stands there now; never what it was."""

    path: str
    kind: str
    now: str


class Scrubber:
    """One for a whole recording, so that a person or an id is the same in all its bodies.

    words: the vendor's language, see `keys.vocabulary`. kept: keys whose values a human has
    declared harmless.
    """

    def __init__(self, words: Collection[str], kept: Collection[str] = ()) -> None:
        self._words, self._own = frozenset(words), frozenset(kept)
        self._made = MadeUp()
        self._people: set[str] = set()
        self.replaced: list[Replaced] = []

    def learn(self, path: Path, value: Any) -> None:
        """To be told of every value of a body first: who is in it, and which ids there are."""
        if value is None or isinstance(value, bool | float):
            return
        text, kind = str(value), self._kind(path)
        self._made.avoid.add(text)
        if kind in ("name", "email") or EMAIL.fullmatch(text):
            said = {text, *re.split(r"[\W\d_]+", text)}
            self._people |= {w.casefold() for w in said if len(w) > 3 and not self._is_language(w)}
        if kind == "id" and not self._is_language(text):
            self._made.id(text)

    def account(self, account: str) -> str:
        """What a body now calls the vendor account, whose id has to be learnt before."""
        return self._made.id(account) if self._made.knows_id(account) else account

    def key(self, path: Path, key: str) -> str:
        """The name of a field, which in some bodies is an address or an id."""
        if EMAIL.search(key):
            return self._note((*path, "(key)"), "email", self._made.of("email", key))
        if self._made.knows_id(key) and any(c.isdigit() for c in key) and len(key) > 3:
            return self._note((*path, "(key)"), "id", self._made.id(key))
        return key

    def value(self, path: Path, value: Any) -> Any:
        """The value, or another one of the same type."""
        if value is None or isinstance(value, bool) or (path[-1:] and path[-1] in self._own):
            return value
        if isinstance(value, str):
            return self._text(path, value)
        return self._number(path, value)

    def _number(self, path: Path, value: float) -> float:
        kind, text = self._kind(path), str(value)
        if kind in PERSONAL and isinstance(value, float):
            return float(self._note(path, kind, "0.0"))
        known = isinstance(value, int) and self._made.knows_id(text) and abs(value) > 9999
        timed = path and is_time(path[-1]) and _is_epoch(value)
        big = abs(value) >= BIG and not timed and isinstance(value, int)
        if kind == "id" or kind in PERSONAL or known or big:
            return type(value)(self._note(path, kind or "number", self._made.id(text)))
        return value

    def _text(self, path: Path, value: str) -> str:
        kind = self._kind(path)
        plain = value.strip().casefold()
        if plain in SWITCHES:
            return value
        if kind not in PERSONAL and TIME.fullmatch(plain.upper()):
            # Nobody's record is so old; it might be a birthday.
            old = int(plain[:4]) not in YEARS
            return self._note(path, "private", f"1970-01-01{value[10:]}") if old else value
        if EMAIL.fullmatch(value):
            return self._note(path, "email", self._made.of("email", value))
        if "://" in value and not re.search(r"\s", value):
            return self._note(path, "address", self._url(value))
        if kind in PERSONAL:
            return self._personal(path, kind, value)
        if value.startswith("/") and not re.search(r"\s", value):
            return self._note(path, "address", self._path(value))
        if self._made.knows_id(value) and (kind == "id" or len(value) > 4):
            return self._note(path, "id", self._made.id(value))
        if self._is_harmless(path, kind, value):
            return value
        if path and is_time(path[-1]) and plain.isdecimal() and _is_epoch(int(plain)):
            return value
        if kind == "id" or (NUMBER.fullmatch(value) and value.strip("+-").isdigit()):
            return self._note(path, "id", self._made.id(value))
        return self._mixed(path, value)

    def _personal(self, path: Path, kind: Kind, value: str) -> str:
        if kind == "private":
            return self._note(path, kind, self._made.id(value))
        parts = pieces(value)
        if len(parts) > 1 and kind != "secret" and self._is_compound(parts):
            return self._mixed(path, value)
        if kind == "email":
            kind = "text"
        return self._note(path, kind, self._made.of(kind, value))

    def _mixed(self, path: Path, value: str) -> str:
        """A compound of the vendor's words and ids keeps its words; anything else is a text."""
        parts = pieces(value)
        if not self._is_compound(parts):
            return self._note(path, "text", self._made.of("text", value))
        made = [
            piece if piece in self._words else self._made.id(piece) if piece.isalnum() else piece
            for piece in re.split(r"([^\w]+|_)", value)
        ]
        return self._note(path, "id", "".join(made))

    def _is_compound(self, parts: list[str]) -> bool:
        return bool(parts) and all(p in self._words or p.isdigit() for p in parts)

    def _is_harmless(self, path: Path, kind: Kind, value: str) -> bool:
        said = value.casefold()
        if any(name in said for name in self._people):
            return False
        if self._is_language(value) or CODE.fullmatch(value):
            return True
        if kind == "id":
            return False
        if path and path[-1].casefold().endswith("version") and DATED.fullmatch(value):
            return True
        if VERSION.fullmatch(value) or (NUMBER.fullmatch(value) and len(value) < 7):
            return True
        said_so = kind == "word" and path and tells(path[-1])
        plain = bool(re.search(r"[_:.]", value)) or value.isupper() or value.islower()
        return bool(said_so and plain and WORD.fullmatch(value) and len(value) < 80)

    def _is_language(self, value: str) -> bool:
        parts = pieces(value)
        return value in self._words or (bool(parts) and all(p in self._words for p in parts))

    def _url(self, value: str) -> str:
        """Of an address stays what the vendor's own code knows of it."""
        split = urlsplit(value)
        path = self._path(split.path)
        query = urlencode([(k, self._segment(v)) for k, v in parse_qsl(split.query)])
        return urlunsplit((split.scheme, self._host(split.hostname or ""), path, query, ""))

    def _path(self, path: str) -> str:
        return "/".join(self._segment(piece) for piece in path.split("/"))

    def _host(self, host: str) -> str:
        labels = host.split(".")
        base = ".".join(labels[-2:])
        if len(labels) > 1 and any(base in word for word in self._words if "." in word):
            known = [n if n in PLAIN or len(n) < 3 else self._made.id(n) for n in labels[:-2]]
            return ".".join([*known, base])
        return f"{self._made.of('name', host).lower().replace(' ', '')}.example"

    def _segment(self, piece: str) -> str:
        harmless = not piece or piece in self._words or VERSION.fullmatch(piece)
        if harmless and not self._made.knows_id(piece):
            return piece
        return self._made.of("email", piece) if EMAIL.fullmatch(piece) else self._made.id(piece)

    def _kind(self, path: Path) -> Kind:
        """What stands above counts where the key itself says nothing, and for parts of an address.

        A list's values have the key of the list.
        """
        own = kind_of(path[-1]) if path else ""
        above = kind_of(path[-2]) if len(path) > 1 else ""
        if own in ("", "word") and above in PERSONAL - {"text"}:
            return above
        return own

    def _note(self, path: Path, kind: str, now: str) -> str:
        self.replaced.append(Replaced(".".join(path) or "(body)", kind, now))
        return now


def _is_epoch(value: float) -> bool:
    """Seconds, milliseconds or microseconds of this century."""
    first, last = SPAN
    return any(first <= value / unit <= last for unit in (1, 1_000, 1_000_000))
