"""Paging, sorting and filtering at the server, said by the address alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import request, url_for

PAGE_SIZE = 50
MOST_PAGES = 1000


@dataclass(frozen=True, slots=True)
class Paging:
    """One page of a list: `number` from 1, `total` rows in all."""

    number: int
    total: int
    size: int = PAGE_SIZE

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        return (self.number - 1) * self.size + 1 if self.total else 0

    @property
    def last(self) -> int:
        return min(self.number * self.size, self.total)


def page_number() -> int:
    """The page asked for; anything odd is the first."""
    text = request.args.get("page", "1")
    return min(max(int(text), 1), MOST_PAGES) if text.isdigit() else 1


def offset(number: int, size: int = PAGE_SIZE) -> int:
    return (number - 1) * size


def choice(name: str, allowed: Mapping[str, Any] | tuple[str, ...], default: str = "") -> str:
    """A parameter of the address, if it is one of the known words."""
    given = request.args.get(name, "")
    return given if given in allowed else default


def text(name: str, most: int = 100) -> str:
    return request.args.get(name, "").strip()[:most]


def with_args(**changes: Any) -> str:
    """This page's address with some parameters changed; empty ones are left out."""
    args = {**request.args.to_dict(), **changes}
    kept = {name: value for name, value in args.items() if value not in ("", None)}
    return f"{request.path}?{urlencode(kept)}" if kept else request.path


def number(name: str) -> int:
    """A whole number of the address, nought if it is none."""
    given = request.args.get(name, "")
    return int(given) if given.isdigit() and len(given) < 7 else 0


def back(endpoint: str) -> str:
    """Where a form came from, if it said so with a query of this very list."""
    query = request.form.get("back", "").partition("?")[2]
    return f"{url_for(endpoint)}?{query}" if query else url_for(endpoint)
