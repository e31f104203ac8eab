"""Cohort sync: batches of people who are in a cohort, joined it or left it. Pure.

Facts: docs.mixpanel.com (cohort sync, webhooks). Nothing is signed and there is no event id; the
sender proves itself by Basic authentication. A member holds a few properties of a profile, so it is
only a hint to read the profile; no cohort is kept, so batches may come twice and in any order.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from hub.api import BadSignature, Change, Delivery, Malformed, Registration, Reply
from hub.api.events import read
from hub.api.signing import SharedSecret
from plugins.mixpanel.events import person, text
from plugins.mixpanel.profiles import USER

ACTIONS = frozenset({"members", "add_members", "remove_members"})
PROOF = SharedSecret()
UNDER_WAY = timedelta(seconds=60)
"""Nothing says when it happened; a read that is older than this before the receipt is early."""


def verify(delivery: Delivery, registration: Registration) -> None:
    """Our user and password, and a cohort of the connection's own project."""
    PROOF.verify(delivery, registration)
    try:
        project = text(_parameters(delivery).get("mixpanel_project_id"))
    except Malformed:
        return
    own = registration.settings.get("project_id", "").strip()
    if own and project not in ("", own):
        raise BadSignature("The cohort is of another project than this connection.")


def delivery_key(delivery: Delivery) -> str:
    """Of cohort, session, batch and action, and of the body: a sync that failed begins anew in the
    same session, perhaps with other members. Raises Malformed."""
    said = _parameters(delivery)
    info = said.get("page_info")
    count = info.get("page_count") if isinstance(info, dict) else None
    parts = [
        said.get("mixpanel_cohort_id"),
        said.get("mixpanel_session_id"),
        count,
        _action(delivery),
    ]
    name = ":".join(text(part)[:40] for part in parts)
    return f"{name}:{hashlib.sha256(delivery.body).hexdigest()[:32]}"


def parse(delivery: Delivery) -> Iterator[Change]:
    """A thin change for each member, whether they came or went."""
    said, at = _parameters(delivery), delivery.received_at - UNDER_WAY
    if _action(delivery) not in ACTIONS:
        yield Change(USER.object, "", "upsert", at, rule="unknown_action")
        return
    members = said.get("members")
    members = members if isinstance(members, list) else []
    ids = [person(m.get("mixpanel_distinct_id")) for m in members if isinstance(m, dict)]
    for id in dict.fromkeys(ids):
        yield Change(USER.object, id, "upsert", at, rule=None if id else "anonymous")
    if not ids:
        yield Change(USER.object, "", "upsert", at, rule="no_members")


def answer(delivery: Delivery) -> Reply:
    """Only this is a success for Mixpanel: JSON that repeats the action."""
    said = {"action": _action(delivery), "status": "success"}
    return Reply(body=json.dumps(said).encode(), content_type="application/json")


def _action(delivery: Delivery) -> str:
    return text(_body(delivery).get("action"))


def _parameters(delivery: Delivery) -> dict[str, Any]:
    found = _body(delivery).get("parameters")
    if not isinstance(found, dict) or not text(found.get("mixpanel_cohort_id")):
        raise Malformed("This is no cohort sync of Mixpanel.")
    return found


def _body(delivery: Delivery) -> dict[str, Any]:
    found = read(delivery)
    if not isinstance(found, dict):
        raise Malformed("This is no cohort sync of Mixpanel.")
    return found
