"""The stream of use: the raw export, read in windows of days.

Nothing says what changed since. Events arrive up to five days late by `/track`, and of any age by
`/import`. So a run reads yesterday and today; the first of a day the last days too; and once a
month everything is read again. Facts: developer.mixpanel.com (reference: raw event export).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import islice
from typing import Any

from hub.api import GiveUp, Page, Record
from plugins.mixpanel import sums
from plugins.mixpanel.client import FutureDay, Mixpanel

LATE_DAYS, AGAIN_DAYS, WINDOW_DAYS = 5, 30, 7
ROWS = 500
"""Records on a page; an hour allows sixty exports, so history is read a week at a time."""
State = dict[str, Any]


def pages(client: Mixpanel, cursor: Any, fields: Sequence[str] = ()) -> Iterator[Page]:
    """Windows from where the last run ended, or from the first day of history.

    Cursor between runs: {"seen": the last day read, "looked": when late events were looked for,
    "whole": when everything was read, "turn": runs so far}; within one also "from", "to" (days of
    the window), "after" (the last id of it that is done) and "alone" (a day at a time).
    Raises RetryLater where an export breaks off; its days are exported again. Raises GiveUp for a
    day that takes too long to read.
    """
    state = dict(cursor or {})
    if "from" not in state:
        state |= _begun(state, client)
    while "from" in state:
        for page in _window(client, state):
            state = page.cursor
            yield page


def _begun(state: State, client: Mixpanel) -> State:
    """Where a new run begins, and what it will have done at its end.

    Before its first answer a client has only our clock, which may be behind Mixpanel's.
    """
    today = max(client.today(), date.fromisoformat(state.get("seen", "0001-01-01")))
    if _is_ago(state.get("whole"), AGAIN_DAYS, today):
        first = today - timedelta(days=client.history_days - 1)
        return {"from": first.isoformat(), "looked": _iso(today), "whole": _iso(today)}
    back = LATE_DAYS if _is_ago(state.get("looked"), 1, today) else 1
    first = date.fromisoformat(state["seen"]) - timedelta(days=back)
    return {"from": _iso(first), "looked": _iso(today)}


def _is_ago(day: str | None, days: int, today: date) -> bool:
    return day is None or not 0 <= (today - date.fromisoformat(day)).days < days


def _window(client: Mixpanel, state: State) -> Iterator[Page]:
    """The pages of one export; the last one's cursor begins the next window or ends the run."""
    first, last = date.fromisoformat(state["from"]), _last(client, state)
    with sums.opened() as found:
        try:
            _fill(client, found, first, last)
        except FutureDay as future:
            yield Page((), _until(state, first, future.latest))
            return
        except sums.TooSlow:
            yield Page((), _alone(state, first, last))
            return
        yield from _pages(client, found, state, last)


def _fill(client: Mixpanel, found: sums.Sums, first: date, last: date) -> None:
    days = _iso(first), _iso(last)
    found.fill(client.lines(first, last), client.reading, *days, client.patience_s)


def _pages(client: Mixpanel, found: sums.Sums, state: State, last: date) -> Iterator[Page]:
    records = found.records(state.get("after", ""))
    page = list(islice(records, ROWS))
    while following := list(islice(records, ROWS)):
        yield Page(page, _within(state, last, page[-1]))
        page = following
    yield Page(page, _behind(state, last, client.today()))


def _last(client: Mixpanel, state: State) -> date:
    """The last day of the window: history by the week, and the days that late events may still
    come to one by one."""
    if "to" in state:
        return date.fromisoformat(state["to"])
    first, recent = date.fromisoformat(state["from"]), client.today() - timedelta(days=LATE_DAYS)
    if state.get("alone") or first >= recent:
        return first
    return min(first + timedelta(days=WINDOW_DAYS - 1), recent - timedelta(days=1))


def _within(state: State, last: date, done: Record) -> State:
    """Behind a record: the days before its own need not be exported again."""
    day = done["id"].partition("/")[0]
    return {**state, "from": day, "to": _iso(last), "after": done["id"]}


def _until(state: State, first: date, latest: date) -> State:
    """The same window up to the last day that has begun; the run ends where none of it has."""
    return _ended(state, latest) if latest < first else {**state, "to": _iso(latest)}


def _behind(state: State, last: date, today: date) -> State:
    """The next window, or where the next run begins."""
    if last >= today:
        return _ended(state, last)
    kept = {k: v for k, v in state.items() if k not in ("to", "after")}
    return {**kept, "from": _iso(last + timedelta(days=1))}


def _ended(state: State, last: date) -> State:
    done: State = {k: state[k] for k in ("looked", "whole") if k in state}
    return {**done, "seen": _iso(last), "turn": state.get("turn", 0) + 1}


def _alone(state: State, first: date, last: date) -> State:
    """A window that takes too long is read day by day."""
    if first == last:
        raise GiveUp(
            f"The events of {first} take too long to export: name the events that count in the "
            "connection's settings.",
            reason="too_large",
        )
    return {k: v for k, v in state.items() if k != "to"} | {"alone": True}


def _iso(day: date) -> str:
    return day.isoformat()
