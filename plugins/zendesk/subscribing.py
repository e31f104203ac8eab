"""Asking Zendesk for webhooks: one for organizations and users, one for tickets.

Facts: developer.zendesk.com/documentation/webhooks/creating-and-monitoring-webhooks and
/api-reference/webhooks. What a webhook subscribes to is chosen when it is made; events and triggers
cannot be mixed. Zendesk makes the signing secret, which is asked for afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hub.api import GiveUp, HubError, Record, Registered, RetryLater, Subscription
from plugins.zendesk.client import Json, ZendeskClient
from plugins.zendesk.exports import stamp

NAME = "Customer hub"
TRIGGERS = "conditional_ticket_events"
REFUSED = ("bad_request", "unprocessable")
PREFIX = "zen:event-type:"
PEOPLE, TICKETS = "organizations_and_users", "tickets"
CONFIRMED: dict[str, tuple[str, ...]] = {
    PEOPLE: (
        *("organization.created", "organization.deleted", "organization.name_changed"),
        *("organization.external_id_changed", "organization.tags_changed"),
        *("organization.custom_field_changed", "user.created", "user.deleted"),
        *("user.active_changed", "user.external_id_changed", "user.custom_field_changed"),
    ),
    TICKETS: (
        *("ticket.agent_assignment_changed", "ticket.brand_changed", "ticket.status_changed"),
    ),
}
"""Types that every account knows, for one that refuses the others."""
FURTHER: dict[str, tuple[str, ...]] = {
    PEOPLE: (
        *("user.name_changed", "user.role_changed", "user.tags_changed", "user.suspended_changed"),
        *("user.identity_created", "user.identity_changed", "user.identity_deleted"),
        *("user.organization_membership_created", "user.organization_membership_deleted"),
        *("user.merged", "user.time_zone_changed"),
    ),
    TICKETS: (
        *("ticket.created", "ticket.comment_added", "ticket.priority_changed", "ticket.merged"),
        *("ticket.subject_changed", "ticket.type_changed", "ticket.tags_changed"),
        *("ticket.custom_field_changed", "ticket.custom_status_changed", "ticket.form_changed"),
        *("ticket.organization_changed", "ticket.requester_changed", "ticket.marked_as_spam"),
        *("ticket.external_id_changed", "ticket.soft_deleted", "ticket.undeleted"),
        *("ticket.permanently_deleted",),
    ),
}
"""Not `user.last_login_changed`: each login would be an event, and a read."""


def targets(client: ZendeskClient) -> list[str]:
    """Two webhooks, so that an account that refuses events of tickets still tells of the rest."""
    return [PEOPLE, TICKETS]


def register(client: ZendeskClient, url: str, target: str, secret: str | None) -> Registered:
    """Make one webhook and read the secret that Zendesk chose for it; both or none.

    Raises GiveUp where events are refused, which for tickets leaves the way of a trigger.
    """
    made = _made(client, url, target)
    try:
        return Registered(made, None, _secret(client, made))
    except HubError:
        unregister(client, made)
        raise


def unregister(client: ZendeskClient, vendor_id: str) -> None:
    """Remove a webhook; one that is gone already is well."""
    try:
        client.rest.send("DELETE", f"webhooks/{vendor_id}")
    except GiveUp as refused:
        if refused.reason not in ("not_found", "gone"):
            raise


def listed(client: ZendeskClient) -> Iterator[Subscription]:
    """Webhooks for events; those for triggers were made by hand and are left to whoever did."""
    for row in client.all("webhooks", "webhooks"):
        topics = row.get("subscriptions") or []
        if TRIGGERS in topics or not row.get("id"):
            continue
        status = str(row.get("status"))
        active = status == "active"
        reason = "" if active else f"its status is {status[:40]}"
        url = str(row.get("endpoint") or "")
        yield Subscription(str(row["id"]), url, _target(topics), active, reason=reason)


def told_by(ticket: Record) -> Sequence[str]:
    """What the system changes, it tells nobody: only `generated_timestamp` moves then.

    Domains of organizations and logins of users have no events either, so that of those two kinds
    nothing is counted as missed.
    """
    return (TICKETS,) if stamp(ticket) <= stamp({"updated_at": ticket.get("updated_at")}) else ()


def _made(client: ZendeskClient, url: str, target: str) -> str:
    known = CONFIRMED[target]
    try:
        return _post(client, url, target, (*known, *FURTHER[target]))
    except GiveUp as refused:
        if refused.reason not in REFUSED:
            raise
    try:
        return _post(client, url, target, known)
    except GiveUp as refused:
        if refused.reason not in REFUSED:
            raise
        raise GiveUp(
            "Zendesk did not make the webhook: it wants an https address that it can reach. An "
            "account without events of tickets can send them by a trigger (see the guide).",
            reason="webhook_refused",
        ) from None


def _post(client: ZendeskClient, url: str, target: str, types: Sequence[str]) -> str:
    wanted: Json = {
        "name": f"{NAME}: {target.replace('_', ' ')}",
        "status": "active",
        "endpoint": url,
        "http_method": "POST",
        "request_format": "json",
        "subscriptions": [PREFIX + type for type in types],
    }
    answer = client.rest.read(client.rest.send("POST", "webhooks", json={"webhook": wanted}))
    found = (answer.get("webhook") or {}).get("id") if isinstance(answer, dict) else None
    if not isinstance(found, str) or not found:
        raise RetryLater("Zendesk did not name the webhook that it made.")
    return found


def _secret(client: ZendeskClient, vendor_id: str) -> str:
    answer = client.rest.get(f"webhooks/{vendor_id}/signing_secret")
    found = (answer.get("signing_secret") or {}).get("secret") if isinstance(answer, dict) else None
    if not isinstance(found, str) or not found:
        raise RetryLater("Zendesk did not tell the webhook's signing secret.")
    return found


def _target(topics: Sequence[object]) -> str:
    ours = any(str(topic).startswith(f"{PREFIX}ticket.") for topic in topics)
    return TICKETS if ours else PEOPLE
