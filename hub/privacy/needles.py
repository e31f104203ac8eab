"""Finding somebody in the bytes of a stored document, whatever the field. Pure."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

from hub.privacy import identifiers
from hub.privacy.identifiers import Identifiers

_SPLIT = re.compile(rb"[^\x00-\x20\"'<>(),;\\\[\]{}=&?/|!#*]+")
_PHONE = re.compile(rb"\+?\(?\d[\d ().\-/]{5,22}\d")


class Needles:
    """What to search for: tokens that stand alone, and names within the text."""

    def __init__(self, what: Identifiers) -> None:
        self._tokens: set[bytes] = set()
        for value in what.emails | what.user_ids | what.external_ids | what.keys:
            if len(value) >= 4:
                self._tokens |= _written(value)
        self._tokens |= {n.partition(":")[2].lower().encode() for n in what.natives}
        self._domains = what.domains
        self._phones = {value.encode() for value in what.phones}
        self._names = {form for name in what.names for form in _written(name)}
        self._linked = {
            connection.lower().encode(): {link.lower().encode() for link in links}
            for connection, links in what.objects().items()
        }

    def found(self, raw: bytes) -> list[str]:
        """The identifiers in a document, lower-case and sorted; names are left out."""
        low = raw.lower()
        seen = _tokens(low)
        hits = seen & self._tokens
        for connection, links in self._linked.items():
            if connection in low:
                hits |= seen & links
        if self._domains:
            hits |= {token for token in seen if b"." in token and self._is_theirs(token)}
        if self._phones:
            hits |= {d for p in _PHONE.findall(low) if (d := _digits(p)) in self._phones}
        return sorted(hit.decode("utf-8", "replace") for hit in hits)

    def _is_theirs(self, token: bytes) -> bool:
        """A host of the company, or the address of one of its desks."""
        text = token.decode("utf-8", "replace")
        if "@" in text:
            return identifiers.desk(text) in self._domains
        return identifiers.domain(text) in self._domains

    def names(self, raw: bytes) -> bool:
        """Whether one of the names stands in it."""
        low = raw.lower()
        return any(name in low for name in self._names)


def _tokens(low: bytes) -> set[bytes]:
    """Words of the document; one with colons also counts from behind each of them."""
    seen: set[bytes] = set()
    for token in _SPLIT.findall(low):
        bare = token.strip(b".:")
        seen.add(bare)
        while b":" in bare:
            bare = bare.partition(b":")[2]
            seen.add(bare)
    return seen


def _written(value: str) -> set[bytes]:
    """The forms in which a text is stored: as it is, as JSON writes it, as an address does."""
    forms = set()
    for form in {value, value.casefold(), value.lower(), value.upper(), value.title()}:
        forms |= {form.encode(), json.dumps(form)[1:-1].encode(), quote(form).encode()}
    return {form.lower() for form in forms}


def _digits(found: bytes) -> bytes:
    return re.sub(rb"\D", b"", found).removeprefix(b"00")
