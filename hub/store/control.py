"""Control data: tenants, shards, users, API keys, endpoints, app accounts, sign-in links, audit.

Keys and links are random tokens; only their SHA-256 is stored, so the database cannot be used to
sign in. An endpoint key is looked up by its hash, which also makes the comparison constant-time.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from hub.errors import AlreadyThere, NotFound
from hub.store.client import Doc

TOKEN_BYTES = 32
LINK_LIFE = timedelta(minutes=30)


def new_id(prefix: str) -> str:
    """A fresh id such as `ten_5f0c...`: letters, digits and one underscore."""
    return f"{prefix}_{uuid.uuid4().hex[:20]}"


def new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class Control:
    """The control database: the one place that spans tenants."""

    def __init__(self, database: Database[Doc]) -> None:
        self.database = database
        self.tenants = database["tenants"]
        self.shards = database["shards"]
        self.users = database["users"]
        self.api_keys = database["api_keys"]
        self.endpoints = database["endpoints"]
        self.app_accounts = database["app_accounts"]
        self.links = database["links"]
        self.audit = database["audit"]
        self.consents = database["consents"]
        self.write_keys = database["write_keys"]

    def add_tenant(
        self, name: str, now: datetime, *, shard: str = "default", sandbox: bool = False
    ) -> Doc:
        tenant: Doc = {
            "_id": new_id("ten"),
            "name": name,
            "shard": shard,
            "sandbox": sandbox,
            "clock_offset_s": 0,
            "created_at": now,
        }
        self.tenants.insert_one(tenant)
        return tenant

    def tenant(self, tenant_id: str) -> Doc:
        found = self.tenants.find_one({"_id": tenant_id})
        if found is None:
            raise NotFound("There is no such tenant.")
        return found

    def remove_tenant(self, tenant_id: str) -> None:
        for name in (
            "users",
            "api_keys",
            "endpoints",
            "app_accounts",
            "links",
            "write_keys",
            "consents",
        ):
            self.database[name].delete_many({"tenant_id": tenant_id})
        self.tenants.delete_one({"_id": tenant_id})

    def add_user(self, tenant_id: str, email: str, name: str, now: datetime) -> Doc:
        user: Doc = {
            "_id": new_id("usr"),
            "tenant_id": tenant_id,
            "email": email.strip().lower(),
            "name": name,
            "created_at": now,
        }
        try:
            self.users.insert_one(user)
        except DuplicateKeyError as error:
            raise AlreadyThere("This person is already a user.", field="email") from error
        return user

    def user(self, user_id: str) -> Doc | None:
        return self.users.find_one({"_id": user_id})

    def add_key(self, tenant_id: str, name: str, now: datetime) -> tuple[Doc, str]:
        """A new API key: its document, and the key itself, which is shown this once."""
        token = "hub_" + new_token()
        key: Doc = {
            "_id": new_id("key"),
            "tenant_id": tenant_id,
            "name": name,
            "hash": hashed(token),
            "hint": token[:8],
            "created_at": now,
            "revoked_at": None,
        }
        self.api_keys.insert_one(key)
        return key, token

    def key_of(self, token: str) -> Doc | None:
        return self.api_keys.find_one({"hash": hashed(token), "revoked_at": None})

    def revoke_key(self, tenant_id: str, key_id: str, now: datetime) -> None:
        mine = {"_id": key_id, "tenant_id": tenant_id, "revoked_at": None}
        if not self.api_keys.update_one(mine, {"$set": {"revoked_at": now}}).matched_count:
            raise NotFound("There is no such active key.")

    def add_link(self, user_id: str, tenant_id: str, now: datetime) -> str:
        """A one-time sign-in token for a user, good for half an hour."""
        token = new_token()
        self.links.insert_one(
            {
                "_id": hashed(token),
                "user_id": user_id,
                "tenant_id": tenant_id,
                "expires_at": now + LINK_LIFE,
            }
        )
        return token

    def use_link(self, token: str, now: datetime) -> Doc | None:
        """The user whose link this is; the link is gone afterwards."""
        link = self.links.find_one_and_delete({"_id": hashed(token), "expires_at": {"$gt": now}})
        return self.user(link["user_id"]) if link else None

    def add_endpoint(self, document: Doc) -> tuple[str, str]:
        """Store an endpoint under a fresh key; returns (endpoint id, key)."""
        key = new_token()
        endpoint_id = new_id("end")
        self.endpoints.insert_one({**document, "_id": endpoint_id, "hash": hashed(key)})
        return endpoint_id, key

    def endpoint_by_key(self, key: str) -> Doc | None:
        return self.endpoints.find_one({"hash": hashed(key)})

    def endpoint(self, tenant_id: str, endpoint_id: str) -> Doc:
        found = self.endpoints.find_one({"_id": endpoint_id, "tenant_id": tenant_id})
        if found is None:
            raise NotFound("There is no such endpoint.")
        return found

    def endpoints_of(self, tenant_id: str, connection_id: str) -> list[Doc]:
        mine = {"tenant_id": tenant_id, "connection_id": connection_id}
        return list(self.endpoints.find(mine).sort("created_at", 1))

    def listen(self, connector: str, account: str, tenant_id: str, connection_id: str) -> None:
        """Send app-scope deliveries of this vendor account to this connection too."""
        key = f"{connector}:{account}:{connection_id}"
        self.app_accounts.update_one(
            {"_id": key},
            {
                "$set": {
                    "connector": connector,
                    "account": account,
                    "tenant_id": tenant_id,
                    "connection_id": connection_id,
                }
            },
            upsert=True,
        )

    def listeners(self, connector: str, accounts: list[str]) -> list[Doc]:
        wanted = {"connector": connector, "account": {"$in": accounts}}
        return list(self.app_accounts.find(wanted))

    def unlisten(self, connection_id: str) -> None:
        self.app_accounts.delete_many({"connection_id": connection_id})

    def note(self, tenant_id: str, who: str, what: str, now: datetime, **details: Any) -> None:
        """Append to the audit trail; `details` must hold no secret."""
        entry = {"tenant_id": tenant_id, "who": who, "what": what, "at": now, "details": details}
        self.audit.insert_one({"_id": new_id("aud"), **entry})
