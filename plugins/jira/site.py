"""The site behind a connection: whether the credentials work, and what is configured there."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from hub.api import AccountInfo, CorrectInput, GiveUp
from plugins.jira.client import JiraClient
from plugins.jira.conversions import rules

NEEDED = {"BROWSE_PROJECTS": "Browse projects", "USER_PICKER": "Browse users and groups"}


def check(client: JiraClient) -> AccountInfo:
    """Prove the credentials, the kind of site and the account rules; the id is the site's host.

    Raises CorrectInput for the site or `account_links`, Reconnect for the credentials.
    """
    server = _server(client)
    client.myself()
    held = client.permissions(*NEEDED)
    check_rules(client)
    host = urlsplit(server.get("baseUrl", client.base)).netloc
    missing = tuple(title for key, title in NEEDED.items() if not held[key])
    return AccountInfo(host, server.get("serverTitle") or host, missing)


def describe(client: JiraClient) -> dict[str, Any]:
    """Facts that mappings use: the browsable address, and the fields that there are to pick from.

    Records are mapped anew when a fact changes, so that only what seldom changes is one.
    """
    fields = [{"id": f["id"], "name": f["name"]} for f in client.fields()]
    return {
        "base_url": _server(client).get("baseUrl", client.base).rstrip("/"),
        "fields": sorted(fields, key=lambda field: str(field["id"])),
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
