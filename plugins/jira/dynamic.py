"""Jira's dynamic webhooks: made by the app that an admin has signed in to, for thirty days.

Facts: developer.atlassian.com/cloud/jira/platform/webhooks and rest/v3, group webhooks. What is
pushed carries a JWT that is signed with the app's secret. It proves the sender and not the body, so
a body is only a hint to fetch the issue. A site keeps one address and five webhooks for an app.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, TypeGuard

from hub.api import (
    BadSignature,
    Delivery,
    GiveUp,
    Registered,
    Registration,
    Subscription,
)
from plugins.jira.client import JiraClient
from plugins.jira.webhook import moment_of

EVENTS = (
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
)
PATH = "/rest/api/3/webhook"
SKEW_S = 60
PAGE = 100


def verify(delivery: Delivery, registration: Registration) -> None:
    """The JWT's signature (HS256 and no other) and its time. Raises BadSignature."""
    scheme, _, token = delivery.headers.get("authorization", "").partition(" ")
    head, claims, signature = _parts(token if scheme.lower() == "bearer" else "")
    signed = token.rpartition(".")[0].encode("ascii", "ignore")
    good = [
        hmac.compare_digest(hmac.digest(secret.encode(), signed, "sha256"), signature)
        for secret in registration.secrets
        if secret
    ]
    if head.get("alg") != "HS256" or not any(good):
        raise BadSignature("The delivery is not signed by the app that asked for it.")
    _in_time(claims, delivery.received_at)


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    try:
        head, claims, signature = (
            base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
            for part in token.split(".")
        )
        opened = json.loads(head), json.loads(claims)
    except (ValueError, binascii.Error, RecursionError):
        raise BadSignature("The delivery carries no JWT.") from None
    if not all(isinstance(part, dict) for part in opened):
        raise BadSignature("The delivery carries no JWT.")
    return *opened, signature


def _in_time(claims: dict[str, Any], now: datetime) -> None:
    """A JWT that has ended, or was made after now, is not of this time; nor one without an end."""
    until, since, at = claims.get("exp"), claims.get("iat", 0), now.timestamp()
    if not _is_time(until) or not _is_time(since):
        raise BadSignature("The delivery's JWT has no time.")
    if until + SKEW_S <= at or since - SKEW_S > at:
        raise BadSignature("The delivery's JWT is not of this time.")


def _is_time(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def targets(client: JiraClient) -> list[str]:
    """One: the keys of all projects, for the filter that Jira demands. None without a grant."""
    keys = sorted(str(project["key"]) for project in client.projects()) if client.granted else []
    return [",".join(keys)] if keys else []


def register(client: JiraClient, url: str, target: str, secret: str | None) -> Registered:
    """Ask for the webhook of these projects. Raises GiveUp where Jira refuses it."""
    wanted = {"events": list(EVENTS), "jqlFilter": jql(target)}
    answer = client.send("POST", PATH, json={"url": url, "webhooks": [wanted]})
    found = (answer.get("webhookRegistrationResult") or [{}])[0].get("createdWebhookId")
    if found is None:
        raise GiveUp("Jira did not make the webhook: its limits are reached, or the app's rights.")
    made = next((one for one in listed(client) if one.vendor_id == str(found)), None)
    return Registered(str(found), made.ends_at if made else None)


def jql(target: str) -> str:
    return f"project IN ({', '.join(target.split(','))})"


def renew(client: JiraClient, vendor_id: str) -> Registered:
    """Thirty more days. Raises GiveUp where Jira no longer knows it."""
    answer = client.send("PUT", f"{PATH}/refresh", json={"webhookIds": [int(vendor_id)]})
    until = moment_of(answer.get("expirationDate"))
    if until is None:
        raise GiveUp("Jira does not know this webhook any more.", reason="not_found")
    return Registered(vendor_id, until)


def unregister(client: JiraClient, vendor_id: str) -> None:
    client.send("DELETE", PATH, json={"webhookIds": [int(vendor_id)]})


def listed(client: JiraClient) -> Iterator[Subscription]:
    """Those of this app and user on this site. An expired one stays listed and pushes nothing."""
    start = 0
    while True:
        query = {"startAt": start, "maxResults": PAGE}
        rows: Sequence[Any] = client.send("GET", PATH, params=query).get("values", [])
        for row in rows:
            until = moment_of(row.get("expirationDate"))
            yield Subscription(str(row["id"]), str(row.get("url") or ""), ends_at=until)
        if len(rows) < PAGE:
            return
        start += len(rows)
