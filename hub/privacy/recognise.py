"""Who of the suppressed stands in a text: hashes tell, so that only what stands there is known."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from hub.privacy import identifiers
from hub.privacy.identifiers import Identifiers, Pair
from hub.privacy.redact import Redactor
from hub.privacy.suppression import Suppressed
from mappings.language import Link

_FIELD: Final = re.compile(r"[\">]([^\"<>\\]{4,64})(?=[\"<])")
_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")


def recognise(known: Suppressed, connection: str, text: str, links: Iterable[Link]) -> Identifiers:
    """The suppressed identifiers in a vendor's body; a name counts only beside another one."""
    pairs = {*identifiers.candidates(text, connection), *_fields(text), *_linked(connection, links)}
    found = gathered(known.among(pairs))
    if any(found.pairs()):
        plain = _ESCAPED.sub(lambda m: chr(int(m[1], 16)), text)
        found.add(gathered(known.among(set(identifiers.name_candidates(plain)))))
    return found


def outside(known: Suppressed | None, connection: str, value: Any) -> Any:
    """What a vendor says of its account, such as its fields and projects, without the erased."""
    if known is None:
        return value
    text = json.dumps(value, default=str, ensure_ascii=False)
    who = recognise(known, connection, text, ())
    return Redactor(who, connection).document(value) if any(who.pairs()) else value


def gathered(pairs: Iterable[Pair]) -> Identifiers:
    found = Identifiers()
    for kind, value in pairs:
        if kind == "keys":
            found.note_key(value)
        else:
            getattr(found, kind).add(value)
    return found


def _fields(text: str) -> Iterator[Pair]:
    """Fields of their own, of which one might be a user's or a tenant's own id."""
    for value in _FIELD.findall(text):
        yield "user_ids", value
        yield "external_ids", value


def _linked(connection: str, links: Iterable[Link]) -> Iterator[Pair]:
    for link in links:
        if link.by == "record":
            yield "keys", f"{connection}:{link.value}"
        elif link.by == "email":
            yield "emails", link.value
