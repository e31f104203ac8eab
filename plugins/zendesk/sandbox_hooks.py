"""Zendesk's webhooks in small: made by the API with a secret of Zendesk's, events, and triggers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from uuid import NAMESPACE_URL, uuid5

from hub.sandbox import Edit, Event, Parcel, Refused, Request, Response, Subscription, Vendor, route
from plugins.zendesk.sandbox_exports import Json, problem

PREFIX = "zen:event-type:"
TRIGGERS = "conditional_ticket_events"
KINDS = {"organizations": "organization", "users": "user", "tickets": "ticket"}
VERSIONS = {"ticket": "2022-11-06"}
NEVER = ("updated_at", "generated_timestamp")
TOLD = {
    "organization": {
        "name": "name_changed",
        "external_id": "external_id_changed",
        "tags": "tags_changed",
        "organization_fields": "custom_field_changed",
    },
    "user": {
        "name": "name_changed",
        "external_id": "external_id_changed",
        "tags": "tags_changed",
        "user_fields": "custom_field_changed",
        "role": "role_changed",
        "email": "identity_changed",
        "organization_id": "organization_membership_created",
        "suspended": "suspended_changed",
    },
    "ticket": {
        "status": "status_changed",
        "priority": "priority_changed",
        "subject": "subject_changed",
        "type": "type_changed",
        "tags": "tags_changed",
        "assignee_id": "agent_assignment_changed",
        "organization_id": "organization_changed",
        "requester_id": "requester_changed",
        "metric_set": "comment_added",
    },
}
"""What of a record is told; domains, details and notes of an organization are not."""
WORDS = {
    ("organization", "delete"): "deleted",
    ("user", "delete"): "deleted",
    ("ticket", "delete"): "soft_deleted",
    ("ticket", "restore"): "undeleted",
    ("user", "restore"): "active_changed",
}
DETAIL = {
    "organization": ("name", "external_id", "group_id", "shared_comments", "shared_tickets"),
    "user": ("email", "external_id", "organization_id", "role"),
    "ticket": (
        *("subject", "description", "status", "priority", "type", "requester_id", "submitter_id"),
        *("assignee_id", "organization_id", "group_id", "brand_id", "external_id", "is_public"),
        *("tags", "via"),
    ),
}


class Hooks(Vendor):
    """`refused_types` are types of events that this account does not know; `hides_secrets` makes
    the question for a secret fail."""

    def open_hooks(self) -> None:
        self.refused_types: set[str] = set()
        self.hides_secrets = False

    @route("GET", "/api/v2/webhooks")
    def list_hooks(self, request: Request) -> object:
        found = [_hook(s) for s in self.subscriptions()]
        return {"webhooks": found, "meta": {"has_more": False, "after_cursor": None}}

    @route("POST", "/api/v2/webhooks")
    def make_hook(self, request: Request) -> object:
        wish = (request.json or {}).get("webhook") or {}
        topics = wish.get("subscriptions") or []
        odd = self.refused_types & {str(topic).removeprefix(PREFIX) for topic in topics}
        named = wish.get("http_method") == "POST" and wish.get("request_format") == "json"
        if odd or not topics or not named or wish.get("status") != "active":
            details = {"subscriptions": [{"description": "is invalid", "error": "InvalidValue"}]}
            body = {"error": "RecordInvalid", "description": "Record validation errors"}
            raise Refused(Response({**body, "details": details}, 422))
        secret = base64.b64encode(f"{self.rng.getrandbits(256):064x}".encode()).decode()
        made = self.subscribe(str(wish["endpoint"]), secret, topics, {"name": wish.get("name")})
        return Response({"webhook": _hook(made)}, 201)

    @route("GET", "/api/v2/webhooks/<id>/signing_secret")
    def signing_secret(self, request: Request) -> object:
        found = self.subscription(request.params["id"].removeprefix("01GWK"))
        if found is None:
            return self.not_found(request)
        if self.hides_secrets:
            return problem(403, {"title": "Forbidden", "message": "Not for you."}, "")
        return {"signing_secret": {"algorithm": "SHA256", "secret": found.secret}}

    @route("DELETE", "/api/v2/webhooks/<id>")
    def remove_hook(self, request: Request) -> object:
        removed = self.unsubscribe(request.params["id"].removeprefix("01GWK"))
        return None if removed else self.not_found(request)

    def on_change(self, edit: Edit) -> Iterable[Event]:
        kind = KINDS.get(edit.table)
        if kind is None:
            return
        record = edit.after or edit.before or {}
        for what in _told(kind, edit):
            yield self._event(kind, what, edit, record)
        if kind == "ticket":
            stamp = {"status": record["status"], "updated_at": record["updated_at"]}
            yield Event(TRIGGERS, {"ticket_id": edit.id, **stamp}, edit.id)

    def _event(self, kind: str, what: str, edit: Edit, record: Json) -> Event:
        body = {
            "type": f"{PREFIX}{kind}.{what}",
            "account_id": 22129848,
            "time": self.iso(edit.at, "microseconds").replace("Z", "789Z"),
            "zendesk_event_version": VERSIONS.get(kind, "2022-06-20"),
            "subject": f"zen:{kind}:{edit.id}",
            "detail": _detail(kind, edit.id, record),
            "event": {"current": record.get("name"), "previous": (edit.before or {}).get("name")},
        }
        return Event(f"{PREFIX}{kind}.{what}", body, edit.id)

    def accepts(self, subscription: Subscription, event: Event) -> bool:
        """A webhook made by hand is for a trigger, or else for every event."""
        if subscription.extra.get("webhook") == "trigger":
            return event.topic == TRIGGERS
        if event.topic == TRIGGERS:
            return False
        return not subscription.events or event.topic in subscription.events

    def render(self, parcel: Parcel) -> bytes:
        event = parcel.events[0]
        if event.topic == TRIGGERS:
            return json.dumps(event.data).encode()
        id = str(uuid5(NAMESPACE_URL, str(event.id)))
        return json.dumps({**event.data, "id": id}, ensure_ascii=False).encode()

    def sign(self, parcel: Parcel, body: bytes) -> dict[str, str]:
        stamp = self.iso(parcel.at)
        secret = parcel.subscription.secret.encode()
        digest = hmac.new(secret, stamp.encode() + body, hashlib.sha256).digest()
        return {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Zendesk Webhook",
            "X-Zendesk-Webhook-Id": f"01GWK{parcel.subscription.id}",
            "X-Zendesk-Webhook-Invocation-Id": f"01INV{parcel.id}",
            "X-Zendesk-Account-Id": "22129848",
            "X-Zendesk-Webhook-Signature-Timestamp": stamp,
            "X-Zendesk-Webhook-Signature": base64.b64encode(digest).decode(),
        }


def _hook(found: Subscription) -> Json:
    by_hand = found.extra.get("webhook") == "trigger"
    return {
        "id": f"01GWK{found.id}",
        "name": found.extra.get("name") or "by hand",
        "status": "active",
        "endpoint": found.url,
        "http_method": "POST",
        "request_format": "json",
        "subscriptions": [TRIGGERS] if by_hand else list(found.events),
    }


def _told(kind: str, edit: Edit) -> Iterator[str]:
    if edit.kind == "create":
        yield "created"
    elif edit.kind == "update":
        fields = dict.fromkeys(name.partition(".")[0] for name in edit.fields if name not in NEVER)
        for name in fields:
            if name in TOLD[kind]:
                yield TOLD[kind][name]
    elif (kind, edit.kind) in WORDS:
        yield WORDS[kind, edit.kind]


def _detail(kind: str, id: str, record: Json) -> Json:
    """Ids are texts here, and nothing is "0" or an empty text."""
    found: Json = {"id": id}
    for name in (*DETAIL[kind], "created_at", "updated_at"):
        value = record.get(name)
        if name.endswith("_id"):
            nothing = "" if name == "external_id" else "0"
            value = nothing if value is None else str(value)
        found[name] = value
    return found
