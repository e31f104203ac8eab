"""Asking Asana for webhooks: one per project, because no wider one brings events of tasks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hub.api import GiveUp, Record, Registered, Subscription
from hub.api.events import moment
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
                "Asana did not make the webhook: it cannot reach the hub's address, has one with "
                f"this address already, or you may not make one here. {refused.sentence}",
                reason="handshake",
            ) from None
        raise
    return Registered(str(answer["data"]["gid"]), None, answer.get("X-Hook-Secret"))


def unregister(client: AsanaClient, vendor_id: str) -> None:
    """Remove a webhook."""
    client.delete_webhook(vendor_id)


def listed(client: AsanaClient) -> Iterator[Subscription]:
    """Webhooks of the token's own app and user in the workspace, with Asana's own counters.

    Asana deletes one after a day of failures; it says when beforehand.
    """
    for found in client.webhooks():
        failed = moment(found.get("last_failure_at"))
        fine = moment(found.get("last_success_at"))
        failing = failed is not None and (fine is None or failed > fine)
        yield Subscription(
            str(found["gid"]),
            str(found.get("target") or ""),
            str((found.get("resource") or {}).get("gid") or ""),
            found.get("active") is not False,
            int(found.get("delivery_retry_count") or 0),
            (fine or failed) if failing else None,
            moment(found.get("failure_deletion_timestamp")),
            str(found.get("last_failure_content") or "")[:200] if failing else "",
        )


def told_by(task: Record) -> Sequence[str]:
    """Gids of the projects whose webhooks tell of a task: its own, and those of tasks above."""
    homes = [str((m.get("project") or {}).get("gid")) for m in task.get("memberships") or ()]
    above = task.get("parent")
    return [*homes, *(told_by(above) if isinstance(above, dict) else ())]
