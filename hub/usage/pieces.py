"""The events of a body, each with its own bytes, so that one that is no good spoils no other.

What is wrong with one event, its size, depth or text, is found by looking at that event alone;
only a body that is no JSON at all is refused as a whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hub.errors import Malformed, TooLarge

EVENT_BYTES = 32 * 1024
DEPTH, KEYS, KEY_LENGTH = 16, 1000, 300
REASONS = {
    "too_large": f"An event may have {EVENT_BYTES:,} bytes.",
    "too_deep": f"An event may be nested {DEPTH} deep.",
    "too_many_keys": f"An event may have {KEYS:,} keys.",
    "long_key": f"A key may have {KEY_LENGTH} characters.",
    "long_number": "A number has too many digits.",
    "not_utf8": "The event is not text in UTF-8.",
    "not_an_object": "An event is a JSON object.",
}

_SPACE = re.compile(r"[ \t\n\r]*")
_MARK = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
_SCALAR = re.compile(r"[^\s,\[\]{}]+")
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_LONG = re.compile(rf'"[^"]{{{KEY_LENGTH}}}')


class _NoNumber(ValueError):
    """NaN and Infinity, which some encoders write and JSON does not have."""


def _refuse_constant(name: str) -> None:
    raise _NoNumber(name)


Scan = Callable[[str, int], tuple[Any, int]]
_strict: Scan = json.JSONDecoder(parse_constant=_refuse_constant).scan_once  # type: ignore[attr-defined]
_lenient: Scan = json.JSONDecoder(parse_constant=lambda name: None).scan_once  # type: ignore[attr-defined]


@dataclass(slots=True)
class Piece:
    """One event of a body; `reason` is a key of REASONS when it cannot be taken.

    `text` is what was sent, or what was understood where it held NaN or half a surrogate pair.
    """

    value: Any = None
    text: str = ""
    reason: str = ""
    flags: tuple[str, ...] = ()

    @property
    def raw(self) -> bytes:
        return self.text.encode()


def opened(
    body: bytes, array: str | None, *, most: int = 1, alone: bool = False
) -> tuple[dict[str, Any], list[Piece]]:
    """The outer object, and the events: the elements of its array of that name.

    With `alone`, an object without such an array is itself the one event. Raises TooLarge at the
    event behind the `most`th, and Malformed when the body is not such JSON.
    """
    text = body.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    at = _after_space(text, 0)
    if text[at : at + 1] != "{":
        raise Malformed("The body is not a JSON object.", reason="invalid_json")
    outer, pieces = _members(text, at, array, most)
    if pieces is None and not alone:
        raise Malformed(f"The body has no array `{array}`.", reason="no_events", field=array)
    found = [_element(text, at)[0]] if pieces is None else pieces
    return outer, [checked(piece) for piece in found]


def checked(piece: Piece) -> Piece:
    """The piece with its reason if it is too much, or not text, or no object."""
    if piece.reason:
        return piece
    if not isinstance(piece.value, dict):
        piece.reason = "not_an_object"
    elif len(piece.text) > EVENT_BYTES:
        piece.reason = "too_large"
    else:
        piece.reason = (_may_be_bomb(piece.text) and _bomb(piece.value)) or _spoiled(piece)
    return piece


def _may_be_bomb(text: str) -> bool:
    """False for nearly every event, by counting signs, which is cheaper than to walk it."""
    return (
        text.count("{") + text.count("[") > DEPTH
        or text.count(":") > KEYS
        or _LONG.search(text) is not None
    )


def _bomb(event: dict[str, Any]) -> str:
    """What of the event is too much, or ""."""
    keys = 0
    level: list[Any] = [event]
    for _ in range(DEPTH):
        below = []
        for node in level:
            if node.__class__ is dict:
                keys += len(node)
                if any(len(key) > KEY_LENGTH for key in node):
                    return "long_key"
            inside = node.values() if node.__class__ is dict else node
            below += [one for one in inside if one.__class__ in (dict, list)]
        if keys > KEYS:
            return "too_many_keys"
        if not below:
            return ""
        level = below
    return "too_deep"


def _spoiled(piece: Piece) -> str:
    """Raw bytes that are no UTF-8 are a reason; half a surrogate pair is replaced, NaN is null."""
    try:
        size = len(piece.text.encode())
        if _HALF.search(piece.text):
            json.dumps(piece.value, ensure_ascii=False).encode()
        if piece.flags:
            piece.text = json.dumps(piece.value)
    except UnicodeEncodeError:
        if any("\udc80" <= letter <= "\udcff" for letter in piece.text):
            return "not_utf8"
        whole = json.dumps(piece.value, ensure_ascii=False).encode("utf-16", "surrogatepass")
        piece.text = whole.decode("utf-16", "replace")
        piece.value = json.loads(piece.text)
        piece.flags = (*piece.flags, "bad_text")
        return ""
    return "too_large" if size > EVENT_BYTES else ""


def _members(
    text: str, at: int, array: str | None, most: int
) -> tuple[dict[str, Any], list[Piece] | None]:
    outer: dict[str, Any] = {}
    pieces: list[Piece] | None = None
    at, more = _after_space(text, at + 1), False
    while more or text[at : at + 1] != "}":
        if text[at : at + 1] != '"':
            raise _broken(at)
        name, at = _read(text, at)
        at = _after_space(text, _expect(text, _after_space(text, at), ":"))
        if name == array and text[at : at + 1] == "[" and pieces is None:
            pieces, at = _elements(text, at, most)
        else:
            piece, at = _element(text, at)
            outer[name] = piece.value
            if len(outer) > KEYS:
                raise Malformed(f"The body has more than {KEYS:,} fields.", reason="too_many_keys")
        at, more = _next(text, at, "}")
    if _after_space(text, at + 1) != len(text):
        raise _broken(at + 1)
    return outer, pieces


def _elements(text: str, at: int, most: int) -> tuple[list[Piece], int]:
    pieces: list[Piece] = []
    at, more = _after_space(text, at + 1), False
    while more or text[at : at + 1] != "]":
        if len(pieces) == most:
            raise TooLarge(f"More than {most:,} events; so many are taken at once.")
        piece, at = _element(text, at)
        pieces.append(piece)
        at, more = _next(text, at, "]")
    return pieces, at + 1


def _element(text: str, at: int) -> tuple[Piece, int]:
    """The value at `at` and where it ends; one that Python cannot read is stepped over.

    Raises Malformed when it is no JSON.
    """
    flags: tuple[str, ...] = ()
    try:
        try:
            value, end = _strict(text, at)
        except _NoNumber:
            value, end = _lenient(text, at)
            flags = ("bad_number",)
    except (json.JSONDecodeError, StopIteration) as error:
        raise _broken(at) from error
    except RecursionError:
        return Piece(reason="too_deep"), _stepped_over(text, at)
    except ValueError:  # Python reads no whole number of thousands of digits.
        return Piece(reason="long_number"), _stepped_over(text, at)
    return Piece(value, text[at:end], flags=flags), end


def _read(text: str, at: int) -> tuple[Any, int]:
    try:
        return _lenient(text, at)
    except json.JSONDecodeError as error:
        raise _broken(at) from error


def _stepped_over(text: str, at: int) -> int:
    """Where the value at `at` ends, by its brackets alone."""
    if text[at] not in "[{":
        scalar = _SCALAR.match(text, at)
        return scalar.end() if scalar else at
    depth = 0
    for mark in _MARK.finditer(text, at):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(mark.group()[0], 0)
        if not depth:
            return mark.end()
    raise _broken(at)


def _next(text: str, at: int, close: str) -> tuple[int, bool]:
    """Behind a value: the place of the next one and True, or of the closing bracket and False."""
    at = _after_space(text, at)
    if text[at : at + 1] == close:
        return at, False
    return _after_space(text, _expect(text, at, ",")), True


def _expect(text: str, at: int, sign: str) -> int:
    if text[at : at + 1] != sign:
        raise _broken(at)
    return at + 1


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None
    return found.end()


def _broken(at: int) -> Malformed:
    return Malformed(f"The body is not JSON: look at character {at}.", reason="invalid_json")
