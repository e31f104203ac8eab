"""Mixpanel in small: the query API, the raw export, and cohorts that are synced by webhook."""

from __future__ import annotations

import base64
import gzip
import json
import random
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

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
from hub.sandbox.usage import NAMES
from plugins.mixpanel import sandbox_records as records
from plugins.mixpanel.sandbox_records import Json

USER = "hub.1a2b3c.mp-service-account"
PROJECT, DATA_GROUP, COHORT = "220101", "771", "5511"
PAGE_SIZE, PACKED_FROM = 1000, 1400
RETRIES_S = (2, 4, 8, 16, 30)
"""Five attempts within a minute; then the sync of the next half hour begins anew."""
FORM = {"where", "distinct_ids", "data_group_id", "page", "session_id"}
EXPORT = {"project_id", "from_date", "to_date", "event", "limit"}
SEEN = re.compile(r'properties\["\$last_seen"\] >= "([^"]+)"')


def problem(status: int, message: str) -> Response:
    return Response({"error": message, "request": "/api/query", "status": status}, status)


class MixpanelSandbox(Vendor):
    """One project. `zone`: that of a project from before 2023. `cut`: so many bytes of an export
    are sent, as if it were all. `plan`: False has no query API."""

    name = "mixpanel"

    def seed(self, world: World) -> None:
        self.zone: ZoneInfo | None = None
        self.cut: int | None = None
        self.plan = True
        self.exports: list[tuple[str, str]] = []
        belongs = records.belongs(world)
        for table, id, record in records.seeded(world):
            if id in belongs:
                record["properties"][records.PROPERTY] = belongs[id]
            self.table(table).seed(id, record)

    def stamp(self, table: str, record: Json, now: datetime, created: bool) -> None:
        """An edit by an app on which somebody is active; one by a server moves no `$last_seen`."""
        if table == "users" and "properties" in record:
            seen = f"{now:%Y-%m-%dT%H:%M:%S}"
            record["properties"] = {**record["properties"], "$last_seen": seen}

    def authorise(self, request: Request) -> Response | None:
        pair = base64.b64encode(f"{USER}:{self.token}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {pair}":
            return self.expired()
        if "project_id" not in request.query:
            return problem(400, "project_id is required for service accounts")
        if request.query["project_id"] != PROJECT:
            return problem(403, "no access to this project")
        return None

    def limited(self, retry_after: int) -> Response:
        return problem(429, "Query rate limit exceeded")

    def server_error(self, status: int) -> Response:
        return problem(status, "Internal error")

    def expired(self) -> Response:
        return problem(401, "Invalid service account credentials")

    def not_found(self, request: Request) -> Response:
        return problem(404, "Not found")

    def limit_headers(self, request: Request) -> dict[str, str]:
        return {"Date": f"{self.clock.now():%a, %d %b %Y %H:%M:%S} GMT"}

    def today(self) -> date:
        return self.clock.now().astimezone(self.zone or UTC).date()

    @route("GET", "/api/2.0/export")
    def export(self, request: Request) -> object:
        """Both days are inclusive; names are a JSON array; no cursor and no order."""
        asked = request.query
        if odd := sorted(set(asked) - EXPORT):
            return problem(400, f"unknown parameters {odd}")
        first, last = (self._day(asked.get(name, "")) for name in ("from_date", "to_date"))
        if last > self.today():
            return problem(400, f"to_date cannot be later than {self.today()}")
        self.exports.append((first.isoformat(), last.isoformat()))
        wanted = json.loads(asked["event"]) if "event" in asked else None
        days = {(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)}
        made = (records.exported(row, self.zone) for row in self.table("events").all())
        lines = [line for day, line in made if day in days]
        return self._packed(request, [x for x in lines if not wanted or x["event"] in wanted])

    @route("POST", "/api/query/engage")
    def engage(self, request: Request) -> object:
        if not self.plan:
            return problem(402, "Your plan does not include the query API")
        asked = request.form
        if odd := sorted(set(asked) - FORM):
            return problem(400, f"unknown parameters {odd}")
        number = int(asked.get("page", "0"))
        rows = self._profiles(asked)
        session = f"{len(rows)}-QxW1"
        if number and asked.get("session_id") != session:
            return problem(400, "invalid session_id")
        shown = int(self.next_cursor(request, str(max(number - 1, 0)), str(number)))
        size = self.page_size or PAGE_SIZE
        page = {"page": number, "page_size": size, "session_id": session, "status": "ok"}
        return {**page, "total": len(rows), "results": rows[shown * size : (shown + 1) * size]}

    @route("POST", "/api/query/cohorts/list")
    def cohorts(self, request: Request) -> object:
        if not self.plan:
            return problem(402, "Your plan does not include the query API")
        found = {"id": int(COHORT), "name": "At risk", "count": len(self.table("cohort"))}
        return [{**found, "description": "", "is_visible": 1, "project_id": int(PROJECT)}]

    def on_change(self, edit: Edit) -> Iterable[Event]:
        """Only who joins or leaves a cohort is told; that a profile or an event changed is not."""
        if edit.table != "cohort":
            return
        action = "remove_members" if edit.kind == "delete" else "add_members"
        profile = self.table("users").get(edit.id) or {}
        said = profile.get("properties", {})
        member = {"email": said.get("$email"), "mixpanel_distinct_id": edit.id}
        member |= {"first_name": said.get("$name", ""), "last_name": ""}
        yield Event(action, batch(action, [member], f"s-{self.next_id()}"), edit.id)

    def sign(self, parcel: Parcel, body: bytes) -> dict[str, str]:
        pair = base64.b64encode(f"hub:{parcel.subscription.secret}".encode()).decode()
        return {"Content-Type": "application/json", "Authorization": f"Basic {pair}"}

    def acknowledged(self, parcel: Parcel, status: int, body: bytes) -> bool:
        """The answer is JSON, with the action of the call."""
        try:
            answer = json.loads(body)
        except ValueError:
            return False
        wanted = {"action": parcel.events[0].topic, "status": "success"}
        return 200 <= status < 300 and answer == wanted

    def retry_delay(self, attempt: int) -> float | None:
        return RETRIES_S[attempt - 1] if attempt <= len(RETRIES_S) else None

    def stir(self, rng: random.Random) -> None:
        """Somebody does something, just now or days ago; a profile changes, and so may a cohort."""
        people = [id for id in self.table("users").ids() if not id.startswith("$")]
        user = rng.choice(people)
        if rng.random() < 0.5:
            late = timedelta(days=rng.choice((0, 0, 0, 2, 4)))
            self.act(user, rng.choice(NAMES), self.clock.now() - late)
        else:
            self.change(user, {"title": f"Title {rng.randrange(99)}"})

    def act(self, user: str, name: str, at: datetime, **said: object) -> str:
        """An event of a person; returns its insert id."""
        profile = self.table("users").get(user) or {}
        group = profile.get("properties", {}).get(records.PROPERTY)
        own = {records.PROPERTY: group} if group else {}
        id = f"l-{self.next_id()}"
        self.table("events").put(id, records.happened(name, user, at, id, {**own, **said}))
        return id

    def change(self, user: str, said: Json) -> None:
        """A profile changes, and its person joins the cohort, or leaves it."""
        self.table("users").patch(user, {"properties": said})
        cohort = self.table("cohort")
        if user in cohort:
            cohort.delete(user)
        else:
            cohort.put(user, {"id": user})

    def credentials(self) -> dict[str, dict[str, str]]:
        settings = {
            "username": USER,
            "project_id": PROJECT,
            "region": "US",
            "account_property": records.PROPERTY,
            "data_group_id": DATA_GROUP,
            "history_days": str(records.HISTORY_DAYS),
            "base_url": self.url,
        }
        return {"settings": settings, "secrets": {"secret": self.token}}

    def _day(self, text: str) -> date:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            raise Refused(problem(400, "from_date and to_date are yyyy-mm-dd"))
        return date.fromisoformat(text)

    def _packed(self, request: Request, lines: list[Json]) -> Response:
        body = records.body(lines)
        body = body if self.cut is None else body[: self.cut]
        headers = {"Content-Type": "text/plain"}
        if len(body) > PACKED_FROM and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(gzip.compress(body, 1), 200, {**headers, "Content-Encoding": "gzip"})
        return Response(body, 200, headers)

    def _profiles(self, asked: dict[str, str]) -> list[Json]:
        group = asked.get("data_group_id")
        if group not in (None, DATA_GROUP):
            raise Refused(problem(400, "unknown data group"))
        table = self.table("groups" if group else "users")
        rows = table.sorted_by("id", lambda row: row["id"])
        if "distinct_ids" in asked:
            ids = set(json.loads(asked["distinct_ids"]))
            rows = [row for row in rows if row["id"] in ids]
        if "where" in asked:
            found = SEEN.fullmatch(asked["where"])
            if found is None:
                raise Refused(problem(400, "malformed where"))
            rows = [r for r in rows if r["properties"].get("$last_seen", "") >= found[1]]
        return [records.shown(row) for row in rows]


def batch(action: str, members: list[Json], session: str, page: int = 1, pages: int = 1) -> Json:
    """One call of a cohort sync."""
    return {
        "action": action,
        "parameters": {
            "mixpanel_project_id": PROJECT,
            "mixpanel_cohort_id": COHORT,
            "mixpanel_cohort_name": "At risk",
            "mixpanel_cohort_description": "",
            "mixpanel_session_id": session,
            "page_info": {"total_pages": pages, "page_count": page},
            "members": members,
        },
    }


def create(world: World, options: Options) -> MixpanelSandbox:
    """Mixpanel over a world."""
    return MixpanelSandbox(world, options)
