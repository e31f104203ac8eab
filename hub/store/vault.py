"""Secrets at rest: MongoDB explicit client-side encryption with one data key per tenant.

The master key never enters the database. Dropping a tenant's key makes its secrets unreadable.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from time import monotonic
from typing import Any, cast

from bson.binary import Binary
from pymongo import MongoClient
from pymongo.encryption import ClientEncryption
from pymongo.errors import DuplicateKeyError, EncryptionError
from pymongocrypt.errors import MongoCryptError

from hub.errors import CorrectInput
from hub.store.client import UTC_AWARE, Doc

MASTER_KEY_BYTES = 96
ALGORITHM = "AEAD_AES_256_CBC_HMAC_SHA_512-Random"
KEEP_S = 60.0
"""How long a process seals with the data key it found: a renewed one is used soon after."""


class Vault:
    """Encrypts small JSON objects for one tenant at a time.

    Each master key is a provider of its own name, so that the former and the present one can be
    known at the same time while data keys are wrapped anew.
    """

    def __init__(
        self, client: MongoClient[Doc], database: str, master_key: str, previous: str = ""
    ) -> None:
        self._master = _provider(master_key)
        known = [key for key in (master_key, previous) if key]
        providers = {_provider(key): {"key": _decode(key)} for key in known}
        self._encryption: ClientEncryption[Doc] = ClientEncryption(
            providers, f"{database}.vault", client, UTC_AWARE
        )
        self._keys: dict[str, tuple[float, Binary]] = {}

    def seal(self, tenant_id: str, secrets: Mapping[str, Any]) -> Binary:
        text = json.dumps(dict(secrets), separators=(",", ":"))
        return self._encryption.encrypt(text, ALGORITHM, key_id=self._key(tenant_id))

    def open(self, sealed: Binary | None) -> dict[str, Any]:
        """Raises CorrectInput when the key was dropped or the master key is another one.

        The library wraps whatever happens inside, also a store that does not answer; that is
        raised as what it is.
        """
        if sealed is None:
            return {}
        try:
            text = self._encryption.decrypt(sealed)
        except EncryptionError as error:
            if not isinstance(error.cause, MongoCryptError):
                raise error.cause from None
            raise CorrectInput(
                "The stored secrets cannot be read with this master key.", reason="master_key"
            ) from error
        return cast(dict[str, Any], json.loads(text))

    def drop(self, tenant_id: str) -> None:
        """Make the tenant's secrets unreadable."""
        for name in (tenant_id, _former(tenant_id)):
            self._delete(name)
        self._keys.pop(tenant_id, None)

    def renew(self, tenant_id: str) -> None:
        """A new data key for what is sealed from now on; what is sealed stays readable.

        The former key stays until the next renewal: another process may still be sealing with it.
        """
        present = self._encryption.get_key_by_alt_name(tenant_id)
        if present is not None:
            self._delete(_former(tenant_id))
            self._encryption.remove_key_alt_name(present["_id"], tenant_id)
            self._encryption.add_key_alt_name(present["_id"], _former(tenant_id))
        self._keys.pop(tenant_id, None)
        self._key(tenant_id)

    def rewrap(self) -> int:
        """Wrap every data key with the present master key; returns how many were wrapped."""
        other = {"masterKey.provider": {"$ne": self._master}}
        result = self._encryption.rewrap_many_data_key(other, provider=self._master)
        done = result.bulk_write_result
        return done.modified_count if done else 0

    def _key(self, tenant_id: str) -> Binary:
        kept = self._keys.get(tenant_id)
        if kept is None or monotonic() - kept[0] > KEEP_S:
            found = self._encryption.get_key_by_alt_name(tenant_id)
            key = found["_id"] if found else self._create(tenant_id)
            kept = self._keys[tenant_id] = (monotonic(), key)
        return kept[1]

    def _create(self, tenant_id: str) -> Binary:
        try:
            return self._encryption.create_data_key(self._master, key_alt_names=[tenant_id])
        except EncryptionError as error:
            found = self._encryption.get_key_by_alt_name(tenant_id)
            if not isinstance(error.cause, DuplicateKeyError) or found is None:
                raise
            return Binary(found["_id"], found["_id"].subtype)

    def _delete(self, name: str) -> None:
        key = self._encryption.get_key_by_alt_name(name)
        if key is not None:
            self._encryption.delete_key(key["_id"])


def _provider(master_key: str) -> str:
    """The name under which a master key is known; it tells nothing about the key."""
    return f"local:k{hashlib.sha256(_decode(master_key)).hexdigest()[:12]}"


def _former(tenant_id: str) -> str:
    return f"{tenant_id}:former"


def _decode(master_key: str) -> bytes:
    try:
        key = base64.b64decode(master_key, validate=True)
    except ValueError:
        key = b""
    if len(key) != MASTER_KEY_BYTES:
        raise CorrectInput(
            f"HUB_MASTER_KEY must be {MASTER_KEY_BYTES} random bytes in base64.",
            field="HUB_MASTER_KEY",
        )
    return key
