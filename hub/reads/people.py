"""People who may sign in, as they are shown: {id, email, name, created_at}."""

from __future__ import annotations

from hub.bootstrap import Hub
from hub.errors import NotFound
from hub.store.client import Doc


def shown(user: Doc) -> Doc:
    fields = ("email", "name", "created_at")
    return {"id": user["_id"], **{name: user[name] for name in fields}}


def everyone(hub: Hub, tenant_id: str) -> list[Doc]:
    found = hub.catalogue.control.users.find({"tenant_id": tenant_id})
    return [shown(user) for user in found.sort("email", 1)]


def one(hub: Hub, tenant_id: str, given: str) -> Doc:
    """By id or e-mail address; raises NotFound."""
    mine = {"tenant_id": tenant_id, "$or": [{"_id": given}, {"email": given.strip().lower()}]}
    found = hub.catalogue.control.users.find_one(mine)
    if found is None:
        raise NotFound(f"{given} is nobody here: `hub users list` shows who is.")
    return shown(found)


def remove(hub: Hub, tenant_id: str, given: str) -> Doc:
    """Take a person away with their open sign-in links; returns who it was."""
    found = one(hub, tenant_id, given)
    control = hub.catalogue.control
    control.links.delete_many({"tenant_id": tenant_id, "user_id": found["id"]})
    control.users.delete_one({"tenant_id": tenant_id, "_id": found["id"]})
    return found
