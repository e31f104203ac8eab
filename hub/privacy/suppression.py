"""Salted hashes of who must not come back, and the guard that every incoming record passes.

Only the hash is kept: HMAC-SHA-256 under a secret of the tenant that the vault seals. A tenant
that suppresses nobody pays one read by id for each batch.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from hub.privacy.identifiers import Identifiers, Pair
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from hub.store.vault import Vault

HASH_BYTES = 20
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Suppressed:
    """The tenant's hashes as one process knows them; `rev` says when to read them anew."""

    rev: int
    salt: bytes
    hashes: frozenset[bytes]

    def knows(self, pair: Pair) -> bool:
        return digest(self.salt, pair) in self.hashes

    def among(self, pairs: Iterable[Pair]) -> set[Pair]:
        return {pair for pair in pairs if self.knows(pair)}


_kept: dict[str, Suppressed] = {}
Lookup = Callable[[TenantStore], Suppressed | None]


def nobody(store: TenantStore) -> Suppressed | None:
    """For a source that is read outside any tenant."""
    return None


def digest(salt: bytes, pair: Pair) -> bytes:
    text = f"{pair[0]}\0{pair[1]}".encode("utf-8", "surrogatepass")
    return hmac.digest(salt, text, "sha256")[:HASH_BYTES]


def lookup(vault: Vault) -> Lookup:
    """How a worker asks, inside the transaction of its batch: who is suppressed? None: nobody."""
    return lambda store: load(vault, store)


def load(vault: Vault, store: TenantStore) -> Suppressed | None:
    state = store.tenant_state.find_one({"_id": _key(store)})
    if state is None:
        return None
    kept = _kept.get(store.tenant_id)
    if kept is None or kept.rev != state["rev"]:
        salt = bytes.fromhex(vault.open(state["sealed"])["salt"])
        found = store.suppressions.find({}, {"hash": 1})
        kept = Suppressed(state["rev"], salt, frozenset(bytes(doc["hash"]) for doc in found))
        _kept[store.tenant_id] = kept
    return kept if kept.hashes else None


def suppressed(vault: Vault, store: TenantStore, pairs: Iterable[Pair]) -> set[Pair]:
    """Which of these identifiers (kind, value) must not be kept; kinds as in `Identifiers`."""
    known = load(vault, store)
    return known.among(pairs) if known else set()


def add(vault: Vault, store: TenantStore, request_id: str, who: Identifiers, now: datetime) -> int:
    """Suppress these from the next batch on; harmless to repeat. Returns how many hashes."""
    salt = _salt(vault, store)
    docs = [_document(store, salt, pair, request_id, now) for pair in sorted(who.pairs())]
    for start in range(0, len(docs), BATCH):
        store.suppressions.bulk(
            [
                store.suppressions.updating(
                    {"_id": doc["_id"]},
                    {"$setOnInsert": doc["fresh"], "$addToSet": {"requests": request_id}},
                    upsert=True,
                )
                for doc in docs[start : start + BATCH]
            ]
        )
    _moved(store)
    return len(docs)


def lift(store: TenantStore, request_id: str) -> int:
    """Take back what a request suppressed, unless another one still wants it."""
    mine = {"requests": request_id}
    count = store.suppressions.update_many(mine, {"$pull": {"requests": request_id}})
    store.suppressions.delete({"requests": []})
    _moved(store)
    return count


def reseal(vault: Vault, store: TenantStore) -> int:
    """Seal the salt with the tenant's present data key."""
    state = store.tenant_state.find_one({"_id": _key(store)})
    if state is None:
        return 0
    sealed = vault.seal(store.tenant_id, vault.open(state["sealed"]))
    same = {"_id": state["_id"], "sealed": state["sealed"]}
    return store.tenant_state.update(same, {"$set": {"sealed": sealed}})


def _document(store: TenantStore, salt: bytes, pair: Pair, request_id: str, now: datetime) -> Doc:
    made = digest(salt, pair)
    fresh = {"hash": made, "kind": pair[0], "at": now}
    return {"_id": f"{store.tenant_id}:{made.hex()}", "fresh": fresh}


def _salt(vault: Vault, store: TenantStore) -> bytes:
    """Made once; of two that make it at a time the first one counts."""
    sealed = vault.seal(store.tenant_id, {"salt": secrets.token_hex(32)})
    first = {"$setOnInsert": {"sealed": sealed, "rev": 0}}
    state = store.tenant_state.take({"_id": _key(store)}, first, upsert=True)
    assert state is not None
    return bytes.fromhex(vault.open(state["sealed"])["salt"])


def _moved(store: TenantStore) -> None:
    store.tenant_state.update({"_id": _key(store)}, {"$inc": {"rev": 1}})


def _key(store: TenantStore) -> str:
    return f"{store.tenant_id}:suppression"
