"""What people's addresses say of the account record they hang on: a count for each domain.

An account record without a domain of its own is recognised by it, as a hint for a person (rule 5).
Each contact keeps what it has said, so that it can be taken back exactly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from hub.engine.linking import Answers, links_of
from hub.engine.window import escaped
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from mappings.normalise import email_domain

ACCOUNT = 1
"""The rank in which account records are due."""


class Vouching:
    """Collects what a batch of contacts says, then changes each account record once."""

    def __init__(self, answers: Answers) -> None:
        self._records = answers.records
        self._moves: Counter[str] = Counter()

    def vouch(self, contact: Doc) -> list[str]:
        """What a contact says now, "<record key>|<domain>"; what it said before is taken back."""
        said = sorted(self._says(contact))
        self._moves.update(said)
        self._moves.subtract(contact.get("vouches") or ())
        return said

    def _says(self, contact: Doc) -> Iterable[str]:
        values = contact.get("values") or {}
        if (contact.get("life") or {}).get("deleted") or values.get("is_internal"):
            return set()
        connection = contact["connection_id"]
        links = [li for li in links_of(contact) if (li.kind, li.by) == ("account", "record")]
        keys = {f"{connection}:{link.value}" for link in links} & self._records.keys()
        domains = {d for text in values.get("emails") or () if (d := email_domain(text))}
        return {f"{key}|{domain}" for key in keys for domain in domains}

    def write(self, store: TenantStore) -> None:
        """An account record whose hints change is due again."""
        by_record: dict[str, Counter[str]] = {}
        for said, moved in self._moves.items():
            key, _, domain = said.rpartition("|")
            if moved and key in self._records:
                by_record.setdefault(key, Counter())[escaped(domain)] += moved
        store.records.bulk(
            [
                store.records.updating({"_id": key}, {"$set": self._change(key, moves)})
                for key, moves in sorted(by_record.items())
            ]
        )

    def _change(self, key: str, moves: Counter[str]) -> Doc:
        record = self._records[key]
        before = record.get("people") or {}
        after = Counter(before)
        after.update(moves)
        people = {domain: count for domain, count in sorted(after.items()) if count > 0}
        has_domain = bool((record.get("values") or {}).get("domains"))
        due = {} if has_domain or people.keys() == before.keys() else {"due": ACCOUNT}
        return {"people": people, **due}
