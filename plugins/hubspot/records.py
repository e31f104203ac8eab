"""The one shape in which a HubSpot record is kept, whichever call brought it.

List, search and batch read differ in nulls, in `url` and in associations; a record that looked
different by its way would seem changed each time. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from hub.api import Change, GiveUp, Json

OBJECTS = {"companies": "company", "contacts": "contact", "deals": "deal", "tickets": "ticket"}
"""Plural words of the API's paths, and the singular ones of webhooks and mappings."""

LINKED: Mapping[str, tuple[str, ...]] = {
    "companies": (),
    "contacts": ("companies",),
    "deals": ("companies", "contacts"),
    "tickets": ("companies", "contacts"),
}
"""Whose ids a record carries in `associations`."""

MODIFIED = {
    "companies": "hs_lastmodifieddate",
    "contacts": "lastmodifieddate",
    "deals": "hs_lastmodifieddate",
    "tickets": "hs_lastmodifieddate",
}
"""The property that search can filter by; contacts have their own."""

PRIMARY_TYPES = frozenset({1, 2, 5, 6, 25, 26})
"""Association type ids between a record and its primary company, in both directions."""

_COMMON = ("createdate", "hs_object_id", "hs_merged_object_ids", "hubspot_owner_id")
PROPERTIES: Mapping[str, tuple[str, ...]] = {
    "companies": (
        *_COMMON,
        *("name", "domain", "hs_additional_domains", "website", "industry", "annualrevenue"),
        *("numberofemployees", "lifecyclestage", "type", "city", "state", "country", "phone"),
        *("hs_parent_company_id", "hs_lastmodifieddate"),
    ),
    "contacts": (
        *_COMMON,
        *("email", "hs_additional_emails", "firstname", "lastname", "phone", "mobilephone"),
        *("jobtitle", "lifecyclestage", "hs_lead_status", "associatedcompanyid", "company"),
        *("website", "hs_buying_role", "hs_email_optout", "hs_language", "lastmodifieddate"),
    ),
    "deals": (
        *_COMMON,
        *("dealname", "amount", "closedate", "pipeline", "dealstage", "dealtype"),
        *("deal_currency_code", "hs_is_closed", "hs_is_closed_won", "hs_deal_stage_probability"),
        *("hs_arr", "hs_mrr", "hs_tcv", "hs_next_step", "hs_lastmodifieddate"),
    ),
    "tickets": (
        *_COMMON,
        *("subject", "content", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_category"),
        *("hs_ticket_priority", "source_type", "closed_date", "time_to_close"),
        *("first_agent_reply_date", "last_reply_date", "hs_lastmodifieddate"),
    ),
}
"""HubSpot's own properties that we ask for; names it does not know are ignored by it."""

_KEPT = ("id", "createdAt", "updatedAt", "archived")


def shape(raw: Mapping[str, Any], associations: Mapping[str, Json]) -> dict[str, Json]:
    """One record as it is kept: no nulls, no address, associations in our own words."""
    kept = {name: raw[name] for name in _KEPT if name in raw}
    known = {k: v for k, v in (raw.get("properties") or {}).items() if v is not None}
    return {**kept, "properties": known, "associations": dict(associations)}


def gather(found: dict[str, dict[str, bool]], result: Mapping[str, Any]) -> Json | None:
    """Add one result of an association batch to `found`: id -> {other id: is primary}.

    Returns the input that asks for the rest of a list which has more pages, or None.
    """
    near = str(result["from"]["id"])
    ends = found.setdefault(near, {})
    before = len(ends)
    for one in result.get("to") or ():
        far = str(one["toObjectId"])
        ends[far] = ends.get(far, False) or any(map(_is_primary, one["associationTypes"]))
    after = following(result)
    if after is not None and len(ends) == before:
        raise GiveUp("HubSpot gave the same associations again.", reason="cursor_stuck")
    return None if after is None else {"id": near, "after": after}


def ordered(ends: Mapping[str, bool]) -> list[Json]:
    """Association ends with the primary one first, then by number, so that order says nothing."""
    ranked = sorted(ends, key=lambda one: (not ends[one], len(one), one))
    return [{"id": one, "primary": ends[one]} for one in ranked]


def following(data: Mapping[str, Any]) -> str | None:
    """The cursor behind a page, None at the end; a blank one is not an end."""
    after = ((data.get("paging") or {}).get("next") or {}).get("after")
    return None if after is None else str(after)


def deletion(object_: str, raw: Mapping[str, Any]) -> Change:
    """The change that an archived record stands for."""
    at = moment(raw.get("archivedAt") or raw["updatedAt"])
    return Change(object=object_, native_id=str(raw["id"]), kind="delete", occurred_at=at)


def merges(object_: str, records: Iterable[Mapping[str, Any]]) -> list[Change]:
    """The merges that survivors remember in `hs_merged_object_ids`."""
    return [
        merge(object_, record, losers)
        for record in records
        if (losers := _merged_ids(record["properties"].get("hs_merged_object_ids")))
    ]


def merge(object_: str, survivor: Mapping[str, Any], losers: Sequence[str]) -> Change:
    """`losers` now are `survivor`, at the latest since its last modification."""
    into = str(survivor["id"])
    at = moment(survivor["updatedAt"])
    return Change(
        object=object_,
        native_id=into,
        kind="merge",
        occurred_at=at,
        into=into,
        losers=tuple(one for one in losers if one != into),
    )


def moment(text: str) -> datetime:
    """HubSpot's ISO times end in Z."""
    return datetime.fromisoformat(text)


def _merged_ids(value: Any) -> list[str]:
    parts = (part.strip() for part in str(value or "").split(";"))
    return [part for part in parts if part.isascii() and part.isdigit()]


def _is_primary(kind: Mapping[str, Any]) -> bool:
    return kind.get("category") == "HUBSPOT_DEFINED" and kind.get("typeId") in PRIMARY_TYPES


def unsaved(data: Any) -> list[tuple[str, str]]:
    """(id, category) of each record that a batch's answer names among its errors."""
    errors = (data.get("errors") if isinstance(data, dict) else None) or ()
    return [
        (str(one), str(error.get("category")))
        for error in errors
        for one in (error.get("context") or {}).get("ids") or ()
    ]
