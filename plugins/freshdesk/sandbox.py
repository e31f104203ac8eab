"""Freshdesk in small: its lists with their limits, over the sandbox world, and automation rules."""

from __future__ import annotations

import base64
import json
import random
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from hub.sandbox import (
    Edit,
    Event,
    Options,
    Parcel,
    Refused,
    Request,
    Response,
    Vendor,
    World,
    route,
)
from plugins.freshdesk import sandbox_records as records
from plugins.freshdesk.sandbox_records import Json, denied, invalid, iso

PAGES = 300
RETRIES = 48


class FreshdeskSandbox(Vendor):
    """One Freshdesk account. `calls_a_minute` is the limit; `denied` are path beginnings that the
    key may not read, `denied_includes` what it may not include; `blocked` are ids of contacts."""

    name = "freshdesk"

    def __init__(self, world: World, options: Options) -> None:
        super().__init__(world, options)
        self.calls_a_minute = 1_000_000
        self.denied: set[str] = set()
        self.denied_includes: set[str] = set()
        self.blocked: set[str] = set()
        self.ticket_scope = 1
        self._used: tuple[int, int] = (0, 0)
        self._ordered: list[Json] | None = None
        self._plain: list[Json] = []
        self._spam: list[Json] = []

    def seed(self, world: World) -> None:
        for company, gone in records.companies(world):
            self._seed("companies", company, gone)
        for contact, gone in records.contacts(world):
            self._seed("contacts", contact, gone)
        for agent in records.agents(world):
            self._seed("agents", agent, False)
        for ticket, rating, gone in records.tickets(world):
            self._seed("tickets", ticket, gone)
            if rating and not gone:
                self._seed("ratings", rating, False)

    def _seed(self, table: str, record: Json, gone: bool) -> None:
        if gone:
            self.table(table).seed_deleted(str(record["id"]), record, self.world.now)
        else:
            self.table(table).seed(str(record["id"]), record)

    def stamp(self, table: str, record: Json, now: datetime, created: bool) -> None:
        if table == "tickets":
            before = None if created else self.table("tickets").get(str(record["id"]))
            records.touch(before, record, iso(now) or "")
        record["updated_at"] = iso(now)
        if created:
            record["created_at"] = iso(now)

    def authorise(self, request: Request) -> Response | None:
        good = base64.b64encode(f"{self.token}:X".encode()).decode()
        if request.headers.get("authorization") != f"Basic {good}":
            return self.expired()
        part = request.path.removeprefix("/api/v2/")
        if any(part.startswith(path) for path in self.denied):
            return denied()
        return None

    def limit_headers(self, request: Request) -> dict[str, str]:
        if not request.path.startswith("/api/v2/"):
            return {}
        left = max(0, self.calls_a_minute - self._used[1])
        told = self.quota.told(60, self.clock.now(), self.calls_a_minute)
        return {
            "X-RateLimit-Total": str(told.of),
            "X-RateLimit-Remaining": str(min(told.left, left)),
            "X-RateLimit-Used-CurrentRequest": str(self._cost(request)),
            "X-Freshdesk-API-Version": "latest=v2; requested=v2",
        }

    def limited(self, retry_after: int) -> Response:
        return Response(None, 429, {"Retry-After": str(retry_after)})

    def expired(self) -> Response:
        message = "You have to be logged in to perform this action."
        return Response({"code": "invalid_credentials", "message": message}, 401)

    def not_found(self, request: Request) -> Response:
        return Response(None, 404)

    def _pay(self, request: Request) -> None:
        """Count the credits of a call in this minute; raises Refused(429) when there are none."""
        minute = int(self.clock.now().timestamp()) // 60
        used = self._used[1] if self._used[0] == minute else 0
        self._used = (minute, used + self._cost(request))
        if self._used[1] > self.calls_a_minute:
            raise Refused(self.limited(30))

    def _cost(self, request: Request) -> int:
        """One credit, and two for each include."""
        include = request.query.get("include", "")
        return 1 + 2 * len(include.split(",")) if include else 1

    def _include(self, request: Request) -> str:
        include = request.query.get("include", "")
        if self.denied_includes & set(include.split(",")):
            raise Refused(denied())
        return include

    @route("GET", "/api/v2/agents/me")
    def me(self, request: Request) -> object:
        self._pay(request)
        agent = self.table("agents").all()[0]
        return agent | {"ticket_scope": self.ticket_scope}

    @route("GET", "/api/v2/<kind>_fields")
    def definitions(self, request: Request) -> object:
        self._pay(request)
        return records.FIELDS.get(request.params["kind"]) or self.not_found(request)

    @route("GET", "/api/v2/tickets")
    def list_tickets(self, request: Request) -> object:
        self._pay(request)
        include = self._include(request)
        rows, start = self._filtered(request.query.get("filter", "")), 0
        since = request.query.get("updated_since")
        if since:
            start = bisect_left(rows, since, key=lambda row: str(row["updated_at"]))
        else:
            month = iso(self.clock.now() - timedelta(days=30)) or ""
            rows = [row for row in rows if row["created_at"] >= month]
        if request.query.get("order_type", "desc") == "desc":
            rows, start = rows[start:][::-1], 0
        found = self._paged(request, rows, start, PAGES)
        found.body = [records.shown(row, include) for row in found.body]
        return found

    @route("GET", "/api/v2/tickets/<id>")
    def one_ticket(self, request: Request) -> object:
        self._pay(request)
        include, id = self._include(request), request.params["id"]
        row = records.found(self.table("tickets"), id)
        return self.not_found(request) if row is None else records.shown(row, include, single=True)

    @route("GET", "/api/v2/contacts")
    def list_contacts(self, request: Request) -> object:
        self._pay(request)
        since = request.query.get("_updated_since", "")
        rows = self._contacts(request.query.get("state", ""))
        if since:
            rows = [row for row in rows if row["updated_at"] >= since]
        return self._paged(request, rows)

    def _contacts(self, state: str) -> Sequence[Json]:
        """The plain list leaves out who is deleted or blocked."""
        if state == "deleted":
            return records.binned(self.table("contacts"))
        if state not in ("", "blocked"):
            raise Refused(invalid("state", "It should be one of the states of contacts"))
        rows = self.table("contacts").sorted_by("name", lambda row: (row["name"], row["id"]))
        return [row for row in rows if (str(row["id"]) in self.blocked) is (state == "blocked")]

    @route("GET", "/api/v2/contacts/<id>")
    def one_contact(self, request: Request) -> object:
        self._pay(request)
        contacts = self.table("contacts")
        return records.found(contacts, request.params["id"]) or self.not_found(request)

    @route("GET", "/api/v2/companies/<id>")
    def one_company(self, request: Request) -> object:
        self._pay(request)
        return self.table("companies").get(request.params["id"]) or self.not_found(request)

    @route("GET", "/api/v2/companies")
    def list_companies(self, request: Request) -> object:
        self._pay(request)
        return self._paged(request, self.table("companies").all())

    @route("GET", "/api/v2/agents")
    def list_agents(self, request: Request) -> object:
        self._pay(request)
        return self._paged(request, self.table("agents").all())

    @route("GET", "/api/v2/surveys/satisfaction_ratings")
    def list_ratings(self, request: Request) -> object:
        self._pay(request)
        since = request.query.get("created_since", "")
        rows = self.table("ratings").sorted_by("created", lambda row: row["created_at"])
        start = bisect_left(rows, since, key=lambda row: str(row["created_at"]))
        return self._paged(request, rows, start)

    @route("GET", "/a/<kind>/<id>", public=True)
    def browse(self, request: Request) -> object:
        """The page that links lead to."""
        row = self.table(request.params["kind"]).get(request.params["id"])
        if row is None:
            return Response("Not here.", 404)
        return Response(str(row.get("subject") or row.get("name")))

    def _filtered(self, filter: str) -> list[Json]:
        """Tickets of a list in the order of their last change."""
        if filter == "deleted":
            return sorted(records.binned(self.table("tickets")), key=_changed)
        rows = self.table("tickets").sorted_by("updated_at", _changed)
        if rows is not self._ordered:
            self._ordered = rows
            self._spam = [row for row in rows if row.get("spam")]
            self._plain = [row for row in rows if not row.get("spam")]
        return self._spam if filter == "spam" else self._plain

    def _paged(
        self, request: Request, rows: Sequence[Json], start: int = 0, last: int = 10**6
    ) -> Response:
        """One page of the rows behind `start`, with a link if another follows."""
        size, page = int(request.query.get("per_page", "30")), int(request.query.get("page", "1"))
        if not 1 <= size <= 100:
            raise Refused(invalid("per_page", "It should be a Positive Integer less than 100"))
        if page > last:
            text = "You cannot access tickets beyond the 300th page."
            raise Refused(invalid("page", text))
        page = int(self.next_cursor(request, "1", str(page)))
        found = list(rows[start + (page - 1) * size : start + page * size])
        if start + page * size >= len(rows):
            return Response(found)
        link = f'<https://acme.freshdesk.com{request.path}?page={page + 1}>; rel="next"'
        return Response(found, headers={"Link": link})

    def on_change(self, edit: Edit) -> Iterable[Event]:
        if edit.table != "tickets":
            return
        body = records.told(edit)
        yield Event(str(body["hub_event"]), body, key=edit.id)

    def render(self, parcel: Parcel) -> bytes:
        return json.dumps(parcel.events[0].data, separators=(",", ":")).encode()

    def sign(self, parcel: Parcel, body: bytes) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "User-Agent": "Freshdesk"}
        if parcel.subscription.secret:
            headers["X-Hub-Secret"] = parcel.subscription.secret
        return headers

    def retry_delay(self, attempt: int) -> float | None:
        return 1800.0 if attempt <= RETRIES else None

    def stir(self, rng: random.Random) -> None:
        """Answer, move on, or re-prioritise a ticket; or a customer writes a new one."""
        table = self.table("tickets")
        id, deed = rng.choice(table.ids()), rng.random()
        now = iso(self.clock.now())
        if deed < 0.4:
            table.patch(id, {"status": rng.choice((2, 2, 3, 4, 5, 7))})
        elif deed < 0.6:
            table.patch(id, {"stats": {"requester_responded_at": now}})
        elif deed < 0.8:
            table.patch(id, {"stats": {"agent_responded_at": now}})
        elif deed < 0.95:
            table.patch(id, {"priority": rng.randint(1, 4)})
        else:
            self.open_ticket(table.get(id) or {}, rng)

    def open_ticket(self, like: Json, rng: random.Random) -> Json:
        """A new ticket of the requester of another one."""
        stats = dict.fromkeys(like["stats"])
        new = {"id": self.next_id(), "status": 2, "priority": rng.randint(1, 4), "stats": stats}
        return self.table("tickets").put(str(new["id"]), like | new)

    def credentials(self) -> dict[str, dict[str, str]]:
        return {
            "settings": {"site": self.url, "customer_number_field": "cf_customer_no"},
            "secrets": {"api_key": self.token},
        }


def _changed(row: Json) -> tuple[str, int]:
    return row["updated_at"], row["id"]


create = FreshdeskSandbox
"""Freshdesk over a world."""
