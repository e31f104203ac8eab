"""What the name of a field says of its values: do they name a person, or are they words or ids."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, Literal

import yaml

Kind = Literal["email", "phone", "name", "address", "text", "secret", "private", "id", "word", ""]
PIECE: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
WORDS: Final[dict[str, Kind]] = {
    **dict.fromkeys(["email", "emails", "mail", "mails"], "email"),
    **dict.fromkeys(
        ["phone", "phones", "mobile", "mobilephone", "fax", "tel", "telephone", "cell"], "phone"
    ),
    **dict.fromkeys(
        [
            "name",
            "names",
            "firstname",
            "lastname",
            "fullname",
            "surname",
            "login",
            "username",
            "nick",
            "nickname",
        ],
        "name",
    ),
    **dict.fromkeys(
        [
            "address",
            "addresses",
            "street",
            "city",
            "zip",
            "postal",
            "postcode",
            "line",
            "line1",
            "line2",
            "company",
            "domain",
        ],
        "address",
    ),
    **dict.fromkeys(
        [
            "subject",
            "title",
            "jobtitle",
            "summary",
            "description",
            "body",
            "text",
            "comment",
            "comments",
            "content",
            "note",
            "notes",
            "message",
            "signature",
            "bio",
            "about",
            "feedback",
            "question",
            "answer",
            "html",
        ],
        "text",
    ),
    **dict.fromkeys(
        [
            "token",
            "secret",
            "password",
            "passwd",
            "authorization",
            "session",
            "cookie",
            "apikey",
            "jwt",
        ],
        "secret",
    ),
    **dict.fromkeys(
        [
            "birth",
            "birthday",
            "birthdate",
            "dob",
            "ssn",
            "iban",
            "tax",
            "vat",
            "passport",
            "ip",
            "latitude",
            "longitude",
            "lat",
            "lng",
            "useragent",
            "agent",
        ],
        "private",
    ),
}
IDS: Final = frozenset(["id", "ids", "gid", "gids", "key", "keys", "uuid", "guid", "sid", "uid"])
TELLING: Final = frozenset(
    ["type", "object", "event", "kind", "action", "topic", "subtype", "op", "operation"]
)
STATING: Final = TELLING | frozenset(
    [
        "status",
        "entity",
        "module",
        "resource",
        "state",
        "flag",
        "mode",
        "field",
        "property",
        "source",
        "object",
        "version",
        "currency",
        "language",
        "locale",
    ]
)
TIMES: Final = frozenset(
    [
        "at",
        "time",
        "date",
        "timestamp",
        "created",
        "updated",
        "modified",
        "occurred",
        "start",
        "end",
        "since",
        "until",
        "expires",
        "expiry",
        "due",
        "closed",
        "opened",
        "stamp",
        "ts",
    ]
)
KEYS: Final = frozenset({"api", "secret", "private", "access", "signing", "auth"})
PERSONAL: Final = frozenset({"email", "phone", "name", "address", "text", "secret", "private"})
FIRST: Final = ("secret", "email", "phone", "private", "address", "name", "text")
"""Of several words in a key the one that is most personal counts."""


def words(key: str) -> list[str]:
    """webhookEvent, webhook_event and WEBHOOK-EVENT are all [webhook, event]."""
    return [piece.lower() for piece in PIECE.findall(key)]


def kind_of(key: str) -> Kind:
    """`state` of an address names a place: the caller looks at what stands above, too."""
    said = words(key)
    if not said:
        return ""
    if said[-1] in IDS:
        before = {*said[-2:-1]} if said[-1] == "key" else set()
        return "word" if before & STATING else "secret" if before & KEYS else "id"
    found: set[Kind] = {WORDS[word] for word in (*said, "".join(said)) if word in WORDS}
    # propertyName and eventName name no person: the name of something that states a word is a word
    if found == {"name"} and len(said) > 1 and {*said[:-1]} & STATING:
        return "word"
    if personal := [kind for kind in FIRST if kind in found]:
        return personal[0]
    return "word" if said[-1] in STATING else ""


def tells(key: str) -> bool:
    """Whether it says what happened, in the vendor's own words."""
    return bool({*words(key)[-2:]} & TELLING)


def is_time(key: str) -> bool:
    """Whether it says when, so that a large number in it is a time and no telephone."""
    return not TIMES.isdisjoint(words(key))


def vocabulary(folder: Path) -> frozenset[str]:
    """Every word that the connector's code and mapping name, docstrings and the sandbox left out.

    What stands there is the vendor's language and nobody's name.
    """
    found: set[str] = set()
    for file in folder.glob("*.py"):
        if not file.name.startswith("sandbox"):
            found.update(_constants(ast.parse(file.read_text(encoding="utf-8"))))
    for file in folder.glob("mapping.yaml"):
        found.update(_scalars(yaml.safe_load(file.read_text(encoding="utf-8"))))
    every = {piece for text in found for piece in (text, *pieces(text))}
    return frozenset(piece for piece in every if len(piece) > 1 and not re.search(r"\d{3}", piece))


def pieces(text: str) -> list[str]:
    """The words of a compound such as `zen:event-type:organization`; a sentence has none."""
    return [] if re.search(r"\s", text) else [p for p in re.split(r"[^\w]+|_", text) if p]


def _constants(tree: ast.AST) -> Iterator[str]:
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


def _scalars(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        for key, below in value.items():
            yield str(key)
            yield from _scalars(below)
    elif isinstance(value, list):
        for below in value:
            yield from _scalars(below)
    elif isinstance(value, str):
        yield value
