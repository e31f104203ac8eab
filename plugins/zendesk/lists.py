"""Zendesk's plain lists as streams: agents, deleted users, and both kinds of satisfaction.

Facts: developer.zendesk.com/api-reference (users, /ticketing/ticket-management/satisfaction_ratings
and csat_survey_responses). An account has either the older ratings or the newer surveys at work,
and may keep both: what it does not have is refused or missing, and then is an empty list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from hub.api import Change, GiveUp, Page, Record
from plugins.zendesk import records
from plugins.zendesk.client import Json, ZendeskClient
from plugins.zendesk.exports import Read, stamp

OVERLAP_S = int(timedelta(days=7).total_seconds())
"""A customer may still change an answer for some days, and lists only ask when it was made."""
ANSWERED = ("good", "bad")
LACKING = ("forbidden", "not_found", "plan", "gone")


@dataclass(frozen=True, slots=True)
class Listing:
    """One list with cursors. since: the parameter of a time, in seconds times `unit`; without it
    each run reads all. at: when a row was made, in epoch seconds. optional: an account may lack it.
    """

    path: str
    rows: str
    read: Read
    params: Mapping[str, Any] = field(default_factory=dict)
    since: str = ""
    unit: int = 1
    at: Callable[[Json], int] = stamp
    optional: bool = False

    def pages(
        self, client: ZendeskClient, cursor: Any, fields: Sequence[str] = ()
    ) -> Iterator[Page]:
        """Cursor between runs: {"since", "turn"}, or None; within one also "seen" and "after"."""
        state: Json = {"since": None, "turn": 0, "seen": 0, "after": None} | (cursor or {})
        while True:
            rows, after = self._asked(client, state)
            state["seen"] = max([state["seen"], *map(self.at, rows)])
            state = {**state, "after": after}
            found, changes = records.split(self.read(client, {self.rows: rows}))
            yield Page(found, self._done(state) if after is None else state, changes=changes)
            if after is None:
                return

    def _asked(self, client: ZendeskClient, state: Json) -> tuple[list[Json], str | None]:
        asked = dict(self.params)
        if self.since and state["since"]:
            asked[self.since] = max(state["since"] - OVERLAP_S, 0) * self.unit
        try:
            return client.page(self.path, self.rows, asked, state["after"])
        except GiveUp as refused:
            if self.optional and refused.reason in LACKING:
                return [], None
            raise

    def _done(self, state: Json) -> Json | None:
        newest = max(state["seen"], state["since"] or 0)
        return {"since": newest, "turn": state["turn"] + 1} if self.since and newest else None


def ratings(client: ZendeskClient, body: Json) -> Iterable[Record]:
    """Ratings that are answers: offered and unoffered ones are none."""
    keys = ("id", "score", "ticket_id", "requester_id", "assignee_id", "reason_code")
    for row in body["satisfaction_ratings"]:
        if str(row.get("score")).split("_")[0] in ANSWERED:
            yield {key: row.get(key) for key in (*keys, "created_at", "updated_at")}


def responses(client: ZendeskClient, body: Json) -> Iterable[Record]:
    """Survey responses in which the customer chose a rating, with that one answer."""
    for row in body["survey_responses"]:
        answer = rating_of(row)
        if answer is not None:
            tickets = [s.get("id") for s in row.get("subjects") or () if s.get("type") == "ticket"]
            kept = {key: row.get(key) for key in ("id", "responder_id")}
            yield kept | {"ticket_ids": tickets or _named(row), "answer": answer}


def rating_of(row: Json) -> Json | None:
    """The answer to the question of satisfaction, else to the first that has a scale."""
    scaled = [a for a in row.get("answers") or () if a.get("type") == "rating_scale"]
    own = [
        a for a in scaled if (a.get("question") or {}).get("sub_type") == "customer_satisfaction"
    ]
    return next(iter(own or scaled), None)


def answered_at(row: Json) -> int:
    """When a response was made; it has no time of its own, but its answers have."""
    times = [stamp({"updated_at": a.get("created_at")}) for a in row.get("answers") or ()]
    return min(times, default=0)


def forgotten(client: ZendeskClient, body: Json) -> Iterable[Change]:
    """Users who were deleted for good: what we hold of them goes, and never comes back."""
    for row in body["deleted_users"]:
        if records.is_forgotten(row):
            at = records.moment(row.get("updated_at"), client)
            yield Change(records.USER, str(row["id"]), "privacy_delete", at)


def _named(row: Json) -> list[str]:
    """Ticket ids out of resource names such as zen:ticket:99."""
    parts = [str(name).split(":") for name in row.get("subject_zrns") or ()]
    return [part[2] for part in parts if len(part) == 3 and part[1] == "ticket"]


AGENTS = Listing("users.json", "users", records.agents, {"role[]": list(records.STAFF)})
DELETED_USERS = Listing("deleted_users.json", "deleted_users", forgotten, optional=True)
RATINGS = Listing(
    "satisfaction_ratings.json",
    "satisfaction_ratings",
    ratings,
    {"score": "received"},
    since="start_time",
    at=lambda row: stamp({"updated_at": row.get("created_at")}),
    optional=True,
)
RESPONSES = Listing(
    "guide/survey_responses",
    "survey_responses",
    responses,
    since="filter[created_at_start]",
    unit=1000,
    at=answered_at,
    optional=True,
)
