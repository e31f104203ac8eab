"""The account behind a connection: whether the token works, what it lacks, what is set up there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from hub.api import AccountInfo, CorrectInput, GiveUp, Json, Reconnect
from plugins.hubspot.client import Client
from plugins.hubspot.records import OBJECTS

SCOPES = {
    "companies": "crm.objects.companies.read",
    "contacts": "crm.objects.contacts.read",
    "deals": "crm.objects.deals.read",
    "tickets": "tickets",
    "owners": "crm.objects.owners.read",
}
SCHEMA_SCOPES = {
    "companies": "crm.schemas.companies.read",
    "contacts": "crm.schemas.contacts.read",
    "deals": "crm.schemas.deals.read",
}
WHERE = (
    "Grant them in HubSpot where the token comes from: the app's tab Scopes, or the service key. "
    "An app of the hub's operator is then installed once more."
)
WITH_STAGES = ("deals", "tickets")
TYPES = {
    "string": "text",
    "phone_number": "text",
    "number": "number",
    "date": "date",
    "datetime": "time",
    "enumeration": "choice",
    "bool": "boolean",
}
"""A property's type, by ours."""


def check(client: Client) -> AccountInfo:
    """Prove the token; the id is the portal id. Names each scope that a stream would lack.

    Raises Reconnect for the token, CorrectInput for a wrong address, RetryLater.
    """
    account = _account(client)
    missing = [
        *(SCOPES[kind] for kind in OBJECTS if _is_refused(_first_page(client, kind))),
        *(SCHEMA_SCOPES[kind] for kind in SCHEMA_SCOPES if _is_refused(_schema(client, kind))),
    ]
    if _is_refused(lambda: client.owners(None, archived=False, limit=1)):
        missing.append(SCOPES["owners"])
    portal = str(account["portalId"])
    return AccountInfo(portal, f"HubSpot account {portal}", tuple(missing), WHERE)


def describe(client: Client) -> Json:
    """Facts for mappings and screens.

    portal_id, ui_domain, currency, time_zone; stages: object -> stage id -> label, pipeline,
    closed ("true" or "false"), probability; fields by object; objects: the account's own kinds of
    records; users.
    """
    account = _account(client)
    return {
        "portal_id": str(account["portalId"]),
        "ui_domain": account.get("uiDomain") or "app.hubspot.com",
        "currency": account.get("companyCurrency"),
        "time_zone": account.get("timeZone"),
        "stages": {OBJECTS[kind]: _stages(client, kind) for kind in WITH_STAGES},
        "fields": {OBJECTS[kind]: _fields(client, kind) for kind in OBJECTS},
        "objects": [_object(schema) for schema in _or_none(client.schemas)],
        "users": [_user(owner) for owner in _owners(client)],
    }


def _account(client: Client) -> Mapping[str, Any]:
    try:
        account = client.account()
    except Reconnect as error:
        raise Reconnect("HubSpot does not accept the token.", field="access_token") from error
    if not isinstance(account, dict) or "portalId" not in account:
        raise CorrectInput("This address does not answer like HubSpot's API.", field="base_url")
    return account


def _first_page(client: Client, kind: str) -> Callable[[], Any]:
    return lambda: client.page(kind, None, (), limit=1)


def _schema(client: Client, kind: str) -> Callable[[], Any]:
    return lambda: client.properties(kind)


def _is_refused(attempt: Callable[[], Any]) -> bool:
    try:
        attempt()
    except GiveUp as error:
        if error.reason == "missing_scope":
            return True
        raise
    return False


def _or_none(attempt: Callable[[], Any]) -> Any:
    try:
        return attempt()
    except GiveUp as error:
        if error.reason == "missing_scope":
            return ()
        raise


def _stages(client: Client, kind: str) -> dict[str, Json]:
    return {
        str(stage["id"]): _stage(pipeline, stage)
        for pipeline in _or_none(lambda: client.pipelines(kind))
        for stage in pipeline.get("stages") or ()
    }


def _stage(pipeline: Mapping[str, Any], stage: Mapping[str, Any]) -> Json:
    facts = stage.get("metadata") or {}
    closed = facts.get("isClosed") == "true" or facts.get("ticketState") == "CLOSED"
    return {
        "label": stage.get("label"),
        "pipeline": pipeline.get("label"),
        "closed": "true" if closed else "false",
        "probability": facts.get("probability"),
    }


def _fields(client: Client, kind: str) -> list[Json]:
    """Stages are not among a property's options: they belong to the pipelines."""
    stages = _stages(client, kind) if kind in WITH_STAGES else {}
    return [
        _field(one, stages if one["name"] in ("dealstage", "hs_pipeline_stage") else {})
        for one in _or_none(_schema(client, kind))
    ]


def _field(one: Mapping[str, Any], stages: Mapping[str, Json]) -> Json:
    options = [
        {"value": str(option["value"]), "title": str(option.get("label") or option["value"])}
        for option in one.get("options") or ()
        if option.get("value") not in (None, "")
    ]
    named = [
        {"value": id, "title": f"{stage['pipeline']}: {stage['label']}"}
        for id, stage in stages.items()
    ]
    kind = TYPES.get(str(one.get("type")), "other")
    several = kind == "choice" and one.get("fieldType") == "checkbox"
    return {
        "name": f"properties.{one['name']}",
        "title": str(one.get("label") or one["name"]),
        "type": "choices" if several else "choice" if stages else kind,
        "custom": not one.get("hubspotDefined"),
        "values": named or options,
    }


def _object(schema: Mapping[str, Any]) -> Json:
    labels = schema.get("labels") or {}
    title = labels.get("plural") or labels.get("singular") or schema["name"]
    return {"name": str(schema["name"]), "title": str(title)}


def _owners(client: Client) -> list[Json]:
    found: list[Json] = []
    after: str | None = None
    while listing := _or_none(partial(client.owners, after, archived=False)):
        found += listing.records
        after = listing.after
        if after is None:
            break
    return found


def _user(owner: Mapping[str, Any]) -> Json:
    name = " ".join(filter(None, (owner.get("firstName"), owner.get("lastName"))))
    return {"id": str(owner["id"]), "name": name, "email": owner.get("email")}
