"""Zendesk's incremental exports in small: by cursor and by time, a minute late, and limited."""

from __future__ import annotations

import base64
from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from hub.sandbox import Refused, Request, Response, Vendor, route

Json = dict[str, Any]

MOST = 1000
MINUTE_S = 60
FORGOTTEN = "Permanently Deleted User"
MOVE = "_move"
"""Counts up with each write, so that two within one second have an order; never shown."""
EXPORTED = ("tickets", "users")
TIMED = ("organizations",)


def problem(status: int, error: object, description: str) -> Response:
    return Response({"error": error, "description": description}, status)


class Exports(Vendor):
    """`exports_a_minute` is their limit, `lag_s` how late they are (a minute at Zendesk's).
    `refuses_zero`: some accounts want a start of 1. `epoch`: raise it, and cursors given so far are
    not known any more. `hides_end`: answers of exports by time do not say `end_of_stream`.
    """

    page_size = MOST

    def open_exports(self) -> None:
        self.exports_a_minute = 1_000_000
        self.lag_s = 0
        self.refuses_zero = self.hides_end = False
        self.epoch = 0
        self._exported = (0, 0)

    def moved(self, table: str) -> list[Json]:
        """Rows of a table with those that are deleted, in the order of their last move."""
        if table == "organizations":
            return self.table(table).sorted_by("moved", placed)
        rows = list(self.table(table).all())
        for id, tomb in self.table(table).tombstones.items():
            rows.append(self.gone(table, id, tomb.record, tomb.at))
        rows = [row for row in rows if row["id"] not in self._purged(table)]
        return sorted(rows, key=placed)

    def gone(self, table: str, id: str, record: Json, at: datetime) -> Json:
        """A deleted ticket or user as it is still shown."""
        stamp = self.iso(at)
        record = record | {MOVE: int(at.timestamp() * 1e6)}
        if table == "tickets":
            moved = {"generated_timestamp": int(at.timestamp()), "updated_at": stamp}
            return record | {"status": "deleted"} | moved
        if id in self.table("forgotten"):
            bare = {"name": FORGOTTEN, "email": None, "phone": None, "permanently_deleted": True}
            return record | bare | {"active": False, "updated_at": stamp}
        return record | {"active": False, "updated_at": stamp}

    def _purged(self, table: str) -> set[int]:
        """Tickets that were purged: they disappear, without a record."""
        return {row["id"] for row in self.table("purged").all()} if table == "tickets" else set()

    @route("GET", "/api/v2/<table>/count.json")
    def count(self, request: Request) -> object:
        """Of users and organizations, as they live."""
        table = request.params["table"]
        if table not in ("users", "organizations"):
            return self.not_found(request)
        told = {"value": len(self.table(table)), "refreshed_at": self.iso(self.clock.now())}
        return {"count": told}

    @route("GET", "/api/v2/incremental/<table>/cursor.json")
    def by_cursor(self, request: Request) -> object:
        table = request.params["table"]
        if table not in EXPORTED:
            return self.not_found(request)
        self._pay_export()
        rows = self._old_enough(table)
        asked = request.query.get("cursor")
        start = self._behind(rows, asked) if asked else self._since(request, rows)
        size = min(self.page_size, int(request.query.get("per_page", MOST)), MOST)
        found = rows[start : start + size]
        ended = start + size >= len(rows)
        given = self._cursor(*placed(found[-1])) if found else asked or self._cursor(0, 0)
        after = self.next_cursor(request, asked or given, given)
        body: Json = {table: [self.shown(table, row) for row in found], "after_cursor": after}
        if table == "tickets" and request.query.get("include") == "metric_sets":
            body["metric_sets"] = [row["metric_set"] for row in found]
        links = {"after_url": f"https://acme.zendesk.com{request.path}?cursor={after}"}
        before = {"before_url": None, "before_cursor": None}
        return {**body, **links, **before, "end_of_stream": ended}

    @route("GET", "/api/v2/incremental/<table>.json")
    def by_time(self, request: Request) -> object:
        table = request.params["table"]
        if table not in TIMED:
            return self.not_found(request)
        self._pay_export()
        rows = self._old_enough(table)
        start = self._since(request, rows)
        found = rows[start : start + self.page_size]
        ended = start + self.page_size >= len(rows)
        since = int(request.query["start_time"])
        end = placed(found[-1])[0] if found else since
        end = int(self.next_cursor(request, str(since), str(end)))
        url = f"https://acme.zendesk.com{request.path}?start_time={end}"
        body = {
            table: [self.shown(table, row) for row in found],
            "count": len(found),
            "end_time": end,
            "next_page": url,
        }
        return body if self.hides_end else {**body, "end_of_stream": ended}

    def _old_enough(self, table: str) -> list[Json]:
        """Data of the last minute is left out."""
        rows, latest = self.moved(table), int(self.clock.now().timestamp()) - self.lag_s
        return rows[: bisect_right(rows, (latest, 2**63), key=placed)]

    def _since(self, request: Request, rows: Sequence[Json]) -> int:
        text = request.query.get("start_time", "")
        now = int(self.clock.now().timestamp())
        if not text.isdigit() or (self.refuses_zero and text == "0"):
            raise Refused(problem(400, "StartTimeInvalid", "start_time is required"))
        if int(text) > now - MINUTE_S:
            raise Refused(problem(422, "InvalidValue", "Too recent start_time."))
        return bisect_right(rows, (int(text), -1), key=placed)

    def _cursor(self, at: int, id: int) -> str:
        return base64.urlsafe_b64encode(f"{self.epoch}|{at}|{id}".encode()).decode()

    def _behind(self, rows: Sequence[Json], cursor: str) -> int:
        try:
            epoch, at, id = base64.urlsafe_b64decode(cursor.encode()).decode().split("|")
        except ValueError:
            epoch, at, id = "-1", "0", "0"
        if int(epoch) != self.epoch:
            raise Refused(problem(400, "InvalidCursor", "The cursor is not valid."))
        return bisect_right(rows, (int(at), int(id)), key=placed)

    def shown(self, table: str, row: Json) -> Json:
        """A row without what is ours alone; a ticket without its metrics, which come beside it."""
        hidden = (MOVE, "metric_set") if table == "tickets" else (MOVE,)
        return {name: value for name, value in row.items() if name not in hidden}

    def _pay_export(self) -> None:
        minute = int(self.clock.now().timestamp()) // MINUTE_S
        used = self._exported[1] if self._exported[0] == minute else 0
        self._exported = (minute, used + 1)
        if used + 1 > self.exports_a_minute:
            raise Refused(self.limited(self._resets()))

    def _resets(self) -> int:
        return MINUTE_S - int(self.clock.now().timestamp()) % MINUTE_S

    def export_header(self) -> str:
        """What is left of the exports' own limit."""
        left = max(0, self.exports_a_minute - self._exported[1])
        return f"total={self.exports_a_minute}; remaining={left}; resets={self._resets()}"


def placed(row: Json) -> tuple[int, int]:
    """Where a row stands in an export: the second in which it last moved, and within it."""
    generated = row.get("generated_timestamp")
    moved = generated or int(datetime.fromisoformat(row["updated_at"]).timestamp())
    return int(moved), row.get(MOVE) or row["id"]
