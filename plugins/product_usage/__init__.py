"""Product usage: what people do in the tenant's own product, sent to the hub by its SDKs.

A connection is one source that sends (the web application, the mobile one, a server). Nothing is
pulled: the hub keeps what arrives, counts it, and makes the records that this mapping reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.api import AccountInfo, Connector, CorrectInput, Field, Http, Page, Stream, hookimpl
from plugins.product_usage.conversions import CONVERSIONS

HERE = Path(__file__).parent
_GAPS = re.compile(r"[^a-z0-9]+")

FIELDS = (
    Field(
        "source",
        "Name of the source",
        "What sends the events, such as Web app, Mobile or Backend. Each source has its own keys.",
        placeholder="Web app",
    ),
    Field(
        "ignored_events",
        "Events that are no use",
        "Names divided by commas: such an event is kept and counted, and makes nobody active.",
        required=False,
        default="Heartbeat, Ping, Login Failed, Sign In Failed, Session Expired",
    ),
    Field(
        "internal_domains",
        "Your own e-mail domains",
        "Divided by commas: people with such an address are your staff and do not count as users.",
        required=False,
        placeholder="our-company.com",
    ),
)


@dataclass(frozen=True, slots=True)
class Source:
    """Stands where other connectors have a client: there is nobody to call."""

    name: str


def open_source(settings: Mapping[str, str], secrets: Mapping[str, str], http: Http) -> Source:
    return Source(settings.get("source", "").strip())


def check(source: Source) -> AccountInfo:
    """The source is its name, so that one name is connected once. Raises CorrectInput."""
    slug = _GAPS.sub("-", source.name.casefold()).strip("-")
    if not slug:
        raise CorrectInput(
            "The name needs a letter or a digit, such as Web app.", reason="no_name", field="source"
        )
    return AccountInfo(slug, source.name)


def nothing_to_pull(client: Any, cursor: Any, fields: Sequence[str]) -> Iterable[Page]:
    """Events are pushed; a pull brings one empty page and is content."""
    yield Page((), "pushed")


def _stream(name: str, object: str, entity: str) -> Stream:
    return Stream(name, object, entity, nothing_to_pull, interval_s=86_400, deletes="never")


PRODUCT_USAGE = Connector(
    name="product_usage",
    title="Product usage",
    source_kind="usage",
    fields=FIELDS,
    open=open_source,
    check=check,
    streams=(
        _stream("groups", "group", "account"),
        _stream("users", "user", "contact"),
        _stream("usage", "usage", "usage"),
    ),
    webhooks=(),
    mapping=HERE / "mapping.yaml",
    readme=HERE / "README.md",
    conversions=CONVERSIONS,
    takes_events=True,
)


@hookimpl
def register_connectors() -> Iterable[Connector]:
    """Offer this connector to the hub."""
    return [PRODUCT_USAGE]
