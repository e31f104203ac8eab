"""The account behind a connection: whether the key works, what it may see, what is set up there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from hub.api import AccountInfo, CorrectInput, GiveUp
from plugins.freshdesk.client import FreshdeskClient

GLOBAL = 1
STANDARD = {"status": "status", "priority": "priority", "source": "source", "ticket_type": "type"}
"""Fields of a ticket that are choices, by the names that their definitions have."""
TYPES = {
    "custom_text": "text",
    "custom_paragraph": "text",
    "custom_number": "integer",
    "custom_decimal": "number",
    "custom_checkbox": "boolean",
    "custom_date": "date",
    "custom_dropdown": "choice",
}
NEEDED = ("tickets", "contacts", "companies")
WHERE = "An administrator sets scope and role of the key's agent in Freshdesk under Admin > Agents."


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
    return AccountInfo(host, host.partition(".freshdesk.com")[0], tuple(missing), WHERE)


def describe(client: FreshdeskClient) -> dict[str, Any]:
    """Facts that mappings use, and the fields: the address, status names by code, definitions.

    Only administrators may read the definitions; without them codes stay codes.
    """
    fields = {kind: _definitions(client, kind) for kind in ("ticket", "contact", "company")}
    statuses = [f.get("choices") for f in fields["ticket"] if f.get("name") == "status"]
    return {
        "base_url": client.base,
        "statuses": status_names(statuses[0] if statuses else None),
        "fields": {kind: _described(rows) for kind, rows in fields.items()},
    }


def _definitions(client: FreshdeskClient, kind: str) -> list[dict[str, Any]]:
    try:
        return client.definitions(kind)
    except GiveUp:
        return []


def _described(definitions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [field for one in definitions if (field := _field(one)) is not None]


def _field(one: Mapping[str, Any]) -> dict[str, Any] | None:
    """A definition as a field of the record; None for what is no field of it, or not a choice."""
    name = str(one.get("name") or "")
    custom = name.startswith("cf_") or one.get("default") is False
    if not custom and name not in STANDARD:
        return None
    choices = _choices(one.get("choices"))
    kind = "choice" if choices else TYPES.get(str(one.get("type")), "text" if custom else "other")
    return {
        "name": f"custom_fields.{name}" if custom else STANDARD[name],
        "title": str(one.get("label") or name),
        "type": kind,
        "custom": custom,
        "values": choices,
    }


def _choices(choices: object) -> list[dict[str, str]]:
    """Choices come as a list of words, as codes with names, or as names with codes."""
    if isinstance(choices, list):
        return [{"value": str(word), "title": str(word)} for word in choices]
    if not isinstance(choices, Mapping):
        return []
    named = {str(code): name for name, code in choices.items() if isinstance(code, int)}
    named = named or status_names(choices) or {str(word): word for word in choices}
    return [{"value": code, "title": str(name)} for code, name in named.items()]


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
