"""The streams: windows over `SystemModstamp`, and fetching by id.

Deleted rows come as records with `IsDeleted` (and `MasterRecordId` after a merge), so that the
mapping says what became of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hub.api import Change, GiveUp, Page, Record, RetryLater, Stream
from plugins.salesforce import bulk, cases
from plugins.salesforce.errors import TOO_LONG, StaleLocator, UnknownField
from plugins.salesforce.fields import columns
from plugins.salesforce.ids import id18, is_id

if TYPE_CHECKING:
    from plugins.salesforce.client import Answer, Client

Cursor = dict[str, Any]
"""since: lower bound of the window (text, UTC); high: newest stamp seen in it; began: the org's
clock when it was opened; next: where the server goes on, absent in front of a window; window: its
number, so that the cursor moves on although the overlap shows the same rows again; total: how many
rows it has. job: {id, made, locator, skip} of a query job that brings the window instead of pages;
lost: how many such jobs came to nothing."""

FETCH = 200
LATE = timedelta(minutes=10)
"""A row's stamp is set when it is saved, but it shows when its transaction commits; ten minutes is
the longest transaction. So each window begins this much before what was seen."""


def pages(name: str) -> Callable[[Client, Any, Sequence[str]], Iterator[Page]]:
    """Reader of one object: everything without a cursor, else what changed since."""

    def read(client: Client, cursor: Any, fields: Sequence[str]) -> Iterator[Page]:
        return Window(client, name, cursor or {}, fields).pages()

    return read


def fetch(name: str) -> Callable[..., Iterable[Record | Change]]:
    """Current records by id; ids that cannot be ids are simply not found."""

    def read(
        client: Client, ids: Sequence[str], fields: Sequence[str] = ()
    ) -> Iterator[Record | Change]:
        wanted = [id18(i) for i in ids if is_id(i)]
        for start in range(0, len(wanted), FETCH):
            listed = ",".join(f"'{i}'" for i in wanted[start : start + FETCH])
            answer = select(client, name, fields, f"WHERE Id IN ({listed})")
            yield from records(client, name, answer)
            yield from _rest(client, name, answer)

    return read


def _rest(client: Client, name: str, answer: Answer) -> Iterator[Record]:
    """The server may cut a page wherever it likes, even a short one."""
    while path := _next(answer):
        answer = client.more(path)
        yield from records(client, name, answer)


def select(client: Client, name: str, fields: Sequence[str], tail: str) -> Answer:
    """Query the visible columns of an object; asks once more if one has just been hidden.

    Raises GiveUp (not_visible) if the user cannot see the object at all.
    """
    try:
        return client.query(_soql(client, name, fields, tail))
    except UnknownField:
        client.forget(name)
        return client.query(_soql(client, name, fields, tail))


def _soql(client: Client, name: str, fields: Sequence[str], tail: str) -> str:
    chosen = columns(name, _shape(client, name), fields)
    return " ".join(("SELECT", ", ".join(chosen), "FROM", name, tail)).strip()


def _shape(client: Client, name: str) -> Answer:
    shape = client.describe(name)
    if shape is None:
        raise GiveUp(f"The hub's user cannot read {name} in Salesforce.", reason="not_visible")
    return shape


def records(client: Client, name: str, answer: Answer) -> list[Record]:
    """Rows of an answer without the envelope, in the stream's full shape."""
    rows = [{k: v for k, v in row.items() if k != "attributes"} for row in answer["records"]]
    return _whole(client, name, rows)


def _whole(client: Client, name: str, rows: list[Answer]) -> list[Record]:
    return cases.with_history(client, rows) if name == "Case" else list(rows)


def _next(answer: Answer) -> str | None:
    return None if answer.get("done", True) else answer.get("nextRecordsUrl")


JOBS = 2
"""So many query jobs are tried for one window."""


class Window:
    """One pass over an object, from a lower bound to now, that any page can resume.

    A window of many rows, or one that takes the org too long, is brought by a query job. One that
    fails is begun again once, and then the window is read page by page.
    """

    def __init__(self, client: Client, name: str, cursor: Cursor, fields: Sequence[str]) -> None:
        self._client, self._name, self._fields = client, name, fields
        self._since: str | None = cursor.get("since")
        self._high: str | None = cursor.get("high")
        self._began: str | None = cursor.get("began")
        self._next: str | None = cursor.get("next")
        self._window: int = cursor.get("window", 0)
        self._total: int | None = cursor.get("total")
        self._job: Cursor | None = cursor.get("job")
        self._lost: int = cursor.get("lost", 0)
        self._lost_at: str | None = None

    def pages(self) -> Iterator[Page]:
        while self._job:
            try:
                yield from self._by_job()
                return
            except bulk.JobLost:
                self._job, self._high, self._lost = None, None, self._lost + 1
            if self._lost < JOBS and self._start():
                yield Page((), self._cursor(), self._total)
        answer = self._reopen() if self._next else self._first()
        if answer is None or self._is_for_a_job(answer):
            yield Page((), self._cursor(), self._total)
            yield from self.pages()
        else:
            yield from self._by_pages(answer)

    def _by_pages(self, answer: Answer) -> Iterator[Page]:
        seen = {self._next}
        while True:
            rows = records(self._client, self._name, answer)
            self._note(answer["records"])
            self._next = _next(answer)
            if self._next and self._next in seen:
                raise GiveUp("Salesforce repeats one page for ever.", reason="cursor_stuck")
            seen.add(self._next)
            yield Page(rows, self._cursor(), self._total)
            if not self._next:
                return
            answer = self._reopen()

    def _first(self) -> Answer | None:
        """The first page; None where that takes the org too long, and a job was made instead."""
        try:
            return self._open(self._since)
        except RetryLater as slow:
            if slow.reason not in TOO_LONG or self._lost or not self._start():
                raise
            self._began = self._began or (self._job or {})["made"]
            return None

    def _is_for_a_job(self, answer: Answer) -> bool:
        """Whether the window has so many rows that a job was made for them."""
        large = (self._total or 0) > bulk.ABOVE
        return large and not self._next and not self._lost and self._start()

    def _start(self) -> bool:
        """Whether the org makes a job of this window; of some objects and columns it makes none."""
        shape = _shape(self._client, self._name)
        if not bulk.fits(shape, columns(self._name, shape, self._fields)):
            return False
        soql = _soql(self._client, self._name, self._fields, self._where(self._since))
        try:
            id, made = bulk.start(self._client, soql)
        except GiveUp:
            return False
        self._job = {"id": id, "made": _text(made) if made else None, "locator": None, "skip": 0}
        return True

    def _by_job(self) -> Iterator[Page]:
        job = self._job or {}
        made = _moment(job["made"]) if job["made"] else None
        if not job["locator"] and not job["skip"]:
            bulk.wait(self._client, job["id"], made)
        shape = _shape(self._client, self._name)
        while self._job:
            answer = bulk.results(self._client, job["id"], job["locator"])
            for rows in answer.rows(shape, job["skip"]):
                self._note(rows)
                job["skip"] += len(rows)
                yield Page(_whole(self._client, self._name, rows), self._cursor(), self._total)
            job |= {"locator": answer.locator, "skip": 0}
            if answer.locator is None:
                self._job = None
        yield Page((), self._cursor(), self._total)

    def _open(self, since: str | None) -> Answer:
        """`>=` and not `>`: thousands of rows may share one stamp."""
        tail = f"{self._where(since)} ORDER BY SystemModstamp, Id".strip()
        answer = select(self._client, self._name, self._fields, tail)
        clock = self._client.server_time
        self._began = self._began or (_text(clock) if clock else None)
        if self._total is None:
            self._total = answer.get("totalSize")
        return answer

    def _where(self, since: str | None) -> str:
        return f"WHERE SystemModstamp >= {since}" if since else ""

    def _reopen(self) -> Answer:
        """Go on where the server left off; if it has forgotten, from the newest stamp seen."""
        try:
            return self._client.more(str(self._next))
        except StaleLocator:
            if self._lost_at == (self._high or ""):
                raise
            self._lost_at = self._high or ""
            return self._open(_earlier(self._high) or self._since)

    def _note(self, rows: Sequence[Record]) -> None:
        stamps = [_text(_moment(str(row["SystemModstamp"]))) for row in rows]
        self._high = max([*stamps, self._high or ""]) or None

    def _cursor(self) -> Cursor:
        """In the middle, where to go on; at the end, where the next window begins.

        A row that changed during a long pass shows its newest stamp, so the next window begins no
        later than this one did.
        """
        if self._next or self._job:
            inside: Cursor = {"since": self._since, "high": self._high, "began": self._began}
            way = {"job": dict(self._job), "lost": self._lost} if self._job else {}
            inside |= {"next": self._next, "total": self._total} | way
            return {**inside, "window": self._window}
        newest = min([s for s in (self._high, self._began) if s], default=None)
        since = _earlier(newest) if self._high else self._since
        return {"since": since, "window": self._window + 1}


def _moment(text: str) -> datetime:
    """The vendor writes its offset without a colon: 2026-01-02T17:38:59.000+0000."""
    return datetime.fromisoformat(text).astimezone(UTC)


def _text(moment: datetime) -> str:
    """Whole seconds, as SOQL wants a datetime: without quotes, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _earlier(stamp: str | None) -> str | None:
    return _text(_moment(stamp) - LATE) if stamp else None


def _stream(word: str, name: str, entity: str, **more: Any) -> Stream:
    """Deletes show in every window; a full listing now and then finds what vanished without one.

    That is a record which the hub's user may no longer see, or which was deleted while the
    connection lay still for longer than the recycle bin keeps (15 days).
    """
    kept = {"deletes": "listing"} | more
    return Stream(
        name=word, object=name, entity=entity, pages=pages(name), fetch=fetch(name), **kept
    )


STREAMS = (
    _stream("users", "User", "user", deletes="never", interval_s=3600),
    _stream("accounts", "Account", "account"),
    _stream("contacts", "Contact", "contact"),
    _stream("opportunities", "Opportunity", "opportunity"),
    _stream("cases", "Case", "ticket"),
    _stream("tasks", "Task", "activity"),
    _stream("events", "Event", "activity"),
)
