"""How values are said on a page: times, money, names of fields. Everything returned is escaped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from flask import Flask, g
from markupsafe import Markup, escape

from hub.health.shown import half_up
from hub.health.words import BANDS, TITLES
from hub.progress import told
from hub.web.screens.here import here, the_hub

STEPS = ((60, "sec"), (60, "min"), (24, "hour"), (30.44, "day"), (12, "month"))
SHORT = ("sec", "min")
FIELDS = {
    "mrr": "MRR",
    "url": "Link",
    "nps": "NPS",
    "csat": "CSAT",
    "renewal_at": "Renewal",
    "go_live_at": "Live since",
    "churned_at": "Churned on",
    "tax_ids": "Tax ids",
    "emails": "E-mail",
    "phones": "Phone",
}
RULES = {
    "source_order": "this source comes first for this field",
    "most_recent": "the most recent value counts",
    "union": "the values of all sources together",
    "manual": "set by a person",
}


_NAMES = re.compile(r"\b[a-z][a-z_]+\b")


def install(app: Flask) -> None:
    for function in (
        ago,
        day,
        value,
        field,
        source,
        money,
        counted,
        measure,
        rule,
        points,
        is_web,
        plain_number,
        named,
        told,
    ):
        app.jinja_env.filters[function.__name__] = function
    app.jinja_env.globals.update(BANDS=BANDS)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def spoken(seconds: float) -> str:
    """ "3 min ago", "in 2 hours"; "just now" within ten seconds."""
    if abs(seconds) < 10:
        return "just now"
    amount, unit = abs(seconds), "year"
    for size, name in STEPS:
        if amount < size:
            unit = name
            break
        amount /= size
    n = int(amount)
    words = f"{n} {unit}{'' if n == 1 or unit in SHORT else 's'}"
    return f"{words} ago" if seconds > 0 else f"in {words}"


def ago(at: datetime | None, absent: str = "never") -> Markup:
    """A time in words, with the exact time in UTC on hover."""
    if not at:
        return Markup('<span class="text-secondary">{}</span>').format(absent)
    moment = at.astimezone(UTC)
    now = g.get("now") or here().now
    return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(
        moment.isoformat(timespec="seconds"),
        moment.strftime("%Y-%m-%d %H:%M:%S"),
        spoken((now - moment).total_seconds()),
    )


def day(text: str | None, absent: str = "never") -> Markup:
    """A calendar day (YYYY-MM-DD) in words, with the day itself on hover."""
    if not text:
        return Markup('<span class="text-secondary">{}</span>').format(absent)
    now: datetime = g.get("now") or here().now
    days = (now.date() - date.fromisoformat(text[:10])).days
    near = {0: "today", 1: "yesterday", -1: "tomorrow"}.get(days)
    words = near or spoken(days * 86_400.0)
    return Markup('<time datetime="{}" title="{}" data-day>{}</time>').format(text, text, words)


def money(amount: Mapping[str, Any] | None, rounded: bool = False) -> str:
    """ "EUR 3,600"; with the smaller unit only where it is not nought, or never if `rounded`."""
    if not amount:
        return ""
    exponent = amount.get("exponent", 2)
    unit = 10**exponent
    whole, rest = divmod(abs(amount["minor"]), unit)
    if rounded:
        whole, rest = whole + (2 * rest >= unit and unit > 1), 0
    sign = "−" if amount["minor"] < 0 else ""
    decimals = f".{rest:0{exponent}d}" if rest else ""
    return f"{amount['currency']} {sign}{whole:,}{decimals}"


def value(given: Any, links: bool = True) -> Markup | str:
    """Any canonical or stored value as people read it; an address is a link where `links`."""
    if given is None or given == "" or given == []:
        return Markup('<span class="text-secondary">empty</span>')
    if isinstance(given, bool):
        return "yes" if given else "no"
    if isinstance(given, datetime):
        return ago(given)
    if isinstance(given, Mapping):
        if "minor" in given and "currency" in given:
            return money(given)
        return ", ".join(f"{k}: {value(v)}" for k, v in given.items())
    if isinstance(given, list | tuple):
        return Markup(", ").join(escape(value(one, links)) for one in given)
    if isinstance(given, str) and is_web(given):
        shown = given.split("://", 1)[1].rstrip("/")
        if not links:
            return shown
        return Markup('<a href="{}" rel="noopener noreferrer">{}</a>').format(given, shown)
    return f"{given:,}" if isinstance(given, int) else str(given)


def is_web(address: str | None) -> bool:
    """Whether a vendor's word may become a link: no other scheme may, such as `javascript:`."""
    given = address or ""
    return given.startswith(("https://", "http://")) and " " not in given


def plain_number(given: float | None) -> str:
    """A number without noughts behind the point: 35, 0.417."""
    return "" if given is None else f"{half_up(given, 3):,.3f}".rstrip("0").rstrip(".")


def named(text: str) -> str:
    """A sentence of the score with the vendors' own names in it."""
    known = the_hub().plugins.connectors
    return _NAMES.sub(lambda found: known[found[0]].title if found[0] in known else found[0], text)


def field(name: str) -> str:
    """The name of a field as a heading: "open_tickets" is "Open tickets"."""
    return FIELDS.get(name) or name.replace("_", " ").capitalize()


def measure(key: str) -> str:
    return TITLES.get(key, field(key))


def rule(name: str) -> str:
    return RULES.get(name, name.replace("_", " "))


def source(name: str) -> str:
    """The vendor's own name for a connector, or for several ("hubspot, jira")."""
    known = the_hub().plugins.connectors
    parts = [part.strip() for part in name.split(",")]
    return ", ".join(known[p].title if p in known else p.capitalize() for p in parts)


def counted(n: int, singular: str, plural: str = "") -> str:
    """ "1 ticket", "2 tickets"."""
    return f"{n:,} {singular if n == 1 else plural or singular + 's'}"


def points(given: float | None, signed: bool = False) -> str:
    """Points in tenths, with a true minus sign."""
    if given is None:
        return ""
    tenths = half_up(given, 1)
    text = f"{tenths:+.1f}" if signed else f"{tenths:.1f}"
    return text.replace("-", "−")
