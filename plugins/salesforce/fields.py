"""Which columns of an object to ask for: the standard ones, the mapped ones, the custom ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

ALWAYS = ("Id", "SystemModstamp", "CreatedDate", "LastModifiedDate", "IsDeleted", "CurrencyIsoCode")

STANDARD: dict[str, tuple[str, ...]] = {
    "Account": (
        *("Name", "Type", "Industry", "AnnualRevenue", "NumberOfEmployees", "OwnerId", "ParentId"),
        *("Website", "Phone", "AccountNumber", "AccountSource", "Rating", "Ownership"),
        *("RecordTypeId", "BillingCity", "BillingCountry", "BillingCountryCode"),
        *("LastActivityDate", "MasterRecordId"),
    ),
    "Contact": (
        *("AccountId", "FirstName", "LastName", "Name", "Email", "Phone", "MobilePhone"),
        *("HomePhone", "Title", "Department", "ReportsToId", "OwnerId", "LeadSource"),
        *("LastActivityDate", "MasterRecordId"),
    ),
    "Opportunity": (
        *("AccountId", "Name", "StageName", "Amount", "Probability", "CloseDate", "Type"),
        *("NextStep", "ForecastCategory", "ForecastCategoryName", "IsClosed", "IsWon", "OwnerId"),
    ),
    "Case": (
        *("CaseNumber", "Subject", "Status", "Priority", "Origin", "Reason", "Type", "IsClosed"),
        *("ClosedDate", "IsEscalated", "AccountId", "ContactId", "ContactEmail", "ParentId"),
        *("OwnerId", "MasterRecordId"),
    ),
    "Task": (
        *("Subject", "Status", "Priority", "ActivityDate", "CompletedDateTime", "WhoId", "WhatId"),
        *("AccountId", "OwnerId", "IsClosed", "IsArchived", "Type", "TaskSubtype", "CallType"),
        *("CallDurationInSeconds", "CallDisposition"),
    ),
    "Event": (
        *("Subject", "StartDateTime", "EndDateTime", "ActivityDateTime", "ActivityDate"),
        *("EventSubtype", "WhoId", "WhatId", "AccountId", "OwnerId", "IsGroupEvent", "IsChild"),
        *("IsArchived",),
    ),
    "User": (
        *("Username", "Email", "FirstName", "LastName", "Name", "IsActive", "ManagerId"),
        *("UserType", "Title", "Department"),
    ),
}

NOT_A_VALUE = frozenset({"address", "location", "base64", "complexvalue"})
ROOM = 9_000
"""Bytes of column names at most; a mapped field comes first, custom fields share what is left."""


def columns(name: str, shape: dict[str, Any], mapped: Sequence[str]) -> list[str]:
    """Columns of `name` that the user sees, in a fixed order.

    `shape` is the answer of describe. A column that the user may not see is left out there, and
    asking for it would fail the whole query.
    """
    visible = {field["name"]: field for field in shape["fields"]}
    wanted = [*ALWAYS, *STANDARD.get(name, ()), *sorted(mapped)]
    chosen = [field for field in dict.fromkeys(wanted) if field in visible]
    custom = sorted(n for n, f in visible.items() if f.get("custom") and _plain(f))
    room = ROOM - sum(len(field) + 4 for field in chosen)
    for field in custom:
        room -= len(field) + 4
        if field not in chosen and room > 0:
            chosen.append(field)
    return chosen


def _plain(field: dict[str, Any]) -> bool:
    """Long rich texts and files are not worth carrying with each record."""
    long = field.get("type") == "textarea" and int(field.get("length") or 0) > 4000
    return field.get("type") not in NOT_A_VALUE and not long
