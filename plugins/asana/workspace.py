"""The workspace behind a connection: whether the token works, and what is configured there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from hub.api import AccountInfo, CorrectInput, GiveUp
from plugins.asana.client import AsanaClient, only_workspace
from plugins.asana.conversions import field_texts, rules

Json = dict[str, Any]
TYPES = {
    "text": (".display_value | [0]", "text"),
    "number": (".number_value | [0]", "number"),
    "enum": (".display_value | [0]", "choice"),
    "multi_enum": (".multi_enum_values[].name", "choices"),
}
"""Subtype of a custom field -> (where its value stands, its type by ours)."""


NEEDED: tuple[tuple[str, str, Mapping[str, str]], ...] = (
    ("users:read", "/users", {}),
    ("projects:read", "/projects", {}),
    ("tasks:read", "/tasks", {"assignee": "me"}),
    ("webhooks:read", "/webhooks", {}),
)
"""Scope -> the list of a workspace that is tried."""
WHERE = (
    "Scopes are those of the app, at app.asana.com/0/my-apps; a token may do what its person may, "
    "so that another person has to make it."
)


def check(client: AsanaClient) -> AccountInfo:
    """Prove the token, the workspace and the account rules; the id is the workspace's gid.

    Raises CorrectInput for `workspace`, `account_links` or `base_url`, Reconnect for the token.
    """
    found = _workspace(client, _me(client))
    here = {"workspace": client.workspace}
    missing = tuple(
        scope
        for scope, path, more in NEEDED
        if _refused(partial(client.page, path, {**here, **more}, None))
    )
    if "projects:read" not in missing:
        check_rules(client)
    where = WHERE if missing else ""
    return AccountInfo(str(found["gid"]), found.get("name") or str(found["gid"]), missing, where)


def describe(client: AsanaClient) -> dict[str, Any]:
    """Facts that mappings use: the customers written at projects, where a rule reads them there;
    and the custom fields that there are to pick from, by gid: names may be the same twice."""
    return {
        "project_fields": _project_fields(client),
        "fields": {"task": [_field(f) for f in _custom_fields(client)]},
    }


def _field(field: Json) -> Json:
    kind = str(field.get("resource_subtype") or field.get("type"))
    part, type = TYPES.get(kind, (".display_value | [0]", "other"))
    options = field.get("enum_options") or ()
    return {
        "name": f"custom_fields[?gid=='{field['gid']}']{part}",
        "title": str(field.get("name") or field["gid"]),
        "type": type,
        "custom": True,
        "values": [str(o["name"]) for o in options if o.get("name") and o.get("enabled", True)],
    }


def check_rules(client: AsanaClient) -> None:
    """Check that every project and field that `account_links` names is there."""
    found = client_rules(client)
    if not found:
        return
    projects = {p["gid"] for archived in (False, True) for p in client.projects(archived=archived)}
    fields = {f["gid"] for f in _custom_fields(client)}
    for project, rule in found.items():
        if project not in projects | {"*"}:
            raise _unknown(f"there is no project {project}")
        if fields and rule["by"].endswith("_field") and rule["field"] not in fields:
            raise _unknown(f"{project}: there is no field {rule['field']}")


def client_rules(client: AsanaClient) -> Mapping[str, Mapping[str, Any]]:
    """The connection's rules; raises CorrectInput where they cannot be read."""
    try:
        return rules(client.settings.get("account_links", ""))
    except ValueError as problem:
        raise CorrectInput(f"Account links: {problem}.", field="account_links") from None


def _project_fields(client: AsanaClient) -> dict[str, dict[str, list[str]]]:
    """Texts by project gid and field gid, of the fields that rules read at the project."""
    wanted = {r["field"] for r in client_rules(client).values() if r["by"] == "project_field"}
    if not wanted:
        return {}
    facts: dict[str, dict[str, list[str]]] = {}
    for archived in (False, True):
        for project in client.projects(archived=archived):
            texts = {gid: field_texts(project, gid) for gid in sorted(wanted)}
            facts[project["gid"]] = {gid: found for gid, found in texts.items() if found}
    return dict(sorted(facts.items()))


def _custom_fields(client: AsanaClient) -> list[Json]:
    """None where the plan has no custom fields, or the token may not read them."""
    try:
        return client.custom_fields()
    except GiveUp as refused:
        if refused.reason in ("plan", "forbidden"):
            return []
        raise


def _me(client: AsanaClient) -> Json:
    try:
        return client.me()
    except GiveUp as refused:
        raise CorrectInput(
            f"There is no Asana for us at this address ({refused.reason}).", field="base_url"
        ) from None


def _workspace(client: AsanaClient, user: Json) -> Json:
    wanted = client.settings.get("workspace", "").strip()
    if not wanted:
        return only_workspace(user)
    for found in user.get("workspaces") or []:
        if found["gid"] == wanted:
            return dict(found)
    raise CorrectInput(f"This token sees no workspace {wanted}.", field="workspace")


def _refused(attempt: Callable[[], Any]) -> bool:
    try:
        attempt()
    except GiveUp as refused:
        if refused.reason == "forbidden":
            return True
        raise
    return False


def _unknown(what: str) -> CorrectInput:
    return CorrectInput(f"Account links: {what} that this token can see.", field="account_links")
