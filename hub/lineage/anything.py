"""A field of the profile or a measure of the score, whichever is meant by a name."""

from __future__ import annotations

from hub.bootstrap import Hub
from hub.errors import CorrectInput
from hub.health.closes import measures_of
from hub.lineage import points, values
from hub.lineage.definitions import DEFINITIONS
from hub.reads import accounts
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from mappings.canonical import ENTITIES
from mappings.document import nearest


def of_account(hub: Hub, store: TenantStore, account_id: str, name: str) -> Doc:
    """As `points.of_measure` or `values.of_account`; raises CorrectInput naming the nearest."""
    account = accounts.find(store, account_id)
    health = account["health"]
    measures = {*DEFINITIONS, *health["not_configured"], *(m["key"] for m in measures_of(health))}
    fields = {*ENTITIES["account"].fields, *account.get("profile", {})}
    if name in measures:
        return points.of_measure(hub, store, account_id, name)
    if name in fields:
        return values.of_account(hub, store, account_id, name)
    near = nearest(name[:100], measures | fields)
    raise CorrectInput(f"There is no field or measure {name[:100]!r}; {near}", field="name")
