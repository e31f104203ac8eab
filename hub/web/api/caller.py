"""Who calls: the tenant of the API key, and the only way for a handler to reach a store."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from flask import g, request

from hub.bootstrap import Hub
from hub.errors import Malformed, NotAllowed
from hub.store.tenant import TenantStore

OPEN = frozenset(("openapi", "reference.page", "reference.script"))
"""Endpoints that need no key: they describe the API and hold no data."""


class NoKey(NotAllowed):
    """The request names no API key that is good."""

    status = 401
    reason = "unauthenticated"


@dataclass(frozen=True, slots=True)
class Caller:
    """One tenant's program, by its key."""

    hub: Hub
    tenant_id: str
    key_id: str

    @property
    def store(self) -> TenantStore:
        return self.hub.store(self.tenant_id)

    @property
    def now(self) -> datetime:
        return self.hub.now(self.tenant_id)

    def note(self, what: str, **details: Any) -> None:
        """Append to the tenant's audit trail; `details` must hold no secret."""
        control = self.hub.catalogue.control
        control.note(self.tenant_id, f"key {self.key_id}", what, self.hub.now(), **details)


def identify(hub: Hub) -> None:
    """Before each request to a known address; raises NoKey, and Malformed for a body not JSON."""
    if request.url_rule is None or request.endpoint in OPEN:
        return
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NoKey("Send your API key: Authorization: Bearer <key>.")
    key = hub.catalogue.control.key_of(token.strip())
    if key is None:
        raise NoKey("This API key is unknown or was revoked.")
    g.caller = Caller(hub, key["tenant_id"], key["_id"])
    _refuse_garbage()


def _refuse_garbage() -> None:
    """A body that is not JSON is told as such, and not as a field that is missing."""
    if request.method in ("GET", "HEAD", "DELETE") or not request.get_data(cache=True):
        return
    if not request.is_json:
        raise Malformed("Send the body as application/json.")
    try:
        body = request.get_json(silent=True, cache=True)
        json.dumps(body, ensure_ascii=False).encode()
    except RecursionError:
        raise Malformed("The body is nested too deeply.") from None
    except UnicodeEncodeError:
        raise Malformed("The body holds half of a surrogate pair, which is no character.") from None
    if not isinstance(body, dict):
        raise Malformed("The body is not a JSON object.")


def caller() -> Caller:
    return cast(Caller, g.caller)
