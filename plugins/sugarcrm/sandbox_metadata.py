"""What the sandbox's instance says of itself: modules, fields, and the words of its drop-downs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]
BEANS = {
    "Users": "User",
    "Accounts": "Account",
    "Contacts": "Contact",
    "Opportunities": "Opportunity",
    "Cases": "aCase",
    "Calls": "Call",
    "Meetings": "Meeting",
    "Tasks": "Task",
}
"""The PHP class of each module, as hooks name it."""
ACCOUNT_TYPES = (
    *("Analyst", "Competitor", "Customer", "Integrator", "Investor", "Partner", "Press"),
    *("Prospect", "Reseller", "Other"),
)
STAGES = (
    *("Prospecting", "Qualification", "Needs Analysis", "Value Proposition"),
    *("Id. Decision Makers", "Perception Analysis", "Proposal/Price Quote"),
    *("Negotiation/Review", "Closed Won", "Closed Lost"),
)
WORDS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("Accounts", "account_type"): ("", *ACCOUNT_TYPES),
    ("Opportunities", "sales_stage"): STAGES,
    ("Opportunities", "sales_status"): ("New", "In Progress", "Closed Won", "Closed Lost"),
    ("Opportunities", "opportunity_type"): ("", "Existing Business", "New Business"),
    ("Cases", "status"): ("New", "Assigned", "Closed", "Pending Input", "Rejected", "Duplicate"),
    ("Cases", "priority"): ("P1", "P2", "P3"),
    ("Tasks", "status"): ("Not Started", "In Progress", "Completed", "Pending Input", "Deferred"),
}
TYPES = {
    "id": "id",
    "amount": "currency",
    "email": "email",
    "deleted": "bool",
    "probability": "int",
    "date_closed": "date",
    "date_modified": "datetime",
    "date_entered": "datetime",
    "account_id": "id",
}


def module_shape(module: str, sample: Json, view_by: str) -> Json:
    """A module's part of the metadata, from one of its records."""
    fields: Json = {name: _field(module, name) for name in sample}
    fields["contacts"] = {"name": "contacts", "type": "link"}
    config = {"opps_view_by": view_by} if module == "Opportunities" else {}
    return {"fields": {**fields, "_hash": "1f1f"}, "config": config, "_hash": "2e2e"}


def _field(module: str, name: str) -> Json:
    choice = (module, name) in WORDS
    kind = "enum" if choice else TYPES.get(name, "varchar")
    return {"name": name, "type": kind, "len": 255, "required": False}
