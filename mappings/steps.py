"""The small functions that compiled mappings call at run time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mappings import normalise
from mappings.canonical import FieldSpec
from mappings.conversions import BUILTINS, identifier, plain_value, text
from mappings.errors import Unmappable
from mappings.plain import blank, kind, plain
from mappings.record import BY, KINDS, Link, LinkBy, LinkKind

__all__ = ["MISSING", "child", "filled", "finder", "fitter", "item", "joined", "linker", "rows"]

MISSING: Any = object()
"""No such key, where None is a value."""

_EMPTY: Mapping[str, Any] = {}


def child(value: Any) -> Mapping[str, Any]:
    """An object to read from; empty for a blank one; raises Unmappable for another kind."""
    if isinstance(value, Mapping):
        return value
    if blank(value):
        return _EMPTY
    raise Unmappable("", f"an object is due, not {kind(value)}")


def rows(value: Any) -> list[Any]:
    """A list to take from; empty for a blank value; raises Unmappable for another kind."""
    if isinstance(value, list):
        return value
    if blank(value):
        return []
    raise Unmappable("", f"a list is due, not {kind(value)}")


def item(values: list[Any], position: int) -> Any:
    """One item of a list; None where the list is too short."""
    return values[position] if -len(values) <= position < len(values) else None


def word(value: Any) -> str | None:
    """A scalar as the text that a mapping writes for it: true, 2, Closed Won."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int):
        return identifier(value)
    if blank(value):
        return None
    raise Unmappable("", f"a single word is due, not {kind(value)}")


def joined(values: Iterable[Any]) -> str | None:
    """What is not blank of several scalars, with a space between."""
    return " ".join(found for value in values if (found := word(value))) or None


def filled(values: Iterable[Any]) -> str | None:
    """Scalars put together without a space; None if one of them is blank."""
    found = [value if value.__class__ is str else word(value) for value in values]
    return None if any(blank(part) for part in found) else "".join(found)  # type: ignore[arg-type]


def finder(steps: tuple[str | int, ...], absent: Any) -> Callable[[Any, Any], Any]:
    """A function (table, value) that looks the value up and walks `steps` in what it finds."""

    def find(table: Any, value: Any) -> Any:
        key = word(value)
        found = child(table).get(key, MISSING) if key is not None else None
        if found is MISSING:
            return absent
        for step in steps:
            found = item(rows(found), step) if isinstance(step, int) else child(found).get(step)
        return found

    return find


def translator(words: Mapping[str, Any], other: Any) -> Callable[[Any], Any]:
    """A function that turns the vendor's word into ours, or `other`; Unmappable without one."""

    def translate(value: Any) -> Any:
        key = value if value.__class__ is str and value in words else None
        if key is None and value is not MISSING:
            key = word(value)
            if key is None:
                return None
        found = words.get(key, other) if key is not None else other
        if found is MISSING:
            raise Unmappable("", _unknown(key))
        return found

    return translate


def _unknown(key: str | None) -> str:
    if key is None:
        return "this key is not in the table that it is looked up in, and there is no else"
    shown = f"{key[:60]}..." if len(key) > 60 else key
    return f"the word {shown!a} is not mapped, and there is no else"


def fitter(spec: FieldSpec | None) -> Callable[[Any], Any]:
    """A function that makes sure that a connector's own conversion made what the field holds."""
    if spec is None:
        return plain_value
    one = _one(spec)
    if not spec.many:
        return one

    def several(value: Any) -> Any:
        values = value if isinstance(value, list | tuple) else [value]
        return [found for inner in values if (found := one(inner)) is not None] or None

    return several


def _one(spec: FieldSpec) -> Callable[[Any], Any]:
    if spec.type == "enum":
        return translator({name: name for name in spec.enum or ()}, MISSING)
    if spec.type == "money":
        return _money
    if spec.type == "map":
        return lambda value: None if blank(value) else plain(child(value))
    if spec.type in ("email", "domain", "phone", "country"):
        return text
    call = BUILTINS[spec.type].call
    return lambda value: call(value, None)


def _money(value: Any) -> Any:
    found = child(value)
    if not found:
        return None
    if set(found) != {"minor", "currency", "exponent"}:
        raise Unmappable("", "money has minor, currency and exponent")
    return BUILTINS["money_minor"].call(found["minor"], found["currency"])


def linker(kind_: LinkKind, by: LinkBy | None, record: str | None) -> Callable[[Any, Any], None]:
    """A function (value, links) that adds a link for a value, or for each of a list."""
    reference = _reference(by, record)

    def link(value: Any, links: list[Link]) -> None:
        if not isinstance(value, list | tuple):
            one = value if isinstance(value, Link) else reference(value)
            if one is not None:
                links.append(_made(one, kind_, by))
            return
        found = [one if isinstance(one, Link) else reference(one) for one in value]
        links.extend(_made(one, kind_, by) for one in dict.fromkeys(found) if one is not None)

    return link


def _made(found: Link | str, kind_: LinkKind, by: LinkBy | None) -> Link:
    return Link(kind_, by or "record", found) if isinstance(found, str) else _checked(found)


def _reference(by: LinkBy | None, record: str | None) -> Callable[[Any], str | None]:
    if record is not None:
        return lambda value: f"{record}:{found}" if (found := identifier(value)) else None
    if by == "email":
        return lambda value: normalise.email(text(value) or "")
    if by == "domain":
        return lambda value: normalise.registrable_domain(text(value) or "")
    if by == "xref":
        return lambda value: normalise.xref(text(value) or "")
    return identifier if by else _no_reference


def _no_reference(value: Any) -> str | None:
    if blank(value):
        return None
    raise Unmappable("", "the conversion of this link must return Link records")


def _checked(link: Link) -> Link:
    value = identifier(link.value)
    if link.kind not in KINDS or link.by not in BY or value is None:
        raise Unmappable("", "the conversion made a link of an unknown kind, or without a value")
    return Link(link.kind, link.by, value)
