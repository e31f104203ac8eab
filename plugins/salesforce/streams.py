"""The streams: windows over `SystemModstamp`, and fetching by id.

Deleted rows come as records with `IsDeleted` (and `MasterRecordId` after a merge), so that the
mapping says what became of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hub.api import Change, GiveUp, Page, Record, Stream
from plugins.salesforce import cases
from plugins.salesforce.errors import StaleLocator, UnknownField
from plugins.salesforce.fields import columns
from plugins.salesforce.ids import id18, is_id

if TYPE_CHECKING:
    from plugins.salesforce.client import Answer, Client

Cursor = dict[str, Any]
"""since: lower bound of the window (text, UTC); high: newest stamp seen in it; began: the org's
clock when it was opened; next: where the server goes on, absent in front of a window; window: its
number, so that the cursor moves on although the overlap shows the same rows again."""

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
    shape = client.describe(name)
    if shape is None:
        raise GiveUp(f"The hub's user cannot read {name} in Salesforce.", reason="not_visible")
    return " ".join(("SELECT", ", ".join(columns(name, shape, fields)), "FROM", name, tail))


def records(client: Client, name: str, answer: Answer) -> list[Record]:
    """Rows of an answer without the envelope, in the stream's full shape."""
    rows = [{k: v for k, v in row.items() if k != "attributes"} for row in answer["records"]]
    return cases.with_history(client, rows) if name == "Case" else list(rows)


def _next(answer: Answer) -> str | None:
    return None if answer.get("done", True) else answer.get("nextRecordsUrl")


class Window:
    """One pass over an object, from a lower bound to now, that any page can resume."""

    def __init__(self, client: Client, name: str, cursor: Cursor, fields: Sequence[str]) -> None:
        self._client, self._name, self._fields = client, name, fields
        self._since: str | None = cursor.get("since")
        self._high: str | None = cursor.get("high")
        self._began: str | None = cursor.get("began")
        self._next: str | None = cursor.get("next")
        self._window: int = cursor.get("window", 0)
        self._lost_at: str | None = None

    def pages(self) -> Iterator[Page]:
        seen = {self._next}
        answer = self._reopen() if self._next else self._open(self._since)
        while True:
            rows = records(self._client, self._name, answer)
            self._note(answer["records"])
            self._next = _next(answer)
            if self._next and self._next in seen:
                raise GiveUp("Salesforce repeats one page for ever.", reason="cursor_stuck")
            seen.add(self._next)
            yield Page(rows, self._cursor(), total=answer.get("totalSize"))
            if not self._next:
                return
            answer = self._reopen()

    def _open(self, since: str | None) -> Answer:
        """`>=` and not `>`: thousands of rows may share one stamp."""
        where = f"WHERE SystemModstamp >= {since} " if since else ""
        tail = f"{where}ORDER BY SystemModstamp, Id"
        answer = select(self._client, self._name, self._fields, tail)
        clock = self._client.server_time
        self._began = self._began or (_text(clock) if clock else None)
        return answer

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
        if self._next:
            inside = {"since": self._since, "high": self._high, "began": self._began}
            return {**inside, "next": self._next, "window": self._window}
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
