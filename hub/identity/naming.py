"""Records and connections as people know them: "HubSpot company Acme (901)"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from hub.identity.vendors import Vendors
from hub.store.client import Doc


def name_of(record: Doc) -> str | None:
    """What the vendor calls a company or a person."""
    values = record.get("values") or {}
    first = next(iter(values.get("emails") or ()), "")
    name = values.get("name") or values.get("full_name") or first
    return str(name) if name else None


def label(record: Doc, vendors: Vendors) -> str:
    """ "HubSpot company Acme (901)"; works for a record and for a member of an account."""
    name = record.get("name") or name_of(record)
    vendor = vendors.titles.get(record["source"], record["source"].capitalize())
    return " ".join(filter(None, (vendor, record["object"], name, f"({record['native_id']})")))


def of_key(key: str) -> str:
    """What can be said of a record that is not stored any more."""
    _, object, native_id = (*key.split(":", 2), "", "")[:3]
    return f"a removed {object} ({native_id})"


class Names:
    """Turns keys of records and ids of connections in a sentence into words."""

    def __init__(
        self, records: Mapping[str, Doc], vendors: Vendors, also: Mapping[str, str] | None = None
    ) -> None:
        labels = {key: label(doc, vendors) for key, doc in records.items()}
        self._words = labels | dict(vendors.connections) | dict(also or {})

    def of(self, key: str) -> str:
        return self._words.get(key) or of_key(key)

    def spell(self, sentence: str, keys: Iterable[str] = ()) -> str:
        """The sentence with every known key in words; `keys` are those that may be unknown."""
        words = {**self._words, **{key: self.of(key) for key in keys}}
        if not words:
            return sentence
        longest = sorted(words, key=len, reverse=True)
        return re.sub("|".join(map(re.escape, longest)), lambda m: words[m[0]], sentence)
