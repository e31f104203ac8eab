"""HubSpot's quirks that the mapping language cannot say: stages, flags in text, tenant-chosen ids.

Each takes a vendor value and the mapping's context, whose `account` is what `describe` returned.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from mappings.record import Context

ROLES = {
    "CHAMPION": "champion",
    "DECISION_MAKER": "decision_maker",
    "BUDGET_HOLDER": "economic_buyer",
    "EXECUTIVE_SPONSOR": "economic_buyer",
    "END_USER": "end_user",
}
CLOSED = "closed"


def deal_stage(value: Any, context: Context) -> str | None:
    """The label of a stage id; the id itself where the pipelines do not list it."""
    if not value:
        return None
    return str(_stage(context, "deal", value).get("label") or value)


def deal_status(record: Any, context: Context) -> str:
    """open, won or lost by the deal's own flags, else by its stage's; never by a stage's name."""
    properties = record.get("properties", {})
    stage = _stage(context, "deal", properties.get("dealstage"))
    closed = properties.get("hs_is_closed") or stage.get("closed", "false")
    if closed != "true":
        return "open"
    won = properties.get("hs_is_closed_won")
    if won is None:
        won = "true" if _is_certain(stage.get("probability")) else "false"
    return "won" if won == "true" else "lost"


def deal_closed_at(record: Any, context: Context) -> Any:
    """`closedate` of a closed deal; an open deal's is only a plan."""
    if deal_status(record, context) == "open":
        return None
    return record["properties"].get("closedate")


def local_day(value: Any, context: Context) -> Any:
    """The day of a time in the account's zone, as HubSpot shows it; of UTC where it names none.

    Exactly midnight UTC is a date without a time, as imports write it.
    """
    try:
        moment = datetime.fromisoformat(value)
        zone = ZoneInfo(context.account.get("time_zone") or "UTC")
    except (TypeError, ValueError, KeyError, OSError):
        return value
    if moment.tzinfo is None or moment.timetz().replace(tzinfo=None) == time():
        return value
    return moment.astimezone(zone).date().isoformat()


def ticket_stage(record: Any, context: Context) -> str | None:
    """`closed` by the stage's own state, else pipeline and stage as `0:2`: names are the tenant's,
    and what an open stage means is for the mapping to say."""
    properties = record.get("properties", {})
    stage_id = str(properties.get("hs_pipeline_stage") or "")
    if not stage_id:
        return None
    if _stage(context, "ticket", stage_id).get("closed") == "true":
        return CLOSED
    return f"{properties.get('hs_pipeline') or '0'}:{stage_id}"


def buying_role(value: Any, context: Context) -> str | None:
    """The first role we know of a `;`-separated choice."""
    if not value:
        return None
    words = str(value).split(";")
    return next((ROLES[word] for word in words if word in ROLES), "other")


def customer_number(properties: Any, context: Context) -> str | None:
    """The tenant's own customer number, from the property that the connection's settings name."""
    name = context.settings.get("customer_number_property", "")
    value = properties.get(name) if name and isinstance(properties, Mapping) else None
    return str(value).strip() or None if value is not None else None


def _stage(context: Context, object_: str, stage_id: Any) -> Mapping[str, Any]:
    stages = context.account.get("stages", {}).get(object_, {})
    found = stages.get(str(stage_id)) if stage_id else None
    return found if isinstance(found, Mapping) else {}


def _is_certain(probability: Any) -> bool:
    try:
        return float(probability) >= 1.0
    except (TypeError, ValueError):
        return False


CONVERSIONS = {
    "buying_role": buying_role,
    "customer_number": customer_number,
    "deal_closed_at": deal_closed_at,
    "deal_stage": deal_stage,
    "deal_status": deal_status,
    "local_day": local_day,
    "ticket_stage": ticket_stage,
}
