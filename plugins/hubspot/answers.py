"""The JSON that the sandbox's HubSpot answers with. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Row = dict[str, Any]

PORTAL, APP_ID = 62515001, 1160452
CORRELATION = "aeb5f871-7f07-4993-9211-075dc63e7cbf"
ACCOUNT: Mapping[str, Any] = {
    "portalId": PORTAL,
    "accountType": "STANDARD",
    "timeZone": "Europe/Berlin",
    "companyCurrency": "EUR",
    "additionalCurrencies": [],
    "uiDomain": "app-eu1.hubspot.com",
    "dataHostingLocation": "eu1",
}
LIMITED = {
    "status": "error",
    "message": "You have reached your ten_secondly_rolling limit.",
    "errorType": "RATE_LIMIT",
    "correlationId": CORRELATION,
    "policyName": "TEN_SECONDLY_ROLLING",
}
SPENT = LIMITED | {"message": "You have reached your daily limit.", "policyName": "DAILY"}


def limits(burst: tuple[int, int], day: tuple[int, int]) -> dict[str, str]:
    """The headers of ten seconds and of a day: what each holds, and what is left of it."""
    return {
        "X-HubSpot-RateLimit-Daily": str(day[0]),
        "X-HubSpot-RateLimit-Daily-Remaining": str(day[1]),
        "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
        "X-HubSpot-RateLimit-Max": str(burst[0]),
        "X-HubSpot-RateLimit-Remaining": str(burst[1]),
    }


def shown(row: Row, names: Iterable[str]) -> Row:
    """A record as it is answered: only the properties that were asked for and that exist."""
    wanted = {*names, "hs_object_id", "createdate"}
    properties = {k: v for k, v in row["properties"].items() if k in wanted}
    return {**row, "properties": properties, "archived": "archivedAt" in row}


def slice_of(rows: Sequence[Row], after: str | None, limit: int) -> tuple[list[Row], bool]:
    """The rows above the id `after`, and whether more follow."""
    start = bisect_right(rows, int(after or 0), key=number)
    return list(rows[start : start + limit]), start + limit < len(rows)


def batch(results: list[Row], errors: list[Row], now: str) -> Row:
    """A batch's answer; with errors it is a partial one, status 207."""
    body: Row = {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}
    return body | ({"numErrors": len(errors), "errors": errors} if errors else {})


def absent(context: Row) -> Row:
    """The entry of a batch's errors for ids that are not there."""
    message = "Could not get some objects, they may be deleted or not exist."
    category = "OBJECT_NOT_FOUND"
    empty: Row = {"errors": [], "links": {}}
    return {"status": "error", "category": category, "message": message, "context": context} | empty


def error(category: str, message: str) -> Row:
    """The body of a refusal."""
    found = {"status": "error", "message": message, "correlationId": CORRELATION}
    return {**found, "category": category}


def lacking(scope: str) -> Row:
    """The body of a 403 that names a scope."""
    context = {"requiredGranularScopes": [scope]}
    message = "This app hasn't been granted all required scopes to make this call."
    return {**error("MISSING_SCOPES", message), "errors": [{"message": "", "context": context}]}


def number(row: Row) -> int:
    """Ids are ordered as numbers."""
    return int(row["id"])
