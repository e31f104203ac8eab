"""/api/v1/tenants: the key's own tenant, and no other."""

from __future__ import annotations

from datetime import datetime

from flask import Response

from hub.errors import NotFound
from hub.reads import tenants
from hub.web.api.caller import caller
from hub.web.api.nouns import noun
from hub.web.api.shapes import ById, Model, answer

pages = noun("tenants", __name__, "/tenants")


class Tenant(Model):
    id: str
    name: str
    sandbox: bool
    created_at: datetime
    connections: int
    accounts: int


class Tenants(Model):
    items: list[Tenant]


@pages.get("", responses={200: Tenants})
def list_tenants() -> Response:
    """List the tenant of this key"""
    mine = tenants.one(caller().hub, caller().tenant_id)
    return answer(Tenants, {"items": [mine]})


@pages.get("/<id>", responses={200: Tenant})
def show_tenant(path: ById) -> Response:
    """Show the tenant of this key"""
    if path.id != caller().tenant_id:
        raise NotFound("There is no such tenant.")
    return answer(Tenant, tenants.one(caller().hub, path.id))
