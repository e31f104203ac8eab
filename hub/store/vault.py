"""Secrets at rest: MongoDB explicit client-side encryption with one data key per tenant.

The master key never enters the database. Dropping a tenant's key makes its secrets unreadable.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, cast

from bson.binary import Binary
from pymongo import MongoClient
from pymongo.encryption import ClientEncryption
from pymongo.errors import EncryptionError

from hub.errors import CorrectInput
from hub.store.client import UTC_AWARE, Doc

MASTER_KEY_BYTES = 96
ALGORITHM = "AEAD_AES_256_CBC_HMAC_SHA_512-Random"


class Vault:
    """Encrypts small JSON objects for one tenant at a time."""

    def __init__(self, client: MongoClient[Doc], database: str, master_key: str) -> None:
        key = _decode(master_key)
        self._encryption: ClientEncryption[Doc] = ClientEncryption(
            {"local": {"key": key}}, f"{database}.vault", client, UTC_AWARE
        )
        self._keys: dict[str, Binary] = {}

    def seal(self, tenant_id: str, secrets: Mapping[str, Any]) -> Binary:
        text = json.dumps(dict(secrets), separators=(",", ":"))
        return self._encryption.encrypt(text, ALGORITHM, key_id=self._key(tenant_id))

    def open(self, sealed: Binary | None) -> dict[str, Any]:
        """Raises CorrectInput when the key was dropped or the master key is another one."""
        if sealed is None:
            return {}
        try:
            text = self._encryption.decrypt(sealed)
        except EncryptionError as error:
            raise CorrectInput(
                "The stored secrets cannot be read with this master key.", reason="master_key"
            ) from error
        return cast(dict[str, Any], json.loads(text))

    def drop(self, tenant_id: str) -> None:
        key = self._encryption.get_key_by_alt_name(tenant_id)
        if key is not None:
            self._encryption.delete_key(key["_id"])
        self._keys.pop(tenant_id, None)

    def _key(self, tenant_id: str) -> Binary:
        if tenant_id not in self._keys:
            found = self._encryption.get_key_by_alt_name(tenant_id)
            self._keys[tenant_id] = (
                found["_id"]
                if found
                else self._encryption.create_data_key("local", key_alt_names=[tenant_id])
            )
        return self._keys[tenant_id]


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
