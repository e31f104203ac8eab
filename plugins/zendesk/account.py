"""The account behind a connection: whether we are let in, what we may see, what is set up there.

Facts: developer.zendesk.com/api-reference (users/me, ticket_fields, user_fields,
organization_fields, ticket_forms, custom_ticket_statuses).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from hub.api import AccountInfo, CorrectInput, GiveUp, Reconnect
from plugins.zendesk.client import Json, ZendeskClient

NEEDED = ("organizations", "users", "tickets")
LACKING = ("forbidden", "not_found", "plan", "gone")
TYPES = {
    "text": "text",
    "textarea": "text",
    "regexp": "text",
    "partialcreditcard": "text",
    "integer": "integer",
    "decimal": "number",
    "checkbox": "boolean",
    "date": "date",
    "dropdown": "choice",
    "tagger": "choice",
    "multiselect": "choices",
    "lookup": "reference",
}
"""Own fields; those of Zendesk itself (subject, status, ...) are of other types."""


def check(client: ZendeskClient) -> AccountInfo:
    """Prove the access; the id is the account's host.

    A wrong token may be answered as if nobody had signed in, by a user without an id. The exports
    are for administrators. Raises Reconnect, CorrectInput, RetryLater.
    """
    if client.with_token and not client.email:
        raise CorrectInput("An API token needs the e-mail address of its user.", field="email")
    try:
        body = client.rest.get("users/me.json")
    except GiveUp as refused:
        raise CorrectInput(
            f"There is no Zendesk for us at this address ({refused.reason}).", field="site"
        ) from None
    user = body.get("user") if isinstance(body, dict) else None
    if not isinstance(user, dict) or not user.get("id"):
        raise Reconnect("Zendesk does not accept the access that it was given.")
    missing = [] if user.get("role") == "admin" else ["the role of an administrator"]
    missing += [f"reading {path}" for path in NEEDED if not _allowed(client, path)]
    host = urlsplit(client.site).netloc
    return AccountInfo(host, host.partition(".zendesk.com")[0], tuple(missing))


def describe(client: ZendeskClient) -> Json:
    """Facts that mappings and screens use.

    base_url; statuses: id -> {"name", "category"}; forms: id -> name; fields: object -> own fields
    as {"name": path, "title", "type", "custom", "values"}. What the plan or the role does not show
    is empty.
    """
    return {
        "base_url": client.site,
        "statuses": {
            str(row["id"]): {"name": row.get("agent_label"), "category": row.get("status_category")}
            for row in _shown(client, "custom_statuses")
        },
        "forms": {str(row["id"]): row.get("name") for row in _shown(client, "ticket_forms")},
        "fields": {
            "ticket": _fields(client, "ticket_fields", "custom_fields", "id"),
            "user": _fields(client, "user_fields", "user_fields", "key"),
            "organization": _fields(client, "organization_fields", "organization_fields", "key"),
        },
    }


def _fields(client: ZendeskClient, path: str, part: str, key: str) -> list[Json]:
    """Own fields: a ticket's are kept by their number, a user's or organization's by their key."""
    rows = [row for row in _shown(client, path) if row.get("type") in TYPES and row.get(key)]
    return sorted(
        (
            {
                "name": f'{part}."{row[key]}"',
                "title": str(row.get("title") or row[key]),
                "type": TYPES[row["type"]],
                "custom": True,
                "values": _values(row),
            }
            for row in rows
            if not row.get("system")
        ),
        key=lambda field: str(field["name"]),
    )


def _values(row: Json) -> list[str]:
    options = row.get("custom_field_options") or ()
    return [str(one["value"]) for one in options if one.get("value") is not None]


def _shown(client: ZendeskClient, path: str) -> list[Json]:
    try:
        return client.all(f"{path}.json", path)
    except GiveUp as refused:
        if refused.reason in LACKING:
            return []
        raise


def _allowed(client: ZendeskClient, path: str) -> bool:
    """Whether one page may be read; a token may be granted for some kinds of record only."""
    try:
        client.rest.get(f"{path}.json", {"page[size]": 1})
    except GiveUp as refused:
        if refused.reason == "forbidden":
            return False
        raise
    return True
