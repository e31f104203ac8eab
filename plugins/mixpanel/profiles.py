"""Profiles of people and of groups, page by page.

Facts: developer.mixpanel.com (reference: query profiles). A page beyond the first needs the session
of the first, and a page that is not full is the last. What left the list was deleted, or merged
into another distinct id. `$last_seen` moves with activity and not with edits, so what is asked for
by it is only a part of what changed; the daily full listing brings the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub.api import Page, Record, RetryLater
from plugins.mixpanel.client import Json, Mixpanel, array
from plugins.mixpanel.events import named, person, text

PAGE_SIZE = 1000
REACH_BACK = timedelta(days=1)
"""`$last_seen` carries no zone: in an old project it may be the project's."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Profiles of one kind; `of_groups` are asked for by the data group of the connection."""

    object: str
    of_groups: bool = False


USER, GROUP = Kind("user"), Kind("group", of_groups=True)


def pages(kind: Kind, client: Mixpanel, cursor: Any, fields: Sequence[str] = ()) -> Iterator[Page]:
    """All profiles; of people only those seen since the last run, where there was one.

    Cursor between runs: {"since": ISO text, "turn": runs so far}; within one also "begun", "page",
    "session" and "left" (profiles of nobody, which are not records).
    Raises RetryLater (reason cursor_stuck) where a page comes twice.
    """
    state = {"since": None, "turn": 0, **(cursor or {})}
    if kind.of_groups and not client.data_group:
        yield Page((), {"since": None, "turn": state["turn"] + 1})
        return
    form = _asked(kind, client, state)
    before: list[Json] = []
    while True:
        body, rows, is_last = _ask(client, form, state.get("page", 0), str(state.get("session")))
        _refuse_repeat(rows, before)
        before, found = rows, _records(kind, client, rows)
        begun = state.get("begun") or client.now.isoformat()
        left = state.get("left", 0) + len(rows) - len(found)
        total = body.get("total")
        counted = max(0, total - left) if isinstance(total, int) else None
        within = {"begun": begun, "page": state.get("page", 0) + 1, "left": left}
        following = {**state, **within, "session": body.get("session_id")}
        ended = {"since": begun, "turn": state["turn"] + 1}
        yield Page(found, ended if is_last else following, counted)
        if is_last:
            return
        state = following


def fetch(kind: Kind, client: Mixpanel, ids: Sequence[str]) -> Iterator[Record]:
    """Current profiles by id; one that was merged answers by another id and is left to the list."""
    if kind.of_groups and not client.data_group:
        return
    form, wanted = {**_of(kind, client), "distinct_ids": array(ids)}, set(ids)
    page, session, is_last = 0, "", False
    before: list[Json] = []
    while not is_last:
        body, rows, is_last = _ask(client, form, page, session)
        _refuse_repeat(rows, before)
        yield from (r for r in _records(kind, client, rows) if r["id"] in wanted)
        page, session, before = page + 1, str(body.get("session_id")), rows


def _asked(kind: Kind, client: Mixpanel, state: Mapping[str, Any]) -> dict[str, str]:
    """What a listing asks for, on each of its pages."""
    form = _of(kind, client)
    if state["since"] and not kind.of_groups:
        form["where"] = seen_since(datetime.fromisoformat(state["since"]) - REACH_BACK)
    return form


def _ask(
    client: Mixpanel, form: Mapping[str, str], page: int, session: str
) -> tuple[Json, list[Json], bool]:
    """One page: the answer, its rows, and whether it is the last."""
    further = {"page": str(page), "session_id": session} if page else {}
    body = client.ask("engage", {**form, **further})
    rows = _rows(body)
    if body.get("page", page) != page:
        raise RetryLater("Mixpanel gave another page than was asked for.", reason="cursor_stuck")
    size = body.get("page_size")
    return body, rows, len(rows) < (size if isinstance(size, int) and size > 0 else PAGE_SIZE)


def _refuse_repeat(rows: list[Json], before: list[Json]) -> None:
    if rows and rows == before:
        raise RetryLater("Mixpanel gave the same page twice.", reason="cursor_stuck")


def seen_since(moment: datetime) -> str:
    """The filter for people who did something since a moment."""
    return f'properties["$last_seen"] >= "{moment:%Y-%m-%dT%H:%M:%S}"'


def _of(kind: Kind, client: Mixpanel) -> dict[str, str]:
    return {"data_group_id": client.data_group} if kind.of_groups else {}


def _rows(body: Json) -> list[Json]:
    rows = body.get("results")
    if not isinstance(rows, list):
        raise RetryLater("Mixpanel did not answer with a list of profiles.")
    return [row for row in rows if isinstance(row, dict)]


def _records(kind: Kind, client: Mixpanel, rows: Sequence[Json]) -> list[Record]:
    """{"id", "properties"}, of people also "groups"; devices and refused ids are nobody's."""
    found: list[Record] = []
    for row in rows:
        id, said = row.get("$distinct_id"), row.get("$properties") or {}
        own = text(id) if kind.of_groups else person(id)
        if not own:
            continue
        groups = {} if kind.of_groups else {"groups": named(said, client.reading.account_property)}
        found.append({"id": own, "properties": said, **groups})
    return found
