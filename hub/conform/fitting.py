"""Further rules on what a connector says of itself: versions, limits, settings that it reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import isfinite

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from hub.api import Left
from hub.conform.ground import Asked, Ground
from hub.conform.rule import Broken, require, rule
from hub.plugin_host import VERSION
from hub.sandbox import Request
from mappings.canonical import ENTITIES

ODD = ("", "abc", "-1", "nan", "1e999", "9" * 30, "ü", "10; w=1", "Mon, 32 Foo 2026", "0")
COMMON = (
    *("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "RateLimit"),
    *("Retry-After", "Sforce-Limit-Info", "X-Rate-Limit", "X-HubSpot-RateLimit-Daily"),
)
STEP = re.compile(r"^\s*1\. ", re.MULTILINE)
RIGHTS = re.compile(r"permission|scope|right|role|allowed|administrator", re.IGNORECASE)
LIMITS = re.compile(r"limit|quota|\brate|per minute|per second|a minute|a second", re.IGNORECASE)


@rule("manifest", "bronze", "Names, versions and intervals fit together, and fit this hub")
def manifest(ground: Ground) -> None:
    own, here = ground.connector, str(ground.folder / "__init__.py")
    try:
        fits = VERSION in SpecifierSet(own.requires_hub)
    except InvalidSpecifier:
        raise Broken(f"requires_hub is {own.requires_hub!r}, which says nothing.", here) from None
    require(fits, f"It requires hub {own.requires_hub}; this is {VERSION}.", here)
    require(own.title.strip(), "It has no title.", here)
    for kind, names in {
        "stream": [s.name for s in own.streams],
        "object": [s.object for s in own.streams],
        "webhook": [w.name for w in own.webhooks],
        "field": [f.key for f in own.fields],
    }.items():
        require(len(names) == len(set(names)), f"Two have one name: a {kind}.", here)
    for stream in own.streams:
        require(stream.entity in {None, *ENTITIES}, f"{stream.name} is of no entity.", here)
        require(stream.interval_s >= 60, f"{stream.name} is asked for all the time.", here)
        require(0 <= stream.precision_s <= 3600, f"{stream.name} has no precision.", here)
        known = stream.deletes in ("listing", "events", "never")
        require(known, f"{stream.name} declares deletes as {stream.deletes}.", here)


@rule("described", "silver", "The README has numbered steps, the permissions and the limits")
def described(ground: Ground) -> None:
    path = ground.connector.readme
    text = path.read_text() if path.is_file() else ""
    for found, what in ((STEP, "numbered step"), (RIGHTS, "permission"), (LIMITS, "limit")):
        require(found.search(text), f"The README names no {what}.", str(path))


@rule("limits", "silver", "Limits that are declared are possible, and odd headers break nothing")
def limits(ground: Ground) -> None:
    own, here = ground.connector.limits, str(ground.folder / "client.py")
    settings = Asked(ground.given["settings"], ground.asked)
    for rate in own.rates_of(settings):
        require(rate.calls > 0 and rate.per_s > 0, f"{rate} lets nothing through.", here)
    require(0 < own.share(settings) <= 1, "The share of the limits is no part of a whole.", here)
    require(own.concurrent is None or own.concurrent > 0, "No call at once is allowed.", here)
    for headers in _headers(ground):
        try:
            found = list(own.left(headers))
        except Exception as error:
            raise Broken(f"{headers} raised {type(error).__name__}.", here) from None
        require(all(map(_is_possible, found)), f"{headers} is read as {found}.", here)


def _headers(ground: Ground) -> Iterator[Mapping[str, str]]:
    """The vendor's own headers and common ones, and the same with odd values."""
    request = Request("GET", "/", "/", {}, {}, b"")
    theirs = {k: str(v) for k, v in ground.vendor.limit_headers(request).items()}
    yield from ({}, theirs)
    theirs = dict.fromkeys(COMMON, "60") | theirs
    for odd in ODD:
        yield dict.fromkeys(theirs, odd)
        for name in theirs:
            yield {**theirs, name: odd}


def _is_possible(left: Left) -> bool:
    numbers = [n for n in (left.calls, left.of, left.reset_s, left.per_s) if n is not None]
    return left.per_s > 0 and all(isfinite(n) and n >= 0 for n in numbers)


@rule("asked", "silver", "Only settings and secrets that are declared are read")
def asks(ground: Ground) -> None:
    """Asked last, when every client has been opened and used."""
    ground.account()
    own = {field.key for field in ground.connector.fields}
    own |= {"access_token"} if ground.connector.oauth else set()
    strange = sorted(ground.asked - own)
    said = f"It reads {', '.join(strange)}, which is no field."
    require(not strange, said, str(ground.folder / "__init__.py"))
    fields = {field.key: field.secret for field in ground.connector.fields}
    for key in ground.given["secrets"]:
        require(fields.get(key, True), f"{key} is a secret and not marked so.")
