"""Sugar's streams: by date_modified and id, then what was deleted, and single records by id.

Facts: developer guide, "Filter", and Sugar Enterprise 13.3 (FilterApi, SugarBean). Deep offsets
skip rows while rows move, hence each page begins behind the last row of the one before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from hub.api import Change, GiveUp, Page, Record, RetryLater, Stream
from plugins.sugarcrm.client import Json, SugarClient

OVERLAP = timedelta(minutes=5)
"""A stamp is set when a row is saved and shows when it is committed; the clocks of several web
servers differ besides."""
ORDER = "date_modified:ASC,id:ASC"
ENVELOPE = frozenset(("_acl", "locked_fields", "following", "my_favorite"))
"""What speaks of the hub's own user and not of the record."""
STAMPS = frozenset(("id", "date_modified", "_erased_fields", "_module"))
"""All that is shown of a row which the hub's user may not see."""
FETCH = 100


@dataclass(frozen=True, slots=True)
class Kind:
    """One module. optional: an edition may lack it. asked: sent with each request."""

    module: str
    optional: bool = False
    asked: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Walk:
    """One run over one module, which any of its pages can resume.

    Cursor between runs: {"since": ISO text, "turn": runs so far}. Within one also "began" (Sugar's
    time before the first page), "at" and "id" (the last row's own stamp and id), "seen" where the
    server does not compare ids (how many rows of that stamp have passed), and "gone" (the offset in
    the list of deleted rows) behind the last page of living ones.
    """

    kind: Kind
    client: SugarClient
    state: Json

    def pages(self) -> Iterator[Page]:
        """Raises RetryLater (cursor_stuck) where a page leads back."""
        full = self.state.get("since") is None
        if "gone" not in self.state:
            yield from self._living(full)
        if not full:
            yield from self._gone()

    def _living(self, full: bool) -> Iterator[Page]:
        more = True
        while more:
            total = self._count() if full and "at" not in self.state else None
            rows, more = self._next()
            if not more:
                self.state = self._without("at", "id", "seen", gone=0)
            records = [whole(row) for row in rows if is_visible(row)]
            done = full and not more
            yield Page(records, self._end() if done else dict(self.state), total)

    def _next(self) -> tuple[list[Json], bool]:
        """The rows behind our place, and whether there are more behind them."""
        if "seen" in self.state:
            return self._anchored()
        try:
            rows, following = self._ask({"filter": self._behind()})
        except GiveUp as refused:
            if refused.reason == "unprocessable" and "at" in self.state:
                self.state["seen"] = 0
                return self._anchored()
            if refused.reason == "not_found" and self.kind.optional:
                return [], False
            raise
        if any(_place(row) == self._place() for row in rows) or (following >= 0 and not rows):
            raise stuck()
        self._move(rows)
        return rows, following >= 0

    def _behind(self) -> list[Json]:
        """Later stamps, or the same one and a greater id; all stamps in front of the first page."""
        at, since = self.state.get("at"), self.state.get("since")
        if at is None:
            return [{"date_modified": {"$gte": since}}] if since else []
        same = [{"date_modified": at}, {"id": {"$gt": self.state["id"]}}]
        return [{"$or": [{"date_modified": {"$gt": at}}, {"$and": same}]}]

    def _anchored(self) -> tuple[list[Json], bool]:
        """For a server that does not compare ids: an offset among the rows of one stamp.

        The page begins with the last row that we have. Where it does not, rows of this stamp have
        moved, and all that still have it come again.
        """
        passed, place = self.state["seen"], self._place()
        asked = {"filter": [{"date_modified": {"$gte": self.state["at"]}}]}
        rows, following = self._ask({**asked, "offset": max(passed - 1, 0)})
        if passed and (not rows or _place(rows[0]) != place):
            self.state["seen"] = 0
            return [], True
        fresh = rows[1:] if passed else rows
        if following >= 0 and not fresh:
            raise stuck()
        last = _place(rows[-1])[0] if rows else ""
        alike = sum(_place(row)[0] == last for row in rows)
        before = max(passed - 1, 0) if alike == len(rows) and last == place[0] else 0
        self._move(fresh)
        self.state["seen"] = before + alike
        return fresh, following >= 0

    def _gone(self) -> Iterator[Page]:
        """What was deleted since: rows without a stamp, so only an offset can page them.

        A server that does not filter by the flag leaves it to the full listings.
        """
        more = True
        while more:
            offset = self.state.get("gone", 0)
            flags = [{"date_modified": {"$gte": self.state["since"]}}, {"deleted": 1}]
            try:
                rows, following = self._ask(
                    {"filter": flags, "deleted": True, "fields": "id", "offset": offset}
                )
            except GiveUp as refused:
                if refused.reason not in ("unprocessable", "not_found"):
                    raise
                rows, following = [], -1
            if 0 <= following <= offset:
                raise stuck()
            more = following >= 0
            self.state["gone"] = following
            changes = [deleted(self.kind, self.client, row) for row in rows if row.get("deleted")]
            yield Page([], dict(self.state) if more else self._end(), changes=changes)

    def _ask(self, asked: Json) -> tuple[list[Json], int]:
        found = self.client.filter(
            self.kind.module, {"order_by": ORDER, **self.kind.asked, **asked}
        )
        self.state.setdefault("began", self.client.date.isoformat(timespec="seconds"))
        return found

    def _count(self) -> int | None:
        """How many rows a full run will bring, for progress."""
        try:
            body = self.client.get(f"{self.kind.module}/filter/count")
        except GiveUp:
            return None
        count = body.get("record_count") if isinstance(body, dict) else None
        return count if isinstance(count, int) else None

    def _place(self) -> tuple[str, str]:
        return self.state.get("at", ""), self.state.get("id", "")

    def _move(self, rows: Sequence[Json]) -> None:
        if rows:
            self.state["at"], self.state["id"] = _place(rows[-1])

    def _without(self, *names: str, **more: Any) -> Json:
        return {k: v for k, v in self.state.items() if k not in names} | more

    def _end(self) -> Json:
        """Where the next run begins: by Sugar's clock, and a little before this run did."""
        began = datetime.fromisoformat(self.state["began"]) if "began" in self.state else None
        since = (began or self.client.date) - OVERLAP
        text = since.astimezone(UTC).isoformat(timespec="seconds")
        return {"since": text, "turn": self.state.get("turn", 0) + 1}


def pages(
    kind: Kind, client: SugarClient, cursor: Any, fields: Sequence[str] = ()
) -> Iterator[Page]:
    """All rows without a cursor, else what changed and what was deleted since.

    Sugar gives every field that its user may see, the tenant's own too, unless some are named.
    """
    return Walk(kind, client, {"turn": 0, **(cursor or {})}).pages()


def fetch(kind: Kind, client: SugarClient, ids: Sequence[str]) -> Iterator[Record | Change]:
    """Current records, and deleted ones as changes; what Sugar has purged is left out."""
    for start in range(0, len(ids), FETCH):
        some = list(ids[start : start + FETCH])
        yield from _listed(kind, client, {"filter": [{"id": {"$in": some}}], "deleted": True})


def _listed(kind: Kind, client: SugarClient, asked: Json) -> Iterator[Record | Change]:
    offset = 0
    while offset >= 0:
        wanted = {"order_by": "id:ASC", "offset": offset, **kind.asked, **asked}
        rows, following = client.filter(kind.module, wanted)
        for row in rows:
            if row.get("deleted"):
                yield deleted(kind, client, row)
            elif is_visible(row):
                yield whole(row)
        if 0 <= following <= offset:
            raise stuck()
        offset = following


def deleted(kind: Kind, client: SugarClient, row: Json) -> Change:
    """A soft-deleted row has no stamp: it was deleted at the latest when Sugar told us."""
    return Change(kind.module, str(row["id"]), "delete", client.date)


def whole(row: Json) -> Json:
    """The record without what is only about the hub's user."""
    return {name: value for name, value in row.items() if name not in ENVELOPE}


def is_visible(row: Json) -> bool:
    """Whether the user may see a row: of others Sugar shows an id and a stamp at most."""
    return bool(row.keys() - ENVELOPE - STAMPS)


def stuck() -> RetryLater:
    return RetryLater("SugarCRM gave the same page twice.", reason="cursor_stuck")


def _place(row: Json) -> tuple[str, str]:
    """The stamp as Sugar writes it, with the zone of its user, and the id."""
    return str(row.get("date_modified") or ""), str(row.get("id") or "")


def _stream(kind: Kind, name: str, entity: str, **more: Any) -> Stream:
    kept: Json = {"deletes": "listing", "fetch_batch": FETCH} | more
    return Stream(name, kind.module, entity, partial(pages, kind), partial(fetch, kind), **kept)


CONTACTS = Kind("Contacts", asked={"erased_fields": True})
"""With the names of fields that were erased for privacy, which come empty."""
STREAMS = (
    _stream(Kind("Users"), "users", "user", deletes="never", interval_s=3600),
    _stream(Kind("Accounts"), "accounts", "account"),
    _stream(CONTACTS, "contacts", "contact"),
    _stream(Kind("Opportunities", optional=True), "opportunities", "opportunity"),
    _stream(Kind("Cases", optional=True), "cases", "ticket"),
    _stream(Kind("Calls", optional=True), "calls", "activity"),
    _stream(Kind("Meetings", optional=True), "meetings", "activity"),
    _stream(Kind("Tasks", optional=True), "tasks", "activity"),
)
"""Deletes show in every run; the daily full listing finds what was purged or hidden meanwhile."""
