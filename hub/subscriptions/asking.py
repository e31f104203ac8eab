"""Asking a vendor to push, and to stop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog

from hub.api import Webhook
from hub.errors import GiveUp, HubError
from hub.store.client import Doc
from hub.subscriptions import desk as desks
from hub.subscriptions.desk import Desk

if TYPE_CHECKING:
    from hub.bootstrap import Hub

log = structlog.get_logger(__name__)


def subscribe(hub: Hub, tenant_id: str, connection_id: str) -> list[Doc]:
    """Ask the vendor to push, for every target that has no endpoint yet, or a lost one.

    [{"webhook", "target", "state": "waiting"|"failed", "reason"}]; a failed one is rolled back.
    """
    with desks.opened(hub, tenant_id, connection_id) as desk:
        wanted = {"$set": {"watch.wanted": True}, "$unset": {"watch.next_at": ""}}
        desk.store.connections.update({"_id": connection_id}, wanted)
        return fill(desk, again=True)


def is_wanted(connection: Doc, endpoints: Sequence[Doc]) -> bool:
    """Whether an admin has had the vendor push at all."""
    wanted = (connection.get("watch") or {}).get("wanted")
    return bool(wanted) or any(e.get("vendor_id") for e in endpoints)


def fill(desk: Desk, again: bool = False) -> list[Doc]:
    """Ask for every target that has none; `again`: also where asking has failed too often."""
    held = [e for e in desk.endpoints() if not (again and is_over(e))]
    present = {(e["webhook"], e["target"]) for e in held}
    return [
        desk.ask(webhook, target)
        for webhook in desk.connector.webhooks
        if webhook.register is not None
        for target in targets(desk, webhook)
        if (webhook.name, target) not in present
    ]


def is_over(endpoint: Doc) -> bool:
    """Its subscription is lost, and asking for another has failed too often."""
    return bool((endpoint.get("lost") or {}).get("given_up"))


def targets(desk: Desk, webhook: Webhook) -> Sequence[str]:
    return webhook.targets(desk.client()) if webhook.targets else ("",)


def remove(hub: Hub, tenant_id: str, connection: Doc) -> list[str]:
    """Unsubscribe where the vendor can be asked, then close the addresses.

    A sentence for each subscription that is left at the vendor.
    """
    left: list[str] = []
    control = hub.catalogue.control
    connector = hub.plugins.connectors.get(connection["connector"])
    webhooks = {w.name: w for w in connector.webhooks} if connector else {}
    for endpoint in control.endpoints_of(tenant_id, connection["_id"]):
        webhook = webhooks.get(endpoint["webhook"])
        if endpoint.get("vendor_id"):
            try:
                if webhook is None or webhook.unregister is None:
                    raise GiveUp("the hub cannot ask for its removal.")
                webhook.unregister(hub.client(connection), endpoint["vendor_id"])
            except HubError as error:
                log.warning("unsubscribe_failed", reason=error.reason)
                subscription = f"{endpoint['webhook']} ({endpoint['vendor_id']})"
                left.append(f"The webhook {subscription} is still there: {error.sentence}")
    mine = {"tenant_id": tenant_id, "connection_id": connection["_id"]}
    control.endpoints.delete_many(mine)
    return left
