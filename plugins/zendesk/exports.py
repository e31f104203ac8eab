"""Zendesk's incremental exports as streams: by cursor (tickets, users) or by time (organizations).

Facts: developer.zendesk.com/documentation/ticketing/managing-tickets/
using-the-incremental-export-api. Tickets are chosen by `generated_timestamp`, which system changes
move without `updated_at`: rows may come with an old `updated_at`, and none is left out for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from hub.api import Change, GiveUp, Page, Record
from plugins.zendesk.client import Json, ZendeskClient, stuck
from plugins.zendesk.records import split

MOST = 1000
"""Rows on a page of an export."""
OVERLAP_S = 300
"""The exports leave the last minute out, and refuse a start that is later than that."""
REFUSED = ("bad_request", "not_found", "gone", "unprocessable")
Read = Callable[[ZendeskClient, Json], Iterable[Record | Change]]


@dataclass(frozen=True, slots=True)
class Export:
    """One export. rows: the list in an answer. read: its records and changes in full shape.
    counted: Zendesk tells how many there are; of tickets it does not, archived ones included."""

    path: str
    rows: str
    read: Read
    params: Mapping[str, Any] = field(default_factory=dict)
    counted: bool = False

    def by_cursor(
        self, client: ZendeskClient, cursor: Any, fields: Sequence[str] = ()
    ) -> Iterator[Page]:
        """Pages behind a cursor; `end_of_stream` says that there is no more just now.

        Cursor: {"cursor", "seen": the newest stamp, in epoch seconds, "turn": runs so far}. Zendesk
        does not say how long a cursor lives: where it is refused, the stamp stands in for it.
        """
        state: Json = {"cursor": None, "seen": 0, "turn": 0} | (cursor or {})
        total = self._total(client, cursor)
        before: list[Json] = []
        while True:
            body = self._behind(client, state)
            after, ended = body.get("after_cursor"), bool(body.get("end_of_stream"))
            if not ended and (not after or after == state["cursor"]):
                raise stuck(self.path)
            rows = client.rows(body, self.rows, self.path)
            seen = max([state["seen"], *map(stamp, rows)])
            turn = state["turn"] + int(ended)
            state = {"cursor": after or state["cursor"], "seen": seen, "turn": turn}
            yield self._page(client, body, fresh(rows, before), state, total)
            if ended:
                return
            before = rows

    def by_time(
        self, client: ZendeskClient, cursor: Any, fields: Sequence[str] = ()
    ) -> Iterator[Page]:
        """Pages from a time on; rows of the last second of a page come again on the next.

        Cursor: {"since": epoch seconds, "turn": runs so far}. More rows of one second than a page
        holds lead in a circle: then the plain list is read instead, which pages by a cursor.
        """
        state: Json = {"since": 0, "turn": 0} | (cursor or {})
        total = self._total(client, cursor)
        before: list[Json] = []
        while "list" not in state:
            body = self._from(client, state["since"])
            rows = client.rows(body, self.rows, self.path)
            end, ended = body.get("end_time") or state["since"], _is_last(body, rows)
            if not ended and end <= state["since"]:
                state = {**state, "list": None}
                break
            state = self._next(client, state, end) if ended else {**state, "since": end}
            yield self._page(client, body, fresh(rows, before), state, total)
            if ended:
                return
            before = rows
        yield from self._by_list(client, state)

    def _by_list(self, client: ZendeskClient, state: Json) -> Iterator[Page]:
        """The whole plain list; the next run begins behind the second that could not be passed."""
        while True:
            rows, after = client.page(f"{self.rows}.json", self.rows, {}, state["list"])
            done = self._next(client, state, state["since"] + 1)
            state = done if after is None else {**state, "list": after}
            yield self._page(client, {}, rows, state)
            if after is None:
                return

    def _next(self, client: ZendeskClient, state: Json, end: int) -> Json:
        """Where the next run begins: never so late that it would be refused."""
        latest = int(client.date.timestamp()) - OVERLAP_S
        return {"since": max(min(end, latest), 0), "turn": state["turn"] + 1}

    def _behind(self, client: ZendeskClient, state: Json) -> Json:
        if state["cursor"] is not None:
            asked = {**self.params, "cursor": state["cursor"], "per_page": MOST}
            try:
                return client.export(f"{self.path}/cursor.json", asked)
            except GiveUp as refused:
                if refused.reason not in REFUSED or not state["seen"]:
                    raise
            state["cursor"] = None
        start = max(state["seen"] - OVERLAP_S, 0)
        return self._begun(client, f"{self.path}/cursor.json", start, per_page=MOST)

    def _from(self, client: ZendeskClient, since: int) -> Json:
        return self._begun(client, f"{self.path}.json", since)

    def _begun(self, client: ZendeskClient, path: str, start: int, **more: int) -> Json:
        """From a time on; an account that refuses the time 0 is asked from 1 on."""
        try:
            asked = {**self.params, "start_time": start, **more}
            return client.export(path, asked)
        except GiveUp as refused:
            if start or refused.reason not in REFUSED:
                raise
        return client.export(path, {**self.params, "start_time": 1, **more})

    def _total(self, client: ZendeskClient, cursor: Any) -> int | None:
        """For a run from the start: it is asked once, and the hub remembers it."""
        return client.count(self.rows) if self.counted and cursor is None else None

    def _page(
        self,
        client: ZendeskClient,
        body: Json,
        rows: list[Json],
        state: Json,
        total: int | None = None,
    ) -> Page:
        records, changes = split(self.read(client, {**body, self.rows: rows}))
        return Page(records, state, total, changes)


def stamp(row: Record) -> int:
    """When a row was last moved, in epoch seconds; 0 where it does not say."""
    generated = row.get("generated_timestamp")
    if isinstance(generated, int) and not isinstance(generated, bool):
        return generated
    try:
        return int(datetime.fromisoformat(row["updated_at"]).astimezone(UTC).timestamp())
    except (KeyError, TypeError, ValueError, OverflowError):
        return 0


def fresh(rows: Sequence[Json], before: Sequence[Json]) -> list[Json]:
    """Without what the page before held already; of a record that a page holds twice the last."""
    known = {row.get("id"): row for row in before}
    found = {row.get("id"): row for row in rows}
    return [row for native_id, row in found.items() if known.get(native_id) != row]


def _is_last(body: Json, rows: Sequence[Json]) -> bool:
    """An account that does not say `end_of_stream` ends with a page that is not full."""
    said = body.get("end_of_stream")
    return said if isinstance(said, bool) else len(rows) < MOST
