"""Sugar's filter definitions in small; what it does not know is refused with 422."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from hub.sandbox import Refused
from plugins.sugarcrm.sandbox_sessions import error

Json = dict[str, Any]
Test = Callable[[Json], bool]
STAMPS = ("date_modified", "date_entered")
COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "$equals": operator.eq,
    "$not_equals": operator.ne,
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}


def test_of(definitions: Any, ids: bool) -> Test:
    """All of a list of definitions. Raises Refused; ids: whether `$gt` on an id is known."""
    if not isinstance(definitions, list):
        raise Refused(error(422, "invalid_parameter", "Unexpected filter type."))
    tests = [_one(found, ids) for found in definitions]
    return lambda row: all(test(row) for test in tests)


def _one(definition: Any, ids: bool) -> Test:
    if not isinstance(definition, dict):
        raise Refused(error(422, "invalid_parameter", "Did not expect that filter."))
    tests = [_part(name, value, ids) for name, value in definition.items()]
    return lambda row: all(test(row) for test in tests)


def _part(name: str, value: Any, ids: bool) -> Test:
    if name == "$and":
        return test_of(value, ids)
    if name == "$or":
        tests = [_one(found, ids) for found in value]
        return lambda row: any(test(row) for test in tests)
    if not isinstance(value, dict):
        return _compare(name, "$equals", value)
    if name == "id" and "$gt" in value and not ids:
        raise Refused(error(422, "invalid_parameter", "Did not recognize the operand: $gt"))
    tests = [_compare(name, word, wanted) for word, wanted in value.items()]
    return lambda row: all(test(row) for test in tests)


def _compare(name: str, word: str, wanted: Any) -> Test:
    if word == "$in":
        among = frozenset(wanted)
        return lambda row: row.get(name) in among
    if word not in COMPARE:
        raise Refused(error(422, "invalid_parameter", f"Did not recognize the operand: {word}"))
    compare, ours = COMPARE[word], _value(name, wanted)
    return lambda row: compare(_value(name, row.get(name)), ours)


def _value(name: str, value: Any) -> Any:
    """A stamp as a moment, whatever its zone; a flag as a number; all else as it is."""
    if name in STAMPS:
        return datetime.fromisoformat(value)
    return int(value or 0) if name == "deleted" else value
