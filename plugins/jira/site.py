"""The site behind a connection: whether the credentials work, and what is configured there."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from hub.api import AccountInfo, CorrectInput, GiveUp
from plugins.jira.client import JiraClient
from plugins.jira.conversions import rules

TYPES = {
    "string": ("", "text"),
    "number": ("", "number"),
    "date": ("", "date"),
    "datetime": ("", "time"),
    "option": (".value", "choice"),
    "user": (".accountId", "reference"),
    "priority": (".name", "choice"),
    "issuetype": (".name", "choice"),
}
ITEMS = {
    "option": ("[].value", "choices"),
    "string": ("", "choices"),
    "sd-customerorganization": ("[].name", "choices"),
}
"""Type of a field's schema, or of its items -> (where its value stands, its type by ours)."""
NEEDED = {"BROWSE_PROJECTS": "Browse projects", "USER_PICKER": "Browse users and groups"}
WHERE = (
    "Browse projects is granted in each project (Project settings > Permissions), Browse users and "
    "groups for the site (Settings > System > Global permissions); scopes are chosen when a token "
    "is made, so make another."
)


def check(client: JiraClient) -> AccountInfo:
    """Prove the credentials, the kind of site and the account rules; the id is the site's host.

    Raises CorrectInput for the site or `account_links`, Reconnect for the credentials.
    """
    server = _server(client)
    host = urlsplit(server.get("baseUrl", client.base)).netloc
    missing = _missing(client)
    if not missing:
        check_rules(client)
    return AccountInfo(host, server.get("serverTitle") or host, missing, WHERE if missing else "")


def _missing(client: JiraClient) -> tuple[str, ...]:
    """Scopes that the token lacks, else permissions that its account lacks."""
    scopes: list[str] = []
    held: dict[str, bool] = {}
    try:
        client.myself()
    except GiveUp as refused:
        scopes += _scope(refused, "read:jira-user")
    try:
        held = client.permissions(*NEEDED)
    except GiveUp as refused:
        scopes += _scope(refused, "read:jira-work")
    return tuple(scopes or (title for key, title in NEEDED.items() if not held[key]))


def _scope(refused: GiveUp, scope: str) -> list[str]:
    if refused.reason not in ("scope", "forbidden"):
        raise refused
    return [scope]


def describe(client: JiraClient) -> dict[str, Any]:
    """Facts that mappings use, and the fields that there are to pick from.

    Requests and issues have the same fields: Jira tells those of the whole site.
    """
    names = sorted({str(status["name"]) for status in client.statuses()})
    status = {"name": "fields.status.name", "title": "Status", "type": "choice", "custom": False}
    fields = [_field(f) for f in client.fields() if f["id"] != "status"]
    fields.append({**status, "values": names})
    return {
        "base_url": _server(client).get("baseUrl", client.base).rstrip("/"),
        "time_zone": client.myself().get("timeZone"),
        "fields": {"request": fields, "issue": fields},
    }


def _field(field: dict[str, Any]) -> dict[str, Any]:
    """A field with the path at which its plain value stands, by the type of its schema."""
    schema = field.get("schema") or {}
    items = schema.get("items") if schema.get("type") == "array" else None
    below, kind = ITEMS.get(str(items)) or TYPES.get(str(schema.get("type")), ("", "other"))
    return {
        "name": f"fields.{field['id']}{below}",
        "title": str(field.get("name") or field["id"]),
        "type": kind,
        "custom": bool(field.get("custom")),
    }


def check_rules(client: JiraClient) -> None:
    """Check `account_links` against the site, since Jira answers a wrong name with nothing."""
    try:
        found = rules(client.settings.get("account_links", ""))
    except ValueError as problem:
        raise CorrectInput(f"Account links: {problem}.", field="account_links") from None
    if not found:
        return
    projects = {project["key"] for project in client.projects()} | {"*"}
    fields = {field["id"] for field in client.fields()}
    for project, rule in found.items():
        if project not in projects:
            raise _unknown(f"there is no project {project}")
        if rule["by"] == "custom_field" and rule["field"] not in fields:
            raise _unknown(f"{project}: there is no field {rule['field']}")


def _unknown(what: str) -> CorrectInput:
    return CorrectInput(f"Account links: {what} that this account can see.", field="account_links")


def _server(client: JiraClient) -> dict[str, Any]:
    """What the address says about itself; raises CorrectInput unless it is Jira Cloud."""
    try:
        server = client.server()
    except GiveUp as refused:
        raise CorrectInput(
            f"There is no Jira at this address ({refused.reason}).", field="site"
        ) from None
    if server.get("deploymentType") != "Cloud":
        raise CorrectInput("This is not Jira Cloud; Data Center is not supported.", field="site")
    return server
