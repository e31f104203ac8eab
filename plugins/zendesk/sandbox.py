"""Zendesk Support in small: exports, lists, reads by ids, OAuth, and webhooks that it signs."""

from __future__ import annotations

import base64
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

from hub.sandbox import Options, Refused, Request, Response, World, route
from plugins.zendesk import sandbox_records as records
from plugins.zendesk.sandbox_exports import MOVE, Exports, Json, problem
from plugins.zendesk.sandbox_granting import CLIENT_ID, Grants
from plugins.zendesk.sandbox_hooks import Hooks
from plugins.zendesk.sandbox_records import iso

EMAIL = "admin@acme.example"
PARTS = ("organizations", "users", "tickets")
MOST_LISTED, MOST_IDS = 100, 100


class ZendeskSandbox(Exports, Hooks, Grants):
    """One account. `denied` are path beginnings that the token may not read; `role` is its user's;
    `limit` the plan's calls a minute, of which `used` are told to be used up."""

    name = "zendesk"

    def __init__(self, world: World, options: Options) -> None:
        super().__init__(world, options)
        self.denied: set[str] = set()
        self.role = "admin"
        self.limit, self.used = 700, 0
        self.open_exports()
        self.open_hooks()
        self.open_grants()

    def seed(self, world: World) -> None:
        for record, gone in records.organizations(world):
            self._seed("organizations", record, gone)
        for record, gone in records.users(world):
            self._seed("users", record, gone)
        for ticket, truth in records.tickets(world):
            self._seed("tickets", ticket, truth.deleted)
            answer = records.satisfaction(ticket, truth)
            if answer and not truth.deleted:
                self.table(answer[0]).seed(str(answer[1]["id"]), answer[1])

    def _seed(self, table: str, record: Json, gone: bool) -> None:
        if gone:
            at = datetime.fromisoformat(record["updated_at"])
            self.table(table).seed_deleted(str(record["id"]), record, at)
        else:
            self.table(table).seed(str(record["id"]), record)

    def stamp(self, table: str, record: Json, now: datetime, created: bool) -> None:
        record[MOVE] = self.next_id()
        if created:
            record["created_at"] = iso(now)
        if table == "tickets":
            before = self.table(table).get(str(record["id"]))
            if before and before["generated_timestamp"] != record["generated_timestamp"]:
                return
            record["generated_timestamp"] = int(now.timestamp())
        record["updated_at"] = iso(now)

    def authorise(self, request: Request) -> Response | None:
        if not self._knows(request.headers.get("authorization", "")):
            return None if request.path == "/api/v2/users/me.json" else self.expired()
        part = request.path.removeprefix("/api/v2/")
        if any(part.startswith(path) for path in self.denied):
            return problem(403, {"title": "Forbidden", "message": "No access."}, "")
        if part.startswith("incremental/") and self.role != "admin":
            return problem(403, "Forbidden", "For administrators.")
        return None

    def _knows(self, given: str) -> bool:
        own = base64.b64encode(f"{EMAIL}/token:{self.token}".encode()).decode()
        granted = given.removeprefix("Bearer ")
        return given == f"Basic {own}" or (granted != given and self.granting.lets_in(granted))

    def limit_headers(self, request: Request) -> dict[str, str]:
        left = str(self.limit - self.used)
        headers = {"X-Rate-Limit": str(self.limit), "X-Rate-Limit-Remaining": left}
        headers["Date"] = format_datetime(self.clock.now(), usegmt=True)
        headers |= {"ratelimit-limit": str(self.limit), "ratelimit-remaining": left}
        headers["ratelimit-reset"] = str(60 - int(self.clock.now().timestamp()) % 60)
        if "/incremental/" in request.path:
            headers["zendesk-ratelimit-incremental-exports"] = self.export_header()
        return headers

    def limited(self, retry_after: int) -> Response:
        text = "Number of allowed API requests per minute exceeded"
        found = problem(429, "APIRateLimitExceeded", text)
        return Response(found.body, 429, {"Retry-After": str(retry_after)})

    def expired(self) -> Response:
        return Response({"error": "Couldn't authenticate you"}, 401)

    def not_found(self, request: Request) -> Response:
        return problem(404, "RecordNotFound", "Not found")

    @route("GET", "/api/v2/users/me.json")
    def me(self, request: Request) -> object:
        """Who is not signed in is answered as nobody, with success."""
        if not self._knows(request.headers.get("authorization", "")):
            return {"user": {"id": None, "name": "Anonymous user", "role": "end-user"}}
        return {"user": {"id": 1, "name": "Admin", "role": self.role, "active": True}}

    @route("GET", "/api/v2/<table>/show_many.json")
    def show_many(self, request: Request) -> object:
        table, ids = request.params["table"], request.query.get("ids", "").split(",")
        if table not in PARTS or len(ids) > MOST_IDS:
            return self.not_found(request)
        rows = [row for id in ids if (row := self._one(table, id)) is not None]
        body = {table: [self.shown(table, row) for row in rows]}
        if table == "tickets" and request.query.get("include") == "metric_sets":
            body["metric_sets"] = [row["metric_set"] for row in rows]
        return body

    def _one(self, table: str, id: str) -> Json | None:
        """A deleted user can still be read; a deleted ticket or organization cannot."""
        found = self.table(table).get(id)
        tomb = self.table(table).tombstones.get(id)
        if found is None and tomb is not None and table == "users":
            return self.gone(table, id, tomb.record, tomb.at)
        return found

    @route("GET", "/api/v2/users.json")
    def list_users(self, request: Request) -> object:
        roles = set(request.queries.get("role[]", ()))
        rows = [row for row in self.table("users").all() if not roles or row["role"] in roles]
        return self._listed(request, "users", rows)

    @route("GET", "/api/v2/deleted_users.json")
    def deleted_users(self, request: Request) -> object:
        tombs = self.table("users").tombstones.items()
        rows = [self.gone("users", id, tomb.record, tomb.at) for id, tomb in tombs]
        return self._listed(request, "deleted_users", rows)

    @route("GET", "/api/v2/organizations.json")
    def list_organizations(self, request: Request) -> object:
        return self._listed(request, "organizations", self.table("organizations").all())

    @route("GET", "/api/v2/tickets.json")
    def list_tickets(self, request: Request) -> object:
        return self._listed(request, "tickets", self.table("tickets").all())

    @route("GET", "/api/v2/organization_memberships.json")
    def memberships(self, request: Request) -> object:
        return self._listed(request, "organization_memberships", self._memberships())

    @route("GET", "/api/v2/users/<id>/organization_memberships.json")
    def memberships_of(self, request: Request) -> object:
        id = int(request.params["id"])
        rows = [row for row in self._memberships() if row["user_id"] == id]
        return self._listed(request, "organization_memberships", rows)

    def _memberships(self) -> list[Json]:
        """Each user's own organization; every fifth user belongs to another one too."""
        homes = self.table("organizations").ids()
        rows: list[Json] = []
        for user in self.table("users").all():
            own = user["organization_id"]
            extra = [int(homes[user["id"] % len(homes)])] if own and user["id"] % 5 == 0 else []
            for home in dict.fromkeys([own, *extra] if own else []):
                row = {"id": len(rows) + 1, "user_id": user["id"], "organization_id": home}
                rows.append({**row, "default": home == own})
        return rows

    @route("GET", "/api/v2/satisfaction_ratings.json")
    def ratings(self, request: Request) -> object:
        since = iso_of(int(request.query.get("start_time", "0")))
        rows = [r for r in self.table("ratings").all() if r["created_at"] >= since]
        if request.query.get("score") != "received":
            offered = {"id": 1, "score": "offered", "created_at": since, "updated_at": since}
            rows = [*rows, offered]
        return self._listed(request, "satisfaction_ratings", rows)

    @route("GET", "/api/v2/guide/survey_responses")
    def responses(self, request: Request) -> object:
        since = iso_of(int(request.query.get("filter[created_at_start]", "0")) // 1000)
        rows = self.table("responses").all()
        found = [row for row in rows if row["answers"][0]["created_at"] >= since]
        return self._listed(request, "survey_responses", found)

    @route("GET", "/api/v2/ticket_fields.json")
    def ticket_fields(self, request: Request) -> object:
        return self._listed(request, "ticket_fields", records.TICKET_FIELDS)

    @route("GET", "/api/v2/user_fields.json")
    def user_fields(self, request: Request) -> object:
        row = {"id": 3, "key": "newsletter", "type": "checkbox", "title": "Newsletter"}
        return self._listed(request, "user_fields", [row])

    @route("GET", "/api/v2/organization_fields.json")
    def organization_fields(self, request: Request) -> object:
        rows: list[Json] = [
            {"id": 4, "key": "region", "type": "text", "title": "Region"},
            {"id": 5, "key": "seats", "type": "integer", "title": "Seats"},
        ]
        return self._listed(request, "organization_fields", rows)

    @route("GET", "/api/v2/ticket_forms.json")
    def ticket_forms(self, request: Request) -> object:
        return self._listed(request, "ticket_forms", [{"id": 2, "name": "Default form"}])

    @route("GET", "/api/v2/custom_statuses.json")
    def custom_statuses(self, request: Request) -> object:
        rows = [
            {"id": id, "status_category": word, "agent_label": word.title()}
            for word, id in records.CUSTOM_STATUSES.items()
        ]
        return self._listed(request, "custom_statuses", rows)

    @route("GET", "/agent/<kind>/<id>", public=True)
    def browse(self, request: Request) -> object:
        """The page that links lead to."""
        row = self.table(request.params["kind"]).get(request.params["id"]) or {}
        return Response(str(row.get("subject") or row.get("name") or "Not here."))

    def _listed(self, request: Request, name: str, rows: Sequence[Json]) -> Json:
        """A page of a list by cursor; without `page[size]` it would be the old kind, refused."""
        size = int(request.query.get("page[size]", "0"))
        if not 1 <= size <= MOST_LISTED:
            raise Refused(problem(400, "InvalidPaginationParameter", "page[size] is invalid"))
        size, asked = min(size, self.page_size), request.query.get("page[after]", "")
        start = int(base64.b64decode(asked or "MA=="))
        given = base64.b64encode(str(start + size).encode()).decode()
        more = start + size < len(rows)
        after = self.next_cursor(request, asked or given, given) if more else None
        meta = {"has_more": more, "after_cursor": after, "before_cursor": None}
        shown = [self.shown(name, row) for row in rows[start : start + size]]
        return {name: shown, "meta": meta, "links": {}}

    def stir(self, rng: random.Random) -> None:
        """Mostly tickets move; now and then somebody is renamed, moves, or is deleted."""
        deed, tickets = rng.random(), self.table("tickets")
        if deed < 0.35:
            self.answer(rng.choice(tickets.ids()))
        elif deed < 0.65:
            status = rng.choice(("open", "pending", "hold", "solved"))
            tickets.patch(rng.choice(tickets.ids()), {"status": status})
        elif deed < 0.75:
            tickets.patch(rng.choice(tickets.ids()), {"priority": rng.choice(("low", "urgent"))})
        elif deed < 0.8:
            tickets.delete(rng.choice(tickets.ids()))
        elif deed < 0.9:
            self._rename("users", rng)
        else:
            self._rename("organizations", rng)

    def _rename(self, table: str, rng: random.Random) -> None:
        row = rng.choice(self.table(table).all())
        name = f"{row['name'].partition(' (')[0]} ({rng.randrange(99)})"
        self.table(table).patch(str(row["id"]), {"name": name})

    def answer(self, id: str) -> None:
        """The requester writes: a comment, which moves the metrics."""
        now = iso(self.clock.now())
        metrics = {"latest_comment_added_at": now, "requester_updated_at": now, "updated_at": now}
        self.table("tickets").patch(id, {"metric_set": metrics})

    def move_by_system(self, id: str, fields: Json) -> None:
        """A change that nobody made: only `generated_timestamp` moves, and no webhook tells."""
        now = int(self.clock.now().timestamp())
        self.table("tickets").patch(id, {**fields, "generated_timestamp": now}, quiet=True)

    def forget_user(self, id: str) -> None:
        """A user is deleted for good, after having been deleted."""
        self.table("forgotten").put(id, {"id": int(id)}, quiet=True)
        self.table("users").delete(id)

    def remove_organization(self, id: str) -> None:
        """An organization is deleted; its users and tickets stay, without one."""
        for table in ("users", "tickets"):
            for row in self.table(table).all():
                if row["organization_id"] == int(id):
                    self.table(table).patch(str(row["id"]), {"organization_id": None})
        self.table("organizations").delete(id)

    def credentials(self) -> dict[str, dict[str, str]]:
        settings = {"site": self.url, "email": EMAIL}
        app = {"client_id": CLIENT_ID, "client_secret": self.granting.client_secret}
        return {"settings": settings, "secrets": {"api_token": self.token}, "operator": app}


def iso_of(seconds: int) -> str:
    return str(iso(datetime.fromtimestamp(seconds, UTC)))


create = ZendeskSandbox
"""Zendesk over a world."""
