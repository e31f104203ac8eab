"""The small set of records that a change can regroup, closed over whatever can link.

It is closed over merges, decisions, accounts, and those claims that link now or that a changed
record holds or held. So its partition is the whole tenant's, seen through a small window, and work
is bounded by what the change touches.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from hub.engine import claimants
from hub.identity.rulings import Book, touched
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from mappings.claims import LINKING
from mappings.identity import (
    SIZE_CAP,
    Claim,
    Decision,
    Node,
    claim_key,
    claim_keys,
    claim_of,
    claims,
)
from mappings.offers import CROWD, silence
from mappings.record import Link

NODE_FIELDS = {
    "connection_id": 1,
    "source": 1,
    "object": 1,
    "native_id": 1,
    "entity": 1,
    "values": 1,
    "external_id": 1,
    "life": 1,
    "account_id": 1,
    "contact_id": 1,
    "keys": 1,
    "created_at": 1,
    "modified_at": 1,
    "contribution": 1,
    "links": 1,
    "due": 1,
    "stood": 1,
    "people": 1,
    "vouches": 1,
}
PEOPLE_SHOWN = 3
"""So many of the domains of an account record's people are taken as hints, the commonest first."""


def claims_of(record: Doc) -> frozenset[Claim]:
    """What a stored record claims."""
    named = [Link(**link) for link in record.get("links") or () if link["by"] == "xref"]
    counted = sorted((record.get("people") or {}).items(), key=lambda item: (-item[1], item[0]))
    people = [unescaped(domain) for domain, _ in counted[:PEOPLE_SHOWN]]
    values = record.get("values") or {}
    return claims(record["entity"], values, record.get("external_id"), named, people)


def escaped(domain: str) -> str:
    """A domain as the name of a field, which may hold no dot."""
    return domain.replace(".", "/")


def unescaped(name: str) -> str:
    return name.replace("/", ".")


def ref(record: Doc) -> str:
    """What an xref to this record says."""
    return f"{record['source']}:{record['object']}:{record['native_id']}"


class Window:
    """What is looked at: `docs` are regrouped; others were only read to see what their claims do.

    silenced: claims that link nothing, with the reason, where not all claimants are in `docs`.
    hot: claims whose answer may have changed. decisions: all that touch `docs`.
    """

    def __init__(
        self,
        store: TenantStore,
        entity: str,
        changed: Sequence[Doc],
        authoritative: Mapping[str, bool],
        book: Book,
    ) -> None:
        self._store = store
        self._entity = entity
        self._id_field = "account_id" if entity == "account" else "contact_id"
        self._authoritative = authoritative
        self._book = book
        self._nodes: dict[str, Node] = {}
        self._seen: dict[str, Doc] = {}
        self._holders: dict[Claim, set[str]] = defaultdict(set)
        self._links: dict[str, set[Claim]] = {}
        self._dirty: set[str] = {doc["_id"] for doc in changed}
        self._settled: set[Claim] = set()
        self._connections: dict[str, list[str]] | None = None
        self._frontier: list[str] = []
        self.docs: dict[str, Doc] = {}
        self.silenced: dict[Claim, str] = {}
        self.hot: set[Claim] = set()
        self.decisions: dict[str, Decision] = {}
        for doc in changed:
            self._see(doc)
            self._admit(doc["_id"])
        while self._frontier:
            frontier, self._frontier = self._frontier, []
            self._step(frontier)

    @property
    def nodes(self) -> list[Node]:
        return [self._nodes[key] for key in self.docs]

    def node(self, key: str) -> Node:
        return self._nodes[key]

    def _see(self, doc: Doc) -> None:
        """Know a record, by what it claims now and by what it claimed when it was settled."""
        key = doc["_id"]
        if key in self._seen:
            return
        self._seen[key] = doc
        life = doc.get("life") or {}
        now = claims_of(doc)
        self._nodes[key] = Node(
            key=key,
            connection=doc["connection_id"],
            object=doc["object"],
            authoritative=self._authoritative.get(doc["source"], False),
            live=not life.get("deleted", False),
            claims=now,
            merged_into=life.get("merged_into"),
            ref=ref(doc),
        )
        linking = {claim for claim in now if claim.kind in LINKING}
        before = _held(doc)
        if "due" in doc or linking != before:
            self._dirty.add(key)
        self._links[key] = linking | before
        for claim in self._links[key]:
            self._holders[claim].add(key)

    def _admit(self, key: str) -> None:
        if key not in self.docs:
            self.docs[key] = self._seen[key]
            self._frontier.append(key)

    def _step(self, frontier: list[str]) -> None:
        docs = [self.docs[key] for key in frontier]
        ruled = self._rule(frontier)
        weighed = self._weigh(frontier, ruled)
        keys = [claim_key(claim) for claim in weighed]
        found = claimants.read(self._store, self._entity, keys, NODE_FIELDS, _is_steady)
        for doc in found.records.values():
            self._see(doc)
        for doc in self._near(docs, ruled, weighed):
            self._see(doc)
            self._admit(doc["_id"])
        for claim in weighed:
            self._decide(claim, claim_key(claim) in found.crowded)

    def _rule(self, frontier: list[str]) -> list[Decision]:
        """Decisions met for the first time; a domain's decision makes the domain hot."""
        domains = [f"d:{c.value}" for c in self._claims(frontier) if c.kind == "domain"]
        new = [d for d in self._book.touching([*frontier, *domains]) if d.id not in self.decisions]
        self.decisions |= {decision.id: decision for decision in new}
        return new

    def _claims(self, frontier: Iterable[str]) -> set[Claim]:
        """What records link by, or linked by when they were settled."""
        return set().union(*(self._links[key] for key in frontier))

    def _weigh(self, frontier: list[str], ruled: list[Decision]) -> list[Claim]:
        """Claims to look at: of the frontier, those not looked at before or hot since."""
        dirty = [key for key in frontier if key in self._dirty]
        found = self._claims(frontier) | self._own(frontier)
        hot = self._claims(dirty) | self._own(dirty)
        owned = {Claim("domain", d.domain) for d in ruled if d.domain}
        fresh = (found | owned) - self._settled | (hot - self.hot)
        self.hot |= hot
        self._settled |= fresh
        return sorted(fresh)

    def _own(self, keys: Iterable[str]) -> set[Claim]:
        return {Claim("xref", str(self._nodes[key].ref)) for key in keys}

    def _near(
        self, docs: Sequence[Doc], ruled: list[Decision], weighed: Sequence[Claim]
    ) -> Iterable[Doc]:
        """Records joined to these by a merge, a decision, a cross-reference or an account."""
        merges = {f"m:{doc['_id']}" for doc in docs} | {f"m:{t}" for d in docs if (t := target(d))}
        merges |= {key for doc in docs for key in doc.get("keys", ()) if key[0] == "m"}
        named = {key for decision in ruled for key in touched(decision) if key[:2] != "d:"}
        named |= {key[2:] for key in merges} | set(self._referred(weighed))
        groups = {doc[self._id_field] for doc in docs if doc.get(self._id_field)}
        missing = sorted(named - self._seen.keys())
        yield from (self._seen[key] for key in sorted(named & self._seen.keys()))
        for wanted in (
            {"keys": {"$in": sorted(merges)}},
            {"_id": {"$in": missing}} if missing else None,
            {self._id_field: {"$in": sorted(groups)}} if groups else None,
        ):
            if wanted:
                mine = {**wanted, "entity": self._entity}
                yield from self._store.records.find(mine, NODE_FIELDS)

    def _referred(self, weighed: Iterable[Claim]) -> Iterable[str]:
        """The records that cross-references may mean: of each connection to that vendor."""
        for claim in weighed:
            source, _, rest = claim.value.partition(":")
            if claim.kind == "xref" and self._holders.get(claim):
                yield from (f"{connection}:{rest}" for connection in self._of(source))

    def _of(self, source: str) -> list[str]:
        if self._connections is None:
            self._connections = defaultdict(list)
            for doc in self._store.connections.find({}, {"connector": 1}):
                self._connections[doc["connector"]].append(doc["_id"])
        return self._connections[source]

    def _decide(self, claim: Claim, is_crowded: bool) -> None:
        """Admit the claimants of what links, or may have linked before; else note why it does not.

        Those that did not change linked before as they do now.
        """
        holders = self._holders[claim]
        settled = [key for key in holders - self._dirty if self._nodes[key].live]
        if is_crowded or len(settled) > SIZE_CAP:
            self.silenced[claim] = CROWD
            return
        live = [n for key in sorted(holders) if (n := self._nodes[key]).live and claim in n.claims]
        reason = None if claim in self.hot or self._is_owned(claim) else silence(claim, live)
        if reason:
            self.silenced[claim] = reason
            return
        self.silenced.pop(claim, None)
        gone = sorted(key for key in holders if not self._nodes[key].live)
        for key in [*(k for k in sorted(holders) if self._nodes[k].live), *gone[: SIZE_CAP + 1]]:
            self._admit(key)

    def _is_owned(self, claim: Claim) -> bool:
        return claim.kind == "domain" and any(
            decision.domain == claim.value for decision in self.decisions.values()
        )


LIVE = ("live", "internal")


def target(doc: Doc) -> str | None:
    """The record that the vendor merged this one into."""
    into: str | None = (doc.get("life") or {}).get("merged_into")
    return into


def _is_steady(doc: Doc, key: str) -> bool:
    """Whether a record that claimed this when it was settled, and was live, claims it still."""
    if "due" not in doc:
        return True
    return doc.get("stood") in LIVE and key in claim_keys(claims_of(doc))


def _held(doc: Doc) -> set[Claim]:
    """The linking claims under which the record was settled."""
    keys = [key[2:] for key in doc.get("keys", ()) if key[:2] == "c:"]
    return {claim for key in keys if (claim := claim_of(key)).kind in LINKING}
