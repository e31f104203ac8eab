"""What goes into a mapping and what comes out: the context, the mapped record and its links."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

__all__ = ["BY", "KINDS", "Context", "Conversion", "Link", "LinkBy", "LinkKind", "Mapped"]

LinkKind = Literal[
    "account",
    "contact",
    "owner",
    "assignee",
    "reporter",
    "requester",
    "user",
    "parent",
    "ticket",
    "project",
    "same",
]
LinkBy = Literal["record", "domain", "email", "external_id", "xref"]

KINDS: tuple[LinkKind, ...] = LinkKind.__args__  # type: ignore[attr-defined]
BY: tuple[LinkBy, ...] = LinkBy.__args__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Context:
    """What a mapping may know beside the record.

    settings: the connection's settings, as entered. account: facts of the vendor account, such as
    {"currency": "EUR", "stages": {"77": {"label": "Signed", "probability": "1.0"}}}.
    """

    settings: Mapping[str, str] = field(default_factory=dict)
    account: Mapping[str, Any] = field(default_factory=dict)


Conversion = Callable[[Any, Context], Any]
"""Turns one vendor value into a canonical one; None means absent.

It raises Unmappable("", sentence) where the value cannot be used: the path is filled in."""


@dataclass(frozen=True, slots=True, order=True)
class Link:
    """A reference to another record.

    value: by record "object:native id" in the same connection, by xref "connector:object:native id"
    in whichever connection has it, else the registrable domain, the lower-case e-mail address or
    the tenant's own key.
    """

    kind: LinkKind
    by: LinkBy
    value: str


@dataclass(frozen=True, slots=True)
class Mapped:
    """One vendor record in canonical words.

    `values` and `custom` hold BSON-plain values only. `version` is the vendor's modified stamp.
    `merged_into` is the native id of the survivor, of the same object.
    """

    object: str
    native_id: str
    entity: str
    version: datetime | None
    created_at: datetime | None
    external_id: str | None
    deleted: bool
    merged_into: str | None
    values: dict[str, Any]
    links: tuple[Link, ...]
    custom: dict[str, Any]
    url: str | None
