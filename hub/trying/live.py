"""A connector against a real account: what its streams bring, without storing anything."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hub import describing
from hub.api import AccountInfo, Change, Connector, Field, Page, Record, Stream
from hub.engine.incoming import Source
from hub.errors import GiveUp, HubError
from hub.fields import check_fields
from hub.http import VendorHttp
from hub.plugin_host import PluginHost
from hub.trying.footing import Footing
from hub.trying.mapped import unread
from mappings.errors import Unmappable
from mappings.language import Context

PREFIX = "HUB_TRY_"
TOKEN = "access_token"  # noqa: S105
SHOWN = 8
Ask = Callable[[Field], str]


def given(
    connector: Connector, environ: Mapping[str, str], ask: Ask
) -> tuple[dict[str, str], dict[str, str]]:
    """Settings and secrets from the environment (HUB_TRY_<KEY>); what is needed and lacks is asked.

    An app's access token, where the vendor has OAuth, is HUB_TRY_ACCESS_TOKEN and stands for the
    secrets. Raises CorrectInput.
    """
    token = environ.get(f"{PREFIX}{TOKEN.upper()}", "") if connector.oauth else ""
    filled = connector.oauth.fills if token and connector.oauth else ()
    found: dict[str, str] = {}
    for field in connector.fields:
        value = environ.get(f"{PREFIX}{field.key.upper()}", "")
        needed = field.required and not field.default and field.key not in filled
        if not value and needed and not (token and field.secret):
            value = ask(field)
        found[field.key] = value
    plain = {f.key: found[f.key] for f in connector.fields if not f.secret and found[f.key]}
    hidden = {f.key: found[f.key] for f in connector.fields if f.secret and found[f.key]}
    settings, secrets = check_fields(connector, plain, hidden, granted=bool(token))
    return settings, {**secrets, TOKEN: token} if token else secrets


def connect(
    host: PluginHost, name: str, settings: Mapping[str, str], secrets: Mapping[str, str]
) -> tuple[Footing, AccountInfo]:
    """Open, check and describe; raises what the vendor makes of the credentials."""
    connector = host.connector(name)
    client = connector.open(settings, secrets, VendorHttp(None, "try"))
    account = connector.check(client)
    told = connector.describe(client) if connector.describe else {}
    known = {**describing.facts(told), "id": account.id, "name": account.name}
    context = Context(dict(settings), known)
    source = Source("cnx_try", connector, host.mappings[name], context)
    return Footing(source, connector.mapping.parent, client, account.id), account


def look(footing: Footing) -> Iterator[dict[str, Any]]:
    """For each stream its first page, mapped, and one of its records read by id.

    {"stream", "object", "state", "records", "total", "mapped", "problem", "unmapped", "fetch",
    "seconds"}: `problem` is the vendor's refusal, or why the first such record cannot be mapped.
    No value of a record is in it.
    """
    for stream in footing.connector.streams:
        began = time.monotonic()
        row: dict[str, Any] = {"stream": stream.name, "object": stream.object, "state": "ok"}
        try:
            row |= _page(footing, stream)
        except HubError as error:
            row |= {"state": "refused", "problem": f"{type(error).__name__}: {error.sentence}"}
        yield {**row, "seconds": round(time.monotonic() - began, 2)}


def _page(footing: Footing, stream: Stream) -> dict[str, Any]:
    mapping = footing.source.mappings.get(stream.object)
    fields = mapping.source_fields if mapping else ()
    page: Page | None = next(iter(stream.pages(footing.client, None, fields)), None)
    records = list(page.records) if page else []
    row: dict[str, Any] = {"records": len(records), "total": page.total if page else None}
    if mapping is None:
        return {**row, "problem": "no mapping for this object"}
    row |= _mapped(footing, stream, records)
    if row["mapped"]:
        row["fetch"] = _fetched(footing, stream, records)
    if row["mapped"] < len(records):
        row["state"] = "refused"
    return row


def _mapped(footing: Footing, stream: Stream, records: list[Record]) -> dict[str, Any]:
    mapping, good, problem = footing.source.mappings[stream.object], 0, ""
    left: Counter[str] = Counter()
    for record in records:
        try:
            mapping.apply(record, footing.source.context)
        except Unmappable as error:
            problem = problem or f"{error.path}: {error.sentence}"
            continue
        good += 1
    if records:
        left.update(row["path"] for row in unread(footing, stream.object, records[0]))
    return {"mapped": good, "problem": problem, "unmapped": list(left)[:SHOWN]}


def _fetched(footing: Footing, stream: Stream, records: list[Record]) -> str:
    """Whether a record read by id is the record that was listed."""
    if stream.fetch is None:
        return "cannot be read by id"
    record = next(r for r in records if footing.native_id(stream.object, r))
    native = footing.native_id(stream.object, record)
    try:
        answer = list(stream.fetch(footing.client, [native]))
    except GiveUp as error:
        return f"refused: {error.sentence}"
    found = [one for one in answer if not isinstance(one, Change)]
    if not found:
        return "missing"
    trimmed = {*found[0]} ^ {*record}
    return f"other fields: {', '.join(sorted(trimmed)[:SHOWN])}" if trimmed else "same fields"
