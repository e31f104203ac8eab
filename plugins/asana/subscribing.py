"""Asking Asana for webhooks: one per project, because no wider one brings events of tasks."""

from __future__ import annotations

from typing import Any

from hub.api import GiveUp, Registered
from plugins.asana.client import AsanaClient

FILTERS: list[dict[str, Any]] = [
    {"resource_type": "task", "action": "added"},
    {"resource_type": "task", "action": "changed"},
    {"resource_type": "task", "action": "removed"},
    {"resource_type": "task", "action": "deleted"},
    {"resource_type": "task", "action": "undeleted"},
    {"resource_type": "project", "action": "deleted"},
    {"resource_type": "project", "action": "undeleted"},
]


def targets(client: AsanaClient) -> list[str]:
    """Gids of the projects that are not archived."""
    return sorted(str(project["gid"]) for project in client.projects(archived=False))


def register(client: AsanaClient, url: str, target: str, secret: str | None) -> Registered:
    """Ask for the webhook of one project. Asana calls `url` before it answers, and chooses the
    secret. Raises GiveUp where it could not shake hands, or has this webhook already."""
    try:
        answer = client.create_webhook(target, url, FILTERS)
    except GiveUp as refused:
        if refused.reason in ("bad_request", "forbidden"):
            raise GiveUp(
                "Asana did not make the webhook: it cannot reach the hub's address, or has one"
                " with this address already.",
                reason="handshake",
            ) from None
        raise
    return Registered(str(answer["data"]["gid"]), None, answer.get("X-Hook-Secret"))


def unregister(client: AsanaClient, vendor_id: str) -> None:
    """Remove a webhook."""
    client.delete_webhook(vendor_id)
