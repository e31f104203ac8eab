"""Writing the health of companies into a property of theirs, a hundred in one call.

Facts: developers.hubspot.com, "CRM objects" (batch update takes 100 records; one that is not there
is among the answer's errors, status 207), "Properties" (modificationMetadata) and "Error handling".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.api import GiveUp, Refusal, WriteBack
from plugins.hubspot.client import BATCH_LIMIT, Client
from plugins.hubspot.consent import WRITE_SCOPE

KIND, OBJECT = "companies", "company"
PREFIX = "properties."
GONE = "The company was deleted in HubSpot."
REFUSED = "HubSpot refused to save the company; its own rules for the property may forbid it."
MISSING = (
    f"{WRITE_SCOPE} (in your private app: Auth > Scopes; with the hub's own app, ask its operator "
    "to add it, then reconnect)"
)
CREATE = (
    "Make one in HubSpot: Settings > Properties > Company properties > Create property, field type "
    "“Single-line text” or “Multi-line text”, for instance “Customer health”."
)


def fields(client: Client) -> list[tuple[str, str]]:
    """(path, label) of the account's own texts on companies."""
    return [
        (f"{PREFIX}{one['name']}", str(one.get("label") or one["name"]))
        for one in client.properties(KIND)
        if _is_own_text(one)
    ]


def _is_own_text(one: Mapping[str, Any]) -> bool:
    """Not HubSpot's own, nor computed, nor one that has to differ from record to record."""
    meta = one.get("modificationMetadata") or {}
    barred = ("hubspotDefined", "calculated", "archived", "hasUniqueValue")
    is_text = one.get("type") == "string" and one.get("fieldType") in ("text", "textarea")
    return is_text and not meta.get("readOnlyValue") and not any(one.get(name) for name in barred)


def lacks(client: Client) -> list[str]:
    """Asks to save nothing: HubSpot looks at the scope before it looks at the body."""
    try:
        client.update(KIND, [])
    except GiveUp as error:
        return [MISSING] if error.reason == "missing_scope" else []
    return []


def write(client: Client, field: str, texts: Sequence[tuple[str, str]]) -> list[Refusal]:
    """Write up to 100 texts. One record that HubSpot's rules refuse fails the whole call, which is
    then halved until it stands alone."""
    try:
        return _write(client, field, texts)
    except GiveUp as error:
        if error.reason != "refused":
            raise
        if not any(path == field for path, _ in fields(client)):
            raise GiveUp(
                f"The property {field.removeprefix(PREFIX)} is gone from HubSpot, or may no longer "
                "be edited: choose another one.",
                reason="missing_permission",
            ) from error
        return _halved(client, field, texts)


def _halved(client: Client, field: str, texts: Sequence[tuple[str, str]]) -> list[Refusal]:
    if len(texts) == 1:
        return [Refusal(texts[0][0], REFUSED)]
    refusals: list[Refusal] = []
    half = len(texts) // 2
    for some in (texts[:half], texts[half:]):
        try:
            refusals += _write(client, field, some)
        except GiveUp as error:
            if error.reason != "refused":
                raise
            refusals += _halved(client, field, some)
    return refusals


def _write(client: Client, field: str, texts: Sequence[tuple[str, str]]) -> list[Refusal]:
    name = field.removeprefix(PREFIX)
    inputs = [{"id": native_id, "properties": {name: text}} for native_id, text in texts]
    return [_refusal(one) for one in client.update(KIND, inputs)]


def _refusal(found: tuple[str, str]) -> Refusal:
    native_id, category = found
    return Refusal(native_id, GONE if category == "OBJECT_NOT_FOUND" else REFUSED)


WRITE_BACK = WriteBack(
    object=OBJECT,
    fields=fields,
    lacks=lacks,
    write=write,
    create=CREATE,
    stamps=("updatedAt", "properties.hs_lastmodifieddate"),
    batch=BATCH_LIMIT,
)
