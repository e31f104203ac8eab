"""HubSpot's search as the sandbox does it: filters, one sort, offsets that end at 10,000. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

Row = Mapping[str, Any]
MAX_RESULTS = 10_000
MAX_LIMIT = 200
MAX_BODY = 3_000
STAMPS = ("createdate", "hs_lastmodifieddate", "lastmodifieddate")


class BadSearch(ValueError):
    """The request breaks one of the rules; the message is HubSpot's sort of sentence."""


def search(rows: Sequence[Row], body: Mapping[str, Any], size: int) -> dict[str, Any]:
    """One page: total, results and paging; raises BadSearch."""
    limit, offset = int(body.get("limit") or 10), int(body.get("after") or 0)
    _check(body, size, limit, offset)
    found = [row for row in rows if _matches(row, body.get("filterGroups") or ())]
    for sort in body.get("sorts") or ():
        reverse = sort.get("direction") == "DESCENDING"
        found.sort(key=lambda row, name=sort["propertyName"]: _value(row, name), reverse=reverse)  # type: ignore[misc]
    results = found[offset : offset + limit]
    page: dict[str, Any] = {"total": len(found), "results": results}
    if offset + limit < len(found):
        page["paging"] = {"next": {"after": str(offset + limit)}}
    return page


def _check(body: Mapping[str, Any], size: int, limit: int, offset: int) -> None:
    groups = body.get("filterGroups") or ()
    counts = [len(group.get("filters") or ()) for group in groups]
    if size > MAX_BODY:
        raise BadSearch("The request body is over 3000 characters")
    if limit > MAX_LIMIT:
        raise BadSearch(f"The limit {limit} is over the maximum of {MAX_LIMIT}")
    if offset + limit > MAX_RESULTS:
        raise BadSearch("There was a problem with the request: paging beyond 10000 results")
    if len(groups) > 5 or max(counts, default=0) > 6 or sum(counts) > 18:
        raise BadSearch("Too many filters")
    if len(body.get("sorts") or ()) > 1:
        raise BadSearch("Only one sort is allowed")


def _matches(row: Row, groups: Sequence[Mapping[str, Any]]) -> bool:
    return not groups or any(all(_holds(row, one) for one in g["filters"]) for g in groups)


def _holds(row: Row, rule: Mapping[str, Any]) -> bool:
    name, operator = rule["propertyName"], rule["operator"]
    text: str | None = row["properties"].get(name)
    if operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        return (text is None) is not (operator == "HAS_PROPERTY")
    if operator in ("IN", "NOT_IN"):
        return (text in rule["values"]) is (operator == "IN")
    near, far = _value(row, name), _number(name, str(rule["value"]))
    if operator == "BETWEEN":
        return far <= near <= _number(name, str(rule["highValue"]))
    tests = {
        "EQ": near == far,
        "NEQ": near != far,
        "GT": near > far,
        "GTE": near >= far,
        "LT": near < far,
        "LTE": near <= far,
    }
    if operator not in tests:
        raise BadSearch(f"Unknown operator {operator}")
    return tests[operator]


def _value(row: Row, name: str) -> float:
    return _number(name, row["properties"].get(name) or "0")


def _number(name: str, text: str) -> float:
    if name in STAMPS and not text.isdigit():
        return datetime.fromisoformat(text).timestamp() * 1000
    try:
        return float(text)
    except ValueError:
        raise BadSearch(f"{name} is not a number or a time in this sandbox") from None
