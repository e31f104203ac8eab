"""What the mapping language cannot say: properties that senders write in any shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from hub.api import Record, Unmappable
from mappings.conversions import domains, emails, phones
from mappings.language import Context
from plugins.mixpanel.events import text

TRUE = frozenset({"true", "yes", "1"})


def loose(convert: Callable[[str, Context], Any], value: Any, context: Context) -> Any:
    """A conversion of text; what is no text, or cannot be used, is left out."""
    found = text(value)
    try:
        return (convert(found, context) if found else None) or None
    except Unmappable:
        return None


def whole_name(said: Any, context: Context) -> str | None:
    """`$name`, else the first and last name."""
    if not isinstance(said, Mapping):
        return None
    own = text(said.get("$name"))
    parts = [own] if own else [text(said.get(k)) for k in ("$first_name", "$last_name")]
    return " ".join(filter(None, parts)) or None


def address(profile: Record, context: Context) -> list[str] | None:
    """`$email`; else the distinct id where the product uses addresses as ids."""
    said = (profile.get("properties") or {}).get("$email")
    found = next((t for t in (text(said), profile["id"]) if "@" in t), "")
    addresses: list[str] | None = loose(emails, found, context)
    return addresses


def internal(profile: Record, context: Context) -> bool | None:
    """True for staff, by the property `internal` or by their address; None says nothing."""
    flag = (profile.get("properties") or {}).get("internal")
    if flag is True or text(flag).casefold() in TRUE:
        return True
    ours = context.settings.get("internal_domains", "").casefold().replace(";", ",").split(",")
    own = {domain.strip().lstrip("@") for domain in ours} - {""}
    found = address(profile, context) or ()
    return True if any(one.rpartition("@")[2] in own for one in found) else None


def moment(given: str, context: Context) -> datetime | None:
    """A time; without a zone it is the project's, or UTC."""
    try:
        found = datetime.fromisoformat(given)
        if found.tzinfo is None:
            name = context.settings.get("time_zone", "").strip()
            found = found.replace(tzinfo=ZoneInfo(name) if name else UTC)
        return found.astimezone(UTC).replace(microsecond=found.microsecond // 1000 * 1000)
    except (ValueError, LookupError, OSError, OverflowError):
        return None


def integer(given: str, context: Context) -> int | None:
    """A whole number or its text ("1,200"); what is none, such as "50-100", is left out."""
    digits = given.replace(",", "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 16 else None


def hosts(said: Any, context: Context) -> list[str] | None:
    """The domains of a group's `website` and `domain`."""
    given = [text(said.get(name)) for name in ("website", "domain")]
    return domains([one for one in given if one])


CONVERSIONS: Mapping[str, Callable[..., Any]] = {
    "mixpanel_text": partial(loose, lambda given, _: given),
    "mixpanel_integer": partial(loose, integer),
    "mixpanel_time": partial(loose, moment),
    "mixpanel_ids": partial(loose, lambda given, _: [given]),
    "mixpanel_phones": partial(loose, phones),
    "mixpanel_domains": hosts,
    "mixpanel_name": whole_name,
    "mixpanel_address": address,
    "mixpanel_internal": internal,
}
