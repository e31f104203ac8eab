"""What the mapping language cannot say: who of the people is staff, and names in parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mappings.conversions import domains, emails
from mappings.language import Context
from mappings.plain import clean

TRUE = frozenset({"true", "yes", "1"})


def internal(traits: Any, context: Context) -> bool | None:
    """True for staff, by the trait `internal` or by their address; None says nothing."""
    if not isinstance(traits, Mapping):
        return None
    said = traits.get("internal", traits.get("is_internal"))
    if said is True or (isinstance(said, str) and said.strip().casefold() in TRUE):
        return True
    ours = own_domains(context)
    found = emails(traits.get("email")) if isinstance(traits.get("email"), str) else None
    return True if any(a.rpartition("@")[2] in ours for a in found or ()) else None


def own_domains(context: Context) -> frozenset[str]:
    """The domains of the tenant's own staff, as entered."""
    given = context.settings.get("internal_domains", "").replace(";", ",").split(",")
    return frozenset(d.strip().casefold().lstrip("@") for d in given if d.strip())


def whole_name(traits: Any, context: Context) -> str | None:
    """`name`, else the first and last name."""
    if not isinstance(traits, Mapping):
        return None
    parts = [traits.get("name")] if _text(traits.get("name")) else []
    parts = parts or [traits.get("firstName"), traits.get("lastName")]
    return " ".join(t for t in map(_text, parts) if t) or None


def loose_text(value: Any, context: Context) -> str | None:
    """Text or a number as text; any other shape is left out, since senders check nothing."""
    return _text(value) or None


def loose_integer(value: Any, context: Context) -> int | None:
    """A whole number or its text ("1,200"); what is none, such as "50-100", is left out."""
    if isinstance(value, bool):
        return None
    text = str(value).replace(",", "").strip() if isinstance(value, int | float | str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def loose_address(value: Any, context: Context) -> list[str] | None:
    """The e-mail address if it is one."""
    return emails(value) if isinstance(value, str) and "@" in value else None


def loose_domains(value: Any, context: Context) -> list[str] | None:
    """The domains of those of the given that are text."""
    given = value if isinstance(value, list) else [value]
    return domains([text for text in given if isinstance(text, str)])


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return clean(str(value)).strip()


CONVERSIONS = {
    "usage_internal": internal,
    "usage_name": whole_name,
    "usage_text": loose_text,
    "usage_integer": loose_integer,
    "usage_domains": loose_domains,
    "usage_address": loose_address,
}
