"""Who asks, for which tenant, and when: what every view needs, once per request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import current_app, g
from flask_login import UserMixin, current_user

from hub.bootstrap import Hub
from hub.store.client import Doc
from hub.store.tenant import TenantStore


class Person(UserMixin):  # type: ignore[misc]
    """A signed-in user; `get_id` is what the session holds."""

    def __init__(self, user: Doc) -> None:
        self.id: str = user["_id"]
        self.tenant_id: str = user["tenant_id"]
        self.email: str = user["email"]
        self.name: str = user.get("name") or user["email"]


@dataclass(frozen=True, slots=True)
class Here:
    """One request of one person: the tenant is theirs and cannot be asked for."""

    hub: Hub
    person: Person
    store: TenantStore
    now: datetime

    @property
    def tenant_id(self) -> str:
        return self.store.tenant_id


def the_hub() -> Hub:
    return cast(Hub, current_app.extensions["hub"])


def here() -> Here:
    """Raises NotFound when the person's tenant is gone."""
    if "here" not in g:
        hub, person = the_hub(), cast(Person, current_user._get_current_object())
        g.here = Here(hub, person, hub.store(person.tenant_id), hub.now(person.tenant_id))
    return cast(Here, g.here)
