"""What is particular to one instance: modules, fields, drop-downs, currencies, how deals are kept.

Facts: developer guide, "Metadata" and "enum", and Sugar Enterprise 13.3 (MetaDataManager: sections
`modules` with `fields` and `config`, and `currencies` by id with `iso4217`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hub.api import GiveUp
from plugins.sugarcrm.client import Json, SugarClient

MODULES = (
    *("Users", "Accounts", "Contacts", "Opportunities", "Cases"),
    *("Calls", "Meetings", "Tasks"),
)
BASE = "-99"
"""The id of the system's own currency."""
TYPES = {
    **dict.fromkeys(
        ("varchar", "name", "text", "phone", "url", "fullname", "htmleditable"), "text"
    ),
    **dict.fromkeys(("int", "tinyint"), "integer"),
    **dict.fromkeys(("decimal", "float", "double", "currency"), "number"),
    **dict.fromkeys(("id", "relate", "assigned_user_name"), "reference"),
    "bool": "boolean",
    "enum": "choice",
    "radioenum": "choice",
    "multienum": "choices",
    "date": "date",
    "datetime": "time",
    "datetimecombo": "time",
}
HIDDEN = frozenset(("link", "image", "file", "collection"))
"""Types of what is no value of a record."""
DROPDOWNS = {
    "Accounts": ("account_type", "industry"),
    "Opportunities": ("sales_stage", "sales_status", "opportunity_type"),
    "Cases": ("status", "priority", "type"),
    "Tasks": ("status",),
}
"""Whose words the mapping reads; administrators rename and add to them."""


def describe(client: SugarClient) -> Json:
    """{"address", "admin", "time_zone", "currency": the system's, "currencies": id -> ISO 4217,
    "deal_field": which drop-down says whether a deal is won, "modules", "fields", "labels":
    module -> field -> word -> label}."""
    asked = {"type_filter": "modules,currencies", "module_filter": ",".join(MODULES)}
    found = client.get("metadata", asked)
    modules = _modules(found)
    user = (client.get("me") or {}).get("current_user") or {}
    currencies = _currencies(found.get("currencies"))
    labels = {m: dict(_labels(client, m, modules[m])) for m in DROPDOWNS if m in modules}
    return {
        "address": client.site,
        "admin": user.get("type") == "admin",
        "time_zone": (user.get("preferences") or {}).get("timezone"),
        "currency": currencies.get(BASE),
        "currencies": currencies,
        "deal_field": deal_field(modules.get("Opportunities") or {}),
        "modules": sorted(modules),
        "fields": {m: _fields(modules[m], labels.get(m, {})) for m in sorted(modules)},
        "labels": labels,
    }


def modules_of(client: SugarClient) -> list[str]:
    """Which of the modules that we read this edition has."""
    asked = {"type_filter": "modules", "module_filter": ",".join(MODULES)}
    return sorted(_modules(client.get("metadata", asked)))


def deal_field(module: Mapping[str, Any]) -> str:
    """With Revenue Line Items a deal's stage is a roll-up, and its status says how it stands."""
    config = module.get("config") or {}
    by_lines = config.get("opps_view_by") == "RevenueLineItems"
    return "sales_status" if by_lines else "sales_stage"


def _modules(found: Mapping[str, Any]) -> Json:
    modules = found.get("modules") or {}
    return {name: modules[name] for name in MODULES if isinstance(modules.get(name), Mapping)}


def _currencies(found: Any) -> dict[str, str]:
    """The ISO 4217 code of each currency by its id; what has none is left out."""
    rows = found if isinstance(found, Mapping) else {}
    codes = {id: str((row or {}).get("iso4217") or "").strip().upper() for id, row in rows.items()}
    return {id: code for id, code in codes.items() if len(code) == 3}


def _labels(client: SugarClient, module: str, shape: Mapping[str, Any]) -> Iterator[Any]:
    for name in DROPDOWNS[module]:
        if name in (shape.get("fields") or {}):
            try:
                words = client.get(f"{module}/enum/{name}")
            except GiveUp:
                continue
            if isinstance(words, Mapping):
                yield name, {word: label for word, label in words.items() if word}


def _fields(shape: Mapping[str, Any], labels: Mapping[str, Any]) -> list[Json]:
    """[{"name", "title", "type", "custom", "values"}], ordered by name."""
    fields = shape.get("fields") or {}
    return [
        {
            "name": name,
            "title": str(field.get("label") or name),
            "type": TYPES.get(str(field.get("type")), "other"),
            "custom": name.endswith("_c"),
            "values": sorted(labels.get(name, {})),
        }
        for name, field in sorted(fields.items())
        if isinstance(field, Mapping) and field.get("type") not in HIDDEN
    ]
