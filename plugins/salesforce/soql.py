"""Enough SOQL for the sandbox: SELECT of columns, WHERE with AND, ORDER BY, LIMIT.

Refuses what the real parser refuses: unknown objects and columns, a datetime in quotes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

QUERY = re.compile(
    r"\s*SELECT\s+(?P<columns>.+?)\s+FROM\s+(?P<object>\w+)"
    r"(?:\s+WHERE\s+(?P<where>.+?))?(?:\s+ORDER\s+BY\s+(?P<order>.+?))?"
    r"(?:\s+LIMIT\s+(?P<limit>\d+))?\s*",
    re.IGNORECASE | re.DOTALL,
)
CONDITION = re.compile(
    r"\s*(\w+)\s*(>=|<=|!=|=|>|<|\s+IN\s+)\s*(.+?)\s*", re.IGNORECASE | re.DOTALL
)
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">=": lambda a, b: a is not None and a >= b,
    "<=": lambda a, b: a is not None and a <= b,
    ">": lambda a, b: a is not None and a > b,
    "<": lambda a, b: a is not None and a < b,
    "IN": lambda a, b: a in b,
}

Types = Mapping[str, Mapping[str, str]]
Row = dict[str, Any]


class Refusal(Exception):
    """The query is wrong; `code` is the vendor's errorCode."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Query:
    """One parsed query. A test is (column, operator, value)."""

    object: str
    columns: tuple[str, ...]
    tests: tuple[tuple[str, str, Any], ...]
    order: tuple[str, ...]
    limit: int | None

    def wanted_ids(self) -> frozenset[str] | None:
        """Ids that the query asks for by name, or None."""
        for column, operator, value in self.tests:
            if column == "Id" and operator == "IN":
                return frozenset(value)
        return None

    def admits(self, row: Row) -> bool:
        """Whether every condition holds for a row."""
        return all(
            COMPARE[operator](_comparable(row.get(column)), value)
            for column, operator, value in self.tests
        )

    def sort_key(self, row: Row) -> tuple[str, ...]:
        """For ORDER BY; nulls first, as the vendor does."""
        return tuple(str(row.get(column) or "") for column in self.order)


def parse(text: str, types: Types) -> Query:
    """Parse and check against the columns' types; raises Refusal."""
    match = QUERY.fullmatch(text)
    if match is None:
        raise Refusal("MALFORMED_QUERY", "unexpected token")
    name = match["object"]
    if name not in types:
        raise Refusal("INVALID_TYPE", f"sObject type '{name}' is not supported.")
    columns = tuple(part.strip() for part in match["columns"].split(","))
    order = tuple(part.strip() for part in (match["order"] or "").split(",") if part.strip())
    tests = tuple(_test(part, types[name]) for part in _parts(match["where"]))
    for column in (*columns, *order, *(test[0] for test in tests)):
        if column not in types[name]:
            raise Refusal("INVALID_FIELD", f"No such column '{column}' on entity '{name}'.")
    return Query(name, columns, tests, order, int(match["limit"]) if match["limit"] else None)


def _parts(where: str | None) -> list[str]:
    return re.split(r"\s+AND\s+", where, flags=re.IGNORECASE) if where else []


def _test(text: str, types: Mapping[str, str]) -> tuple[str, str, Any]:
    match = CONDITION.fullmatch(text)
    if match is None:
        raise Refusal("MALFORMED_QUERY", f"unexpected token: {text}")
    column, operator, literal = match[1], match[2].strip().upper(), match[3]
    if operator == "IN":
        inner = literal.strip("() ")
        return column, operator, frozenset(_value(part.strip()) for part in inner.split(","))
    if types.get(column) == "datetime" and not MOMENT.fullmatch(literal):
        raise Refusal(
            "INVALID_FIELD",
            f"value of filter criterion for field '{column}' must be of type dateTime",
        )
    return column, operator, _value(literal)


def _value(literal: str) -> Any:
    if re.fullmatch(r"'(?:[^'\\]|\\.)*'", literal):
        return re.sub(r"\\(.)", r"\1", literal[1:-1])
    words = {"true": True, "false": False, "null": None}
    if literal.lower() in words:
        return words[literal.lower()]
    if MOMENT.fullmatch(literal):
        return literal[:19]
    if re.fullmatch(r"-?\d+(?:\.\d+)?", literal):
        return float(literal)
    raise Refusal("MALFORMED_QUERY", f"unexpected token: {literal}")


def _comparable(value: Any) -> Any:
    """Datetimes as whole seconds, so that both notations of UTC compare."""
    is_moment = isinstance(value, str) and len(value) == 28 and value[10] == "T"
    return value[:19] if is_moment else value
