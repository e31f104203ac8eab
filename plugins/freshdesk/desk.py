"""The account behind a connection: whether the key works, what it may see, what is set up there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from hub.api import AccountInfo, CorrectInput, GiveUp
from plugins.freshdesk.client import FreshdeskClient

GLOBAL = 1
NEEDED = ("tickets", "contacts", "companies")


def check(client: FreshdeskClient) -> AccountInfo:
    """Prove the key; the id is the account's host.

    An agent who sees only some groups is refused: Freshdesk would leave out tickets silently.
    Raises CorrectInput for the site, Reconnect for the key.
    """
    try:
        agent = client.me()
    except GiveUp as refused:
        raise CorrectInput(
            f"There is no Freshdesk for us at this address ({refused.reason}).", field="site"
        ) from None
    missing = [] if agent.get("ticket_scope") == GLOBAL else ["global ticket scope of the agent"]
    missing += [f"reading {path}" for path in NEEDED if not _allowed(client, path)]
    host = urlsplit(client.base).netloc
    return AccountInfo(host, host.partition(".freshdesk.com")[0], tuple(missing))


def describe(client: FreshdeskClient) -> dict[str, Any]:
    """Facts that mappings use: the address, status names by code, and the tickets' own fields.

    Only administrators may read the definitions; without them codes stay codes.
    """
    try:
        fields = client.ticket_fields()
    except GiveUp:
        fields = []
    statuses = next((f.get("choices") for f in fields if f.get("name") == "status"), None)
    own = [
        {"name": f["name"], "label": f.get("label")}
        for f in fields
        if str(f.get("name", "")).startswith("cf_")
    ]
    return {
        "base_url": client.base,
        "statuses": status_names(statuses),
        "fields": sorted(own, key=lambda field: str(field["name"])),
    }


def status_names(choices: object) -> dict[str, str]:
    """Names for agents by code, from {"6": ["Waiting on Customer", "name for customers"]}."""
    if not isinstance(choices, Mapping):
        return {}
    names = {
        str(code): next(iter(name), None) if isinstance(name, list) else name
        for code, name in choices.items()
    }
    return {code: name for code, name in names.items() if isinstance(name, str)}


def _allowed(client: FreshdeskClient, path: str) -> bool:
    try:
        client.page(path, {}, 1)
    except GiveUp as refused:
        if refused.reason == "forbidden":
            return False
        raise
    return True
