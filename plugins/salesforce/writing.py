"""Writing the health of accounts into a text field of theirs, many in one call.

Facts: developer.salesforce.com, REST API Developer Guide, "Update Multiple Records with Fewer
Round-Trips" (sObject Collections: at most 200 records, each answered for itself unless `allOrNone`)
and "sObject Describe" (`updateable` follows the user's permissions and field-level security).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hub.api import GiveUp, Refusal, RetryLater, WriteBack

if TYPE_CHECKING:
    from plugins.salesforce.client import Client

OBJECT = "Account"
MOST = 200
LEAST_LENGTH = 255
TEXT = ("string", "textarea")
AGAIN_S: Mapping[str, float] = {"UNABLE_TO_LOCK_ROW": 60.0, "ENTITY_IS_LOCKED": 3600.0}
"""A row that another transaction holds is free in moments; one in an approval, when it is over."""
WORDS: Mapping[str, str] = {
    "UNABLE_TO_LOCK_ROW": "Somebody else was saving this account at the same moment.",
    "ENTITY_IS_LOCKED": "The account is locked by an approval process.",
    "ENTITY_IS_DELETED": "The account was deleted in Salesforce, or merged into another one.",
    "INVALID_CROSS_REFERENCE_KEY": "The account is gone from Salesforce, or hidden from the user.",
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": "A validation rule of the org refuses the account.",
    "STRING_TOO_LONG": "The field is too short for the text by now.",
}
FORBIDDEN = (
    "INVALID_FIELD",
    "INVALID_FIELD_FOR_INSERT_UPDATE",
    "INSUFFICIENT_ACCESS",
    "INSUFFICIENT_ACCESS_OR_READONLY",
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
)
EDIT = (
    "Edit on Accounts (Setup > Permission Sets > the set of the hub's user > Object Settings > "
    "Accounts)"
)
CREATE = (
    "Make one in Salesforce: Setup > Object Manager > Account > Fields & Relationships > New > "
    "Text (255), for instance “Customer health”. Give the hub's user Edit on it there, and show it "
    "to your people read-only."
)


def fields(client: Client) -> list[tuple[str, str]]:
    """(name, label) of the org's own long texts on accounts that this user may edit."""
    shape = _shape(client)
    return [
        (str(one["name"]), str(one.get("label") or one["name"]))
        for one in shape.get("fields", ())
        if one.get("custom") and one.get("updateable") and _holds_text(one)
    ]


def lacks(client: Client) -> list[str]:
    """Whether the user may edit accounts at all."""
    return [] if _shape(client).get("updateable") else [EDIT]


def write(client: Client, field: str, texts: Sequence[tuple[str, str]]) -> list[Refusal]:
    """Write up to 200 texts; what Salesforce refuses of them comes back, one by one."""
    records = [
        {"attributes": {"type": OBJECT}, "id": native_id, field: text or None}
        for native_id, text in texts
    ]
    asked = {"allOrNone": False, "records": records}
    answers = client.send("PATCH", "composite/sobjects", json=asked).json()
    if not isinstance(answers, list) or len(answers) != len(texts):
        raise RetryLater("Salesforce answered only a part of a batch.", reason="partial_batch")
    codes = {
        native_id: _code(answer)
        for (native_id, _), answer in zip(texts, answers, strict=True)
        if not answer.get("success")
    }
    if texts and len(codes) == len(texts) and set(codes.values()) <= {*FORBIDDEN}:
        raise GiveUp(
            f"Salesforce does not let the hub's user write {field}: the field is gone, or Edit on "
            f"it was taken (Setup > Object Manager > Account > Fields & Relationships > {field} > "
            "Set Field-Level Security).",
            reason="missing_permission",
        )
    return [_refusal(native_id, code) for native_id, code in codes.items()]


def _shape(client: Client) -> Mapping[str, Any]:
    """As it is now: an admin who has just made a field must find it."""
    client.forget(OBJECT)
    return client.describe(OBJECT) or {}


def _holds_text(one: Mapping[str, Any]) -> bool:
    return one.get("type") in TEXT and int(one.get("length") or 0) >= LEAST_LENGTH


def _code(answer: Mapping[str, Any]) -> str:
    return next((str(error.get("statusCode")) for error in answer.get("errors") or ()), "unknown")


def _refusal(native_id: str, code: str) -> Refusal:
    sentence = WORDS.get(code, f"Salesforce refused to save the account ({code}).")
    return Refusal(native_id, sentence, AGAIN_S.get(code))


WRITE_BACK = WriteBack(
    object=OBJECT,
    fields=fields,
    lacks=lacks,
    write=write,
    create=CREATE,
    stamps=("SystemModstamp", "LastModifiedDate"),
    batch=MOST,
)
