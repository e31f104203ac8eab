"""Candidates around what a change touched, found by index over names and domains."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from hub.engine import claimants
from hub.engine.membership import Resolution
from hub.engine.window import claims_of, ref
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from mappings.candidates import Candidate, Entry, candidates
from mappings.identity import Claim, Node, claim_key, claim_of

FIELDS = {
    "connection_id": 1,
    "source": 1,
    "object": 1,
    "native_id": 1,
    "entity": 1,
    "values.name": 1,
    "values.domains": 1,
    "values.emails": 1,
    "values.country": 1,
    "values.tax_ids": 1,
    "external_id": 1,
    "life": 1,
    "account_id": 1,
    "people": 1,
    "keys": 1,
}


def find(
    store: TenantStore, resolution: Resolution, authoritative: Mapping[str, bool]
) -> Iterator[tuple[Candidate, set[str]]]:
    """Each candidate with a side in the groups of this resolution, and its two accounts."""
    mine = [
        _entry(doc, group.id, authoritative)
        for group in resolution.groups
        for doc in group.members
        if not (doc.get("life") or {}).get("deleted")
    ]
    asked = {key for entry in mine for key in _asked(entry.node.claims)}
    found = claimants.read(store, "account", asked, FIELDS)
    touched = {entry.account for entry in mine}
    near = {doc.get("account_id") for doc in found.records.values()} - touched - {None}
    entries = mine + [_entry(doc, doc["account_id"], authoritative) for doc in _of(store, near)]
    home = {entry.node.key: entry.account for entry in entries}
    for one in candidates(entries, [*map(claim_of, found.crowded), *_disputed(resolution)]):
        accounts = {home[one.a], home[one.b]}
        if accounts & touched:
            yield one, accounts


def _disputed(resolution: Resolution) -> Iterator[Claim]:
    """Domains that link nothing lead nowhere either, though not all who claim them were read."""
    for edge in resolution.edges:
        if edge.kind == "domain" and edge.state == "ambiguous":
            yield Claim("domain", edge.value)


def _asked(held: Iterable[Claim]) -> Iterator[str]:
    """Equal names; who has the domain behind these addresses, and whose addresses lead here."""
    for claim in held:
        if claim.kind in ("name", "email_domain"):
            yield claim_key(claim)
        if claim.kind == "email_domain":
            yield claim_key(Claim("domain", claim.value))
        if claim.kind == "domain":
            yield claim_key(Claim("email_domain", claim.value))


def _of(store: TenantStore, accounts: Iterable[str | None]) -> list[Doc]:
    wanted = sorted(str(account) for account in accounts)
    if not wanted:
        return []
    living = {"account_id": {"$in": wanted}, "entity": "account", "life.deleted": False}
    return list(store.records.find(living, FIELDS))


def _entry(doc: Doc, account: str, authoritative: Mapping[str, bool]) -> Entry:
    is_guarded = authoritative.get(doc["source"], False)
    place, held = (doc["connection_id"], doc["object"]), claims_of(doc)
    node = Node(doc["_id"], *place, is_guarded, True, held, ref=ref(doc))
    return Entry(account, node, (doc.get("values") or {}).get("country"))
