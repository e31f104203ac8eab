"""Zendesk's streams: which come by export and which by list, and records by their ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from hub.api import Change, Record, Stream
from plugins.zendesk import lists, records
from plugins.zendesk.client import LIMIT, ZendeskClient
from plugins.zendesk.exports import Export, Read

DAY_S = 86_400
METRICS = {"include": "metric_sets"}
"""The list of ticket metrics leaves archived tickets out; the export's own does not."""

ORGANIZATIONS = Export("organizations", "organizations", records.organizations, counted=True)
USERS = Export("users", "users", records.users, counted=True)
TICKETS = Export("tickets", "tickets", records.tickets, METRICS)


def fetch(
    path: str, read: Read, params: Mapping[str, Any], client: ZendeskClient, ids: Sequence[str]
) -> Iterator[Record | Change]:
    """Current records by id, in the shape of the export; what is not there is left out."""
    body = client.many(path, ids, params)
    if body:
        yield from read(client, body)


def _by_ids(path: str, read: Read, params: Mapping[str, Any] | None = None) -> Callable[..., Any]:
    return partial(fetch, path, read, params or {})


STREAMS = (
    Stream(
        "organizations",
        records.ORGANIZATION,
        "account",
        ORGANIZATIONS.by_time,
        _by_ids("organizations", records.organizations),
        interval_s=600,
        deletes="listing",
        fetch_batch=LIMIT,
    ),
    Stream(
        "users",
        records.USER,
        "contact",
        USERS.by_cursor,
        _by_ids("users", records.users),
        interval_s=600,
        fetch_batch=LIMIT,
    ),
    Stream(
        "agents",
        records.AGENT,
        "user",
        lists.AGENTS.pages,
        _by_ids("users", records.agents),
        interval_s=DAY_S,
        deletes="listing",
        fetch_batch=LIMIT,
    ),
    Stream(
        "tickets",
        records.TICKET,
        "ticket",
        TICKETS.by_cursor,
        _by_ids("tickets", records.tickets, METRICS),
        fetch_batch=LIMIT,
    ),
    Stream(
        "ratings",
        records.RATING,
        "satisfaction",
        lists.RATINGS.pages,
        interval_s=600,
        deletes="never",
    ),
    Stream(
        "survey_responses",
        records.RESPONSE,
        "satisfaction",
        lists.RESPONSES.pages,
        interval_s=600,
        deletes="never",
    ),
    Stream("deleted_users", "deleted_user", None, lists.DELETED_USERS.pages, None, DAY_S, "events"),
)
