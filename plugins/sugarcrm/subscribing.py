"""Asking Sugar for its Web Logic Hooks: one for each module and event, made by an administrator.

Facts: developer guide, "Web Logic Hooks": the records of the module WebLogicHooks have `name`,
`webhook_target_module`, `trigger_event`, `request_method` and `url` of at most 255 characters.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from hub.api import GiveUp, Record, Registered, Subscription
from plugins.sugarcrm.client import SugarClient
from plugins.sugarcrm.describing import modules_of
from plugins.sugarcrm.streams import stuck
from plugins.sugarcrm.webhook import EVENTS, bare_url, hook_url

HOOKS = "WebLogicHooks"
LONGEST_URL = 255
PAGE = 100


def targets(client: SugarClient) -> list[str]:
    """`Module:event` for every module that this edition has."""
    found = modules_of(client)
    return [f"{module}:{event}" for module in EVENTS if module in found for event in EVENTS[module]]


def told_by(record: Record) -> list[str]:
    """The hook that tells of a change of this record."""
    return [f"{record.get('_module')}:after_save"]


def register(client: SugarClient, url: str, target: str, secret: str | None) -> Registered:
    """Make one hook. Raises GiveUp where the user is no administrator, or the address too long."""
    module, _, event = target.partition(":")
    address = hook_url(url, module, secret or "")
    if len(address) > LONGEST_URL:
        raise GiveUp(
            f"SugarCRM takes addresses of at most {LONGEST_URL} characters: the hub's own is too "
            "long.",
            reason="long_address",
        )
    made = _managed(client, "POST", HOOKS, _hook(module, event, address))
    return Registered(str(made["id"]))


def unregister(client: SugarClient, vendor_id: str) -> None:
    """Remove a hook; one that is gone is fine."""
    try:
        _managed(client, "DELETE", f"{HOOKS}/{quote(vendor_id, safe='')}")
    except GiveUp as refused:
        if refused.reason != "not_found":
            raise


def listed(client: SugarClient) -> Iterator[Subscription]:
    """Every hook of the instance, by the address that the hub knows."""
    offset = 0
    while offset >= 0:
        asked = {"max_num": PAGE, "offset": offset, "order_by": "id:ASC"}
        body = _managed(client, "POST", f"{HOOKS}/filter", asked)
        for row in body["records"]:
            target = f"{row.get('webhook_target_module')}:{row.get('trigger_event')}"
            yield Subscription(str(row["id"]), bare_url(str(row.get("url"))), target)
        if 0 <= body["next_offset"] <= offset:
            raise stuck()
        offset = body["next_offset"]


def _hook(module: str, event: str, address: str) -> dict[str, str]:
    return {
        "name": f"Customer hub: {module} {event}",
        "webhook_target_module": module,
        "trigger_event": event,
        "request_method": "POST",
        "url": address,
    }


def _managed(client: SugarClient, method: str, path: str, json: Any = None) -> Any:
    try:
        return client.ask(method, path, json=json)
    except GiveUp as refused:
        if refused.reason == "forbidden":
            raise GiveUp(
                "Only an administrator may manage Web Logic Hooks: make the hub's user one, or do "
                "without them.",
                reason="no_admin",
            ) from None
        raise
