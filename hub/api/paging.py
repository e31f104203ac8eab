"""Ways in which vendors page, and a listing that can stop and go on anywhere.

A pager only says what to ask next; `Listing` asks, makes pages of the answers, keeps the cursor in
plain JSON, and raises RetryLater where a vendor leads in a circle.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Protocol
from urllib.parse import quote

import requests

from hub.api import GiveUp, Page, Record, RetryLater
from hub.api.rest import Rest
from hub.api.rest import part as part

Params = dict[str, Any]
NEXT_LINK = re.compile(r'<([^>]*)>\s*;[^,]*\brel="?next"?', re.IGNORECASE)


class Pager(Protocol):
    """Knows one way of paging."""

    def following(
        self, asked: Params, answer: requests.Response, body: Any, count: int
    ) -> Params | None:
        """What to ask after this answer of `count` rows; None at the end. The key "url", where
        given, is the full address of the next page and stands for everything else."""
        ...


@dataclass(frozen=True, slots=True)
class Cursor:
    """An opaque cursor: `at` is where the answer holds it, `param` where it goes back.
    `more`: a flag in the answer that must be true for there to be another page."""

    param: str
    at: str
    more: str = ""

    def following(
        self, asked: Params, answer: requests.Response, body: Any, count: int
    ) -> Params | None:
        cursor = part(body, self.at)
        ended = not cursor or (self.more and not part(body, self.more))
        return None if ended else {**asked, self.param: cursor}


@dataclass(frozen=True, slots=True)
class Offset:
    """Rows counted from `start`; a page of fewer than `size` rows is the last."""

    size: int
    param: str = "offset"
    start: int = 0

    def following(
        self, asked: Params, answer: requests.Response, body: Any, count: int
    ) -> Params | None:
        behind = int(asked.get(self.param, self.start)) + count
        return {**asked, self.param: behind} if count >= self.size else None


@dataclass(frozen=True, slots=True)
class Number:
    """Pages counted from `first`; a page of fewer than `size` rows is the last."""

    size: int
    param: str = "page"
    first: int = 1

    def following(
        self, asked: Params, answer: requests.Response, body: Any, count: int
    ) -> Params | None:
        number = int(asked.get(self.param, self.first)) + 1
        return {**asked, self.param: number} if count >= self.size else None


@dataclass(frozen=True, slots=True)
class Link:
    """The address of the next page: in the header `Link` (RFC 8288), or at a path of the body."""

    at: str = ""

    def following(
        self, asked: Params, answer: requests.Response, body: Any, count: int
    ) -> Params | None:
        if self.at:
            url = part(body, self.at)
        else:
            found = NEXT_LINK.search(answer.headers.get("Link", ""))
            url = found[1] if found else None
        return {"url": url} if url else None


@dataclass(frozen=True, slots=True)
class Since:
    """An incremental run asks for what changed since the last one.

    param: the parameter; at: the stamp in a record; overlap: how far to reach back, for clocks and
    indexes that lag; unit: ISO 8601 text in UTC, or seconds of the epoch.
    """

    param: str
    at: str
    overlap: timedelta = timedelta(minutes=5)
    unit: Literal["iso", "s"] = "iso"

    def text(self, moment: datetime) -> str:
        back = moment - self.overlap
        if self.unit == "s":
            return str(int(back.timestamp()))
        return back.isoformat(timespec="seconds").replace("+00:00", "Z")

    def latest(self, rows: Sequence[Record], before: str | None) -> str | None:
        """The latest stamp of these rows and the one before, as ISO text; odd ones do not count."""
        found = [] if before is None else [datetime.fromisoformat(before)]
        for row in rows:
            try:
                found.append(_moment(part(row, self.at)))
            except (TypeError, ValueError, OverflowError):
                continue
        return max(found).isoformat() if found else None


def _moment(value: Any) -> datetime:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, UTC)
    found = datetime.fromisoformat(value)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of records behind one path; `pages` is what `Stream.pages` wants of a `Rest` client.

    rows: dotted path of the list in an answer ("" = the answer itself). params: always sent.
    total: dotted path of the number of all rows, for progress. since: how to ask for changes only;
    without it every run lists everything.
    Cursor between runs: {"since": ISO text, "turn": runs so far}, so that a run without news does
    not look like one that leads in a circle; within one also "seen" and "next".
    """

    path: str
    pager: Pager
    rows: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    total: str = ""
    since: Since | None = None

    def pages(self, client: Rest, cursor: Any, fields: Sequence[str] = ()) -> Iterator[Page]:
        """Raises RetryLater (reason cursor_stuck) where a page leads back to an earlier one."""
        state = dict(cursor or {})
        begun, turn = state.get("since"), state.get("turn", 0)
        asked: Params | None = state.get("next") or self._first(begun)
        seen = state.get("seen", begun)
        before: list[Record] = []
        met = {str(asked)}
        while asked is not None:
            answer = self._ask(client, asked)
            body = client.read(answer)
            rows = _rows(client, body, self.rows, self.path)
            following = self.pager.following(asked, answer, body, len(rows))
            if following is not None and (str(following) in met or (rows and rows == before)):
                raise _stuck(client)
            met.add(str(following))
            before = rows
            seen = self.since.latest(rows, seen) if self.since else None
            total = part(body, self.total) if self.total else None
            within = {"since": begun, "turn": turn, "seen": seen, "next": following}
            done = {"since": seen, "turn": turn + 1} if seen else None
            yield Page(rows, within if following is not None else done, total)
            asked = following

    def _first(self, since: str | None) -> Params:
        asked = dict(self.params)
        if self.since and since:
            asked[self.since.param] = self.since.text(datetime.fromisoformat(since))
        return asked

    def _ask(self, client: Rest, asked: Params) -> requests.Response:
        if "url" in asked:
            return client.send("GET", asked["url"])
        return client.send("GET", self.path, asked)


@dataclass(frozen=True, slots=True)
class Export:
    """An incremental export: one cursor leads on from run to run, and a flag ends each run.

    param: where the cursor goes back; at, ended: dotted paths of the cursor and of the flag that
    there is no more just now. params: always sent; start: sent until there is a cursor. rows: as in
    `Listing`. Where the vendor refuses a cursor (`gone`: reasons of a GiveUp), the export starts
    anew. Cursor between runs: {"cursor", "turn": runs so far}.
    """

    path: str
    param: str
    at: str
    ended: str
    rows: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    start: Mapping[str, Any] = field(default_factory=dict)
    gone: tuple[str, ...] = ("gone",)

    def pages(self, client: Rest, cursor: Any, fields: Sequence[str] = ()) -> Iterator[Page]:
        """Raises RetryLater (reason cursor_stuck) where a page leads back to an earlier one."""
        state = {"cursor": None, "turn": 0} | (cursor or {})
        ended, met = False, {None, ""}
        while not ended:
            body = self._ask(client, state)
            met.add(state["cursor"])
            after, ended = part(body, self.at), bool(part(body, self.ended))
            if not ended and after in met:
                raise _stuck(client)
            state = {"cursor": after or state["cursor"], "turn": state["turn"] + int(ended)}
            yield Page(_rows(client, body, self.rows, self.path), state)

    def _ask(self, client: Rest, state: dict[str, Any]) -> Any:
        if state["cursor"] is not None:
            try:
                return client.get(self.path, {**self.params, self.param: state["cursor"]})
            except GiveUp as refused:
                if refused.reason not in self.gone:
                    raise
                state["cursor"] = None
        return client.get(self.path, {**self.params, **self.start})


@dataclass(frozen=True, slots=True)
class Each:
    """Current records one by one, for a vendor without a bulk read; `fetch` is `Stream.fetch`.

    path: with `{id}` in it. at: dotted path of the record in an answer.
    """

    path: str
    at: str = ""

    def fetch(self, client: Rest, ids: Sequence[str]) -> Iterator[Record]:
        """What is not there is left out."""
        for native_id in ids:
            found = client.find(self.path.format(id=quote(native_id, safe="")))
            if found is not None:
                yield part(found, self.at)


def _rows(client: Rest, body: Any, at: str, path: str) -> list[Record]:
    rows = part(body, at)
    if not isinstance(rows, list):
        raise RetryLater(f"{client.answers.vendor} did not answer {path} with a list.")
    return rows


def _stuck(client: Rest) -> RetryLater:
    return RetryLater(f"{client.answers.vendor} gave the same page twice.", reason="cursor_stuck")
