"""Jira's webhooks in small: an admin's, with a secret, and an app's, for thirty days."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from datetime import datetime, timedelta
from typing import Any

from hub.sandbox import Event, Parcel, Refused, Request, Response, Subscription, route
from plugins.jira.sandbox_granting import CLIENT_ID, FIRST, GATEWAY_PATH, Grants

LIFE = timedelta(days=30)
MOST = 5
RETRIES = 5
KEYS = re.compile(r"project IN \(([\w, ]+)\)")


class Hooks(Grants):
    """`PUT .../refresh` moves the expiry; what has expired is listed and pushes nothing."""

    @route("POST", "/rest/api/3/webhook", locked=False)
    def make_hooks(self, request: Request) -> object:
        self._need_grant(request)
        asked = request.json
        made: list[dict[str, Any]] = []
        for wanted in asked["webhooks"]:
            ours = self._dynamic()
            others = {one.url for one in ours} - {asked["url"]}
            keys = KEYS.fullmatch(wanted.get("jqlFilter", ""))
            if others or len(ours) >= MOST or keys is None:
                made.append({"errors": ["The webhook is refused."]})
                continue
            extra = {"keys": keys[1].split(", "), "jql": keys[0], "until": self._until()}
            found = self.subscribe(asked["url"], events=wanted["events"], extra=extra)
            made.append({"createdWebhookId": int(found.id)})
        return {"webhookRegistrationResult": made}

    @route("GET", "/rest/api/3/webhook")
    def list_hooks(self, request: Request) -> object:
        self._need_grant(request)
        start, size = int(request.query["startAt"]), int(request.query["maxResults"])
        rows = self._dynamic()
        values = [_shown(found) for found in rows[start : start + size]]
        return {"values": values, "startAt": start, "maxResults": size, "total": len(rows)}

    @route("PUT", "/rest/api/3/webhook/refresh")
    def refresh_hooks(self, request: Request) -> object:
        self._need_grant(request)
        until = self._until()
        known = [f for f in self._dynamic() if int(f.id) in request.json["webhookIds"]]
        for found in known:
            found.extra["until"] = until
        return {"expirationDate": _text(until)} if known else {}

    @route("DELETE", "/rest/api/3/webhook")
    def end_hooks(self, request: Request) -> object:
        self._need_grant(request)
        for id in request.json["webhookIds"]:
            self.unsubscribe(str(id))
        return Response(None, 202)

    def granted(self) -> dict[str, dict[str, str]]:
        """What a connection has whose admin has signed in."""
        site = f"{self.url}{GATEWAY_PATH}/{FIRST}"
        return {"settings": {"site": site}, "secrets": {"access_token": self.granting.mint()}}

    def accepts(self, subscription: Subscription, event: Event) -> bool:
        extra = subscription.extra
        if "until" not in extra:
            return super().accepts(subscription, event)
        alive = datetime.fromisoformat(extra["until"]) > self.clock.now()
        project = event.data.get("issue", {}).get("fields", {}).get("project", {}).get("key")
        inside = project is None or project in extra["keys"]
        return alive and inside and super().accepts(subscription, event)

    def sign(self, parcel: Parcel, body: bytes) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json; charset=UTF-8",
            "User-Agent": "Atlassian Webhook HTTP Client",
            "X-Atlassian-Webhook-Identifier": parcel.id,
            "X-Atlassian-Webhook-Flow": "Primary",
        }
        if parcel.attempt > 1:
            headers["X-Atlassian-Webhook-Retry"] = str(parcel.attempt - 1)
        if "until" in parcel.subscription.extra:
            headers["Authorization"] = f"Bearer {jwt(self.granting.client_secret, parcel.at)}"
        elif parcel.subscription.secret:
            key = parcel.subscription.secret.encode()
            headers["X-Hub-Signature"] = "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()
        return headers

    def retry_delay(self, attempt: int) -> float | None:
        return self.rng.uniform(300, 900) if attempt <= RETRIES else None

    def _dynamic(self) -> list[Subscription]:
        return [found for found in self.subscriptions() if "until" in found.extra]

    def _until(self) -> str:
        return (self.clock.now() + LIFE).isoformat()

    def _need_grant(self, request: Request) -> None:
        if not self.lets_in(request):
            text = "Only OAuth and Connect apps can use this operation."
            raise Refused(Response({"errorMessages": [text], "errors": {}}, 403))


def _shown(found: Subscription) -> dict[str, Any]:
    return {
        "id": int(found.id),
        "url": found.url,
        "events": list(found.events),
        "jqlFilter": found.extra["jql"],
        "expirationDate": _text(found.extra["until"]),
    }


def _text(until: str) -> str:
    return datetime.fromisoformat(until).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def jwt(secret: str, now: datetime) -> str:
    """HS256 over issuer and times, for three minutes."""
    at = int(now.timestamp())
    claims = {"iss": CLIENT_ID, "iat": at, "exp": at + 180}
    parts = [_b64(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    signed = ".".join(parts)
    return f"{signed}.{_b64(hmac.digest(secret.encode(), signed.encode(), 'sha256'))}"


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
