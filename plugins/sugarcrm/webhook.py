"""Web Logic Hooks: unsigned, at most once, late; a hint to read the record. Pure.

Facts: developer guide, "Web Logic Hooks", and Sugar Enterprise 13.3 (WebLogicHook, CreatePayload).
Sugar sends no signature, no header of ours, no id and no time; all that an administrator chooses is
the address. So our secret is the password in it, which the sending library (libcurl, CURLOPT_URL)
takes out of the address and sends by Basic authentication, and the module is in its query, since
`bean` is the name of a class that an instance may replace.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

from hub.api import Change, Delivery, Malformed
from hub.api.events import moment, read
from hub.api.signing import SharedSecret

SAVES = ("after_save", "after_delete")
LINKS: Mapping[str, Any] = {"after_relationship_add": "link", "after_relationship_delete": "unlink"}
EVENTS: Mapping[str, tuple[str, ...]] = {
    "Users": ("after_save",),
    "Accounts": SAVES,
    "Contacts": (*SAVES, *LINKS),
    "Opportunities": SAVES,
    "Cases": SAVES,
    "Calls": SAVES,
    "Meetings": SAVES,
    "Tasks": SAVES,
}
"""What is asked for by module. Linking a contact to an account does not move any stamp."""
LONGEST_ID = 100
"""Ids are usually UUIDs, but imported ones may be anything."""
UNDER_WAY = timedelta(minutes=15)
"""Hooks are sent when cron runs; an edit without a stamp may be that much older than its hook."""


USER = "hub"
verify = SharedSecret(user=USER).verify


def hook_url(url: str, module: str, secret: str) -> str:
    """The address to be called for one module."""
    parts = urlsplit(url)
    place = f"{USER}:{quote(secret, safe='')}@{parts.netloc}"
    return urlunsplit((parts.scheme, place, parts.path, f"module={module}", ""))


def bare_url(url: str) -> str:
    """An address without password and module, as the hub knows it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def delivery_key(delivery: Delivery) -> str:
    """The hash of module and body; two edits may share one, so it does not hold."""
    hook(delivery)
    module = module_of(delivery).encode("utf-8", "replace")
    return f"sha256:{hashlib.sha256(module + b' ' + delivery.body).hexdigest()}"


def parse(delivery: Delivery) -> Iterator[Change]:
    """One thin change. A delete too is only a hint: anybody may have sent it, so the record is
    asked for, deleted ones included. Raises Malformed."""
    body, module = hook(delivery), module_of(delivery)
    event, at = body["event"], delivery.received_at - UNDER_WAY
    if event in LINKS:
        yield _linked(body, at)
        return
    native_id = _named(body)
    if module not in EVENTS or event not in SAVES:
        yield Change(module, "", "upsert", at, rule=f"event_not_used:{event}"[:100])
    elif not native_id:
        raise Malformed("A hook of SugarCRM names no record.")
    else:
        yield Change(module, native_id, "upsert", _saved_at(body, delivery) or at)


def _named(body: Mapping[str, Any]) -> str:
    """The record's id: beside the event of a delete, else in the record; "" where there is none."""
    data = body.get("data") or {}
    top = body.get("id") if body["event"] == "after_delete" else None
    return next((str(id) for id in (top, data.get("id")) if is_id(id)), "")


def _linked(body: Mapping[str, Any], at: datetime) -> Change:
    """Both ends that we read, to be read again."""
    both = (
        (body.get("module"), body.get("id")),
        (body.get("related_module"), body.get("related_id")),
    )
    ends = tuple((str(m), str(i)) for m, i in both if m in EVENTS and is_id(i))
    if not ends:
        return Change(str(body.get("module")), "", "link", at, rule="link_not_used")
    return Change(*ends[0], LINKS[body["event"]], at, ends=ends)


def _saved_at(body: Mapping[str, Any], delivery: Delivery) -> datetime | None:
    """The stamp that the record had when it was saved, where the saver's rights show it; a delete
    shows the one before it."""
    if body["event"] != "after_save":
        return None
    found = moment((body.get("data") or {}).get("date_modified"))
    return min(found, delivery.received_at) if found else None


def hook(delivery: Delivery) -> dict[str, Any]:
    """The body; raises Malformed for what is none."""
    body = read(delivery)
    right = isinstance(body, dict) and isinstance(body.get("event"), str)
    if not right or not isinstance(body.get("data") or {}, dict):
        raise Malformed("This is not a Web Logic Hook of SugarCRM.")
    found: dict[str, Any] = body
    return found


def is_id(value: Any) -> bool:
    """Whether this can be the id of a record."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_ID and value.isprintable()


def module_of(delivery: Delivery) -> str:
    """The module that is in the address; "" where there is none."""
    try:
        found = parse_qs(urlsplit(delivery.url).query)
    except ValueError:
        return ""
    return found.get("module", [""])[0]
