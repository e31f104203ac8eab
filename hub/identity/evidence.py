"""What of a record speaks for who it is: each claim with the fields and the vendor's own words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from hub.engine.incoming import Source
from hub.identity.vendors import Vendors
from hub.store.client import Doc
from mappings import normalise
from mappings.language import ObjectMapping
from mappings.making import making, part_of
from mappings.names import name_key
from mappings.tax import tax_id

Key = tuple[str, str]
READS = {
    "account": (
        ("external_id", "external_id"),
        ("tax_id", "tax_ids"),
        ("domain", "domains"),
        ("email_domain", "emails"),
        ("name", "name"),
    ),
    "contact": (("external_id", "external_id"), ("external_id", "user_ids"), ("email", "emails")),
}
"""(kind of claim, the canonical field that makes it), by entity."""
_BETWEEN = re.compile(r"[;,\s]+")
_WHOLE = ("name", "external_id", "tax_ids")


def claims(record: Doc, vendors: Vendors) -> dict[Key, list[Doc]]:
    """{(kind, value): [{"field", "path", "value"}]} of a record of an account or a contact.

    path: where in the vendor's body, or None where only the canonical value is known; value: as it
    is written there. Kinds and values are those of `mappings.claims`.
    """
    found: dict[Key, list[Doc]] = {}
    for kind, field, path, text in _words(record, vendors):
        value = normal(kind, text, record)
        if value is not None:
            fact = {"field": field, "path": path, "value": text}
            found.setdefault((kind, value), []).append(fact)
    for link in record.get("links") or ():
        if link["by"] == "xref":
            fact = _reference(record, link["value"], vendors)
            found.setdefault(("xref", link["value"]), []).append(fact)
    return found


def _reference(record: Doc, value: str, vendors: Vendors) -> Doc:
    """Where the vendor keeps the id of another vendor's record."""
    found = _mapping(record, vendors)
    for name, rule in (found[0].definition["links"] if found else {}).items():
        if found and isinstance(rule, Mapping) and rule.get("by") == "xref":
            made = making(found[0], ("links", name), _body(record), found[1].context)
            for look in made.looks:
                if isinstance(look.value, str) and value.endswith(f":{look.value}"):
                    return {"field": "links", "path": look.path, "value": look.value}
    return {"field": "links", "path": None, "value": value}


def _mapping(record: Doc, vendors: Vendors) -> tuple[ObjectMapping, Source] | None:
    source = vendors.source(record["connection_id"])
    mapping = source.mappings.get(record["object"]) if source else None
    return (mapping, source) if mapping and source else None


def blocked(record: Doc, vendors: Vendors) -> list[Doc]:
    """Words that could identify but do not: [{"kind", "field", "path", "value", "reason"}]."""
    return [
        {"kind": kind, "field": field, "path": path, "value": text, "reason": reason}
        for kind, field, path, text in _words(record, vendors)
        if kind != "email_domain" and normal(kind, text, record) is None
        if (reason := _reason(kind, text))
    ]


def normal(kind: str, text: str, record: Doc) -> str | None:
    """The normal form of a text as a claim of this kind; None when it identifies nobody."""
    if kind == "external_id":
        return normalise.external_id(text)
    if kind == "tax_id":
        return tax_id(text, (record.get("values") or {}).get("country"))
    if kind == "name":
        return name_key(text)
    if kind == "email":
        return _person(text)
    return normalise.registrable_domain(text)


def _person(text: str) -> str | None:
    address = normalise.email(text)
    return None if address and normalise.is_role_address(address) else address


def _words(record: Doc, vendors: Vendors) -> Iterator[tuple[str, str, str | None, str]]:
    """(kind, field, path, text): the vendor's words, and canonical ones that these do not make."""
    raw = _body(record)
    for kind, field in READS.get(record.get("entity", ""), ()):
        written = list(_written(record, field, raw, vendors))
        yield from ((kind, field, path, text) for path, text in written)
        made = {normal(kind, text, record) for _, text in written}
        for text in _canonical(record, field):
            if normal(kind, text, record) not in made:
                yield kind, field, None, text


def _canonical(record: Doc, field: str) -> list[str]:
    values = record.get("values") or {}
    given = record.get(field) if field == "external_id" else values.get(field)
    return [given] if isinstance(given, str) else list(given or ())


def _body(record: Doc) -> Any:
    with suppress(ValueError):
        return json.loads(bytes(record.get("raw") or b"null"))
    return None


def _written(record: Doc, field: str, raw: Any, vendors: Vendors) -> Iterator[tuple[str, str]]:
    """(path, text) wherever today's mapping reads this field in the stored body."""
    found = _mapping(record, vendors)
    part = part_of(found[0], field) if found and raw is not None else None
    if found is None or part is None:
        return
    mapping, source = found
    for look in making(mapping, part, raw, source.context).looks:
        if look.used and look.root == "record":
            yield from ((look.path, text) for text in _texts(look.value, field in _WHOLE))


def _texts(value: Any, whole: bool) -> list[str]:
    if isinstance(value, str):
        return [value] if whole else [part for part in _BETWEEN.split(value) if part]
    if isinstance(value, list):
        return [text for one in value for text in _texts(one, whole)]
    return [str(value)] if isinstance(value, int) and not isinstance(value, bool) else []


def _reason(kind: str, text: str) -> str | None:
    if kind == "domain":
        return normalise.blocked_reason(text) or "no domain that somebody registered"
    if kind == "email":
        return "an address of a desk, not of a person" if normalise.email(text) else None
    return {"external_id": "a placeholder, not a key", "tax_id": "no tax id of a known form"}.get(
        kind
    )
