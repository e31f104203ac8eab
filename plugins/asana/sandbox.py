"""Asana in small: the calls that the connector makes, over the sandbox world, and its webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from hub.sandbox import (
    Edit,
    Event,
    Parcel,
    Refused,
    Request,
    Response,
    Subscription,
    World,
    route,
)
from plugins.asana import sandbox_records as records
from plugins.asana.sandbox_granting import CLIENT_ID, Grants
from plugins.asana.sandbox_records import (
    OLD,
    PROJECT_CUSTOMER,
    TASK_CUSTOMER,
    WORKSPACE,
    Json,
    iso,
)
from plugins.asana.sandbox_telling import ACTIONS, event, events, homes, problem, webhook

RETRIES_S = (60, 300, 900, 3600, 7200, 14400, 28800, 28800)
"""Growing, for 24 hours."""
SECTIONS = ("Planned", "Doing", "Waiting for customer")
HEARTBEAT = "heartbeat"
SHARED = "pr4"


class AsanaSandbox(Grants):
    """One Asana workspace. `plan_lacks` are path endings that answer 402, `denied` 403."""

    name = "asana"
    batch_size = 20

    def seed(self, world: World) -> None:
        self.open_grants()
        self.plan_lacks, self.denied = set[str](), set[str]()
        self._ordered: list[Json] | None = None
        self._groups: dict[str, list[Json]] = {}
        for user in records.users(world):
            self.table("users").seed(user["gid"], user)
        for project in records.projects(world):
            self.table("projects").seed(project["gid"], project)
        project, old = records.put_away(world)
        self.table("projects").seed(project["gid"], project)
        self.table("tasks").seed(old["gid"], old)
        for task, gone in records.tasks(world):
            if gone:
                self.table("tasks").seed_deleted(task["gid"], task, world.now)
            else:
                self.table("tasks").seed(task["gid"], task)

    def stamp(self, table: str, record: Json, now: datetime, created: bool) -> None:
        if table == "tasks":
            records.touch(self.table("tasks").get(record["gid"]), record, now, created=created)
        elif table == "projects":
            record["modified_at"] = iso(now)

    def authorise(self, request: Request) -> Response | None:
        if not self.lets_in(request):
            return self.expired()
        if any(request.path.endswith(end) for end in self.plan_lacks):
            return problem(402, "This feature is only available to premium users.")
        if any(request.path.endswith(end) for end in self.denied):
            return problem(403, "Forbidden")
        return None

    def limit_headers(self, request: Request) -> dict[str, str]:
        return {"Date": format_datetime(self.clock.now(), usegmt=True)}

    def limited(self, retry_after: int) -> Response:
        found = problem(429, "You have made too many requests recently.")
        return Response(found.body, 429, {"Retry-After": str(retry_after)})

    def server_error(self, status: int) -> Response:
        text = {"message": "Server Error", "phrase": "6 sad squid snuggle softly"}
        return Response({"errors": [text]}, status)

    def expired(self) -> Response:
        return problem(401, "Not Authorized")

    def not_found(self, request: Request) -> Response:
        return problem(404, f"Unknown object: {request.path.rpartition('/')[2]}")

    @route("GET", "/api/1.0/users/me")
    def me(self, request: Request) -> object:
        user = self.table("users").all()[0] | {"workspaces": [WORKSPACE]}
        return {"data": records.shown(user, request.query.get("opt_fields", ""))}

    @route("GET", "/api/1.0/users")
    def users(self, request: Request) -> object:
        return self._paged(request, self.table("users").all())

    @route("GET", "/api/1.0/users/<gid>")
    def user(self, request: Request) -> object:
        return self._single(request, self.table("users").get(request.params["gid"]))

    @route("GET", "/api/1.0/workspaces/<gid>/custom_fields")
    def custom_fields(self, request: Request) -> object:
        return self._paged(request, records.FIELDS)

    @route("GET", "/api/1.0/projects")
    def projects(self, request: Request) -> object:
        rows, asked = self.table("projects").all(), request.query.get("archived")
        fits = {None: (True, False), "true": (True,), "false": (False,)}[asked]
        return self._paged(request, [row for row in rows if row["archived"] in fits])

    @route("GET", "/api/1.0/tasks")
    def tasks(self, request: Request) -> object:
        project, since = request.query.get("project"), request.query.get("modified_since", "")
        if project is None:
            mine = {"assignee", "workspace"} <= set(request.query)
            return self._paged(request, []) if mine else problem(400, "project: Missing input")
        if project not in self.table("projects"):
            return self.not_found(request)
        rows = self._grouped().get(project, [])
        return self._paged(request, [row for row in rows if row["modified_at"] >= since])

    @route("GET", "/api/1.0/tasks/<gid>")
    def task(self, request: Request) -> object:
        return self._single(request, self.table("tasks").get(request.params["gid"]))

    @route("GET", "/api/1.0/tasks/<gid>/subtasks")
    def subtasks(self, request: Request) -> object:
        return self._paged(request, self._grouped().get(request.params["gid"], []))

    @route("POST", "/api/1.0/webhooks", locked=False)
    def create_webhook(self, request: Request) -> object:
        """Shakes hands with the target before it answers."""
        asked = request.json["data"]
        taken = {(s.extra.get("resource"), s.url) for s in self.subscriptions()}
        if (asked["resource"], asked["target"]) in taken:
            return problem(403, "Duplicated webhook")
        if asked["resource"] not in self.table("projects"):
            return problem(400, "resource: Unknown object")
        wanted = {"resource": asked["resource"], "filters": asked.get("filters", [])}
        try:
            made = self.subscribe(asked["target"], extra=wanted)
        except Refused:
            return problem(400, "The remote server did not respond with the handshake secret.")
        self.emit([Event(HEARTBEAT, None, key=made.id)])
        return Response({"data": webhook(made), "X-Hook-Secret": made.secret}, 201)

    @route("GET", "/api/1.0/webhooks")
    def webhooks(self, request: Request) -> object:
        if "workspace" not in request.query:
            return problem(400, "workspace: Missing input")
        return self._paged(request, [webhook(found) for found in self.subscriptions()])

    @route("DELETE", "/api/1.0/webhooks/<gid>")
    def delete_webhook(self, request: Request) -> object:
        return {"data": {}} if self.unsubscribe(request.params["gid"]) else self.not_found(request)

    @route("GET", "/0/<project>/<gid>", public=True)
    def browse(self, request: Request) -> object:
        """The page that links lead to."""
        found = self.table("tasks").get(request.params["gid"])
        return Response(found["name"] if found else "Not here.", 200 if found else 404)

    def greet(self, subscription: Subscription) -> bool:
        """The handshake: only who echoes the secret in time gets the webhook."""
        secret = hashlib.sha256(f"{self.token}/{subscription.id}".encode()).hexdigest()
        status, headers, _ = self.post(subscription.url, b"", {"X-Hook-Secret": secret})
        subscription.secret = secret
        return status in (200, 204) and headers.get("x-hook-secret") == secret

    def on_change(self, edit: Edit) -> Iterable[Event]:
        if edit.table == "tasks":
            record = edit.after or edit.before or {}
            hearing = [*homes(edit.before or {}), *self._upward(record)]
            for told in events(edit, record):
                yield Event(f"task.{told['action']}", {"homes": hearing, "event": told}, edit.id)
        elif edit.table == "projects" and edit.kind in ("delete", "restore"):
            told = event(edit, "project", ACTIONS[edit.kind])
            yield Event("project", {"homes": [edit.id], "event": told}, edit.id)

    def accepts(self, subscription: Subscription, event: Event) -> bool:
        if event.topic == HEARTBEAT:
            return event.key == subscription.id
        if subscription.extra.get("resource") not in event.data["homes"]:
            return False
        told, filters = event.data["event"], subscription.extra.get("filters") or []
        mark = (told["resource"]["resource_type"], told["action"])
        return not filters or mark in {(f["resource_type"], f.get("action")) for f in filters}

    def render(self, parcel: Parcel) -> bytes:
        events = [event.data["event"] for event in parcel.events if event.data]
        return json.dumps({"events": events}, separators=(",", ":")).encode()

    def sign(self, parcel: Parcel, body: bytes) -> dict[str, str]:
        digest = hmac.new(parcel.subscription.secret.encode(), body, hashlib.sha256).hexdigest()
        return {"Content-Type": "application/json; charset=UTF-8", "X-Hook-Signature": digest}

    def retry_delay(self, attempt: int) -> float | None:
        return RETRIES_S[attempt - 1] if attempt <= len(RETRIES_S) else None

    def stir(self, rng: random.Random) -> None:
        """Complete or reopen a task, give it another day, rename it, or put it elsewhere."""
        table = self.table("tasks")
        found = table.get(rng.choice([id for id in table.ids() if id != OLD])) or {}
        deed = rng.random()
        if deed < 0.35:
            table.patch(found["gid"], {"completed": not found["completed"]})
        elif deed < 0.6:
            day = f"2027-0{rng.randint(1, 9)}-{rng.randint(10, 28)}"
            table.patch(found["gid"], {"due_on": day})
        elif deed < 0.8 or not found["memberships"]:
            name = f"{found['name'].partition(' (')[0]} ({rng.randrange(99)})"
            table.patch(found["gid"], {"name": name})
        else:
            self.place(found, rng.choice(SECTIONS))

    def place(self, task: Json, section: str) -> None:
        """Put a task into a section of its first project; that moves no stamp."""
        moved = records.placed(task["memberships"], section)
        self.table("tasks").patch(task["gid"], {"memberships": moved})

    def credentials(self) -> dict[str, dict[str, str]]:
        shared = self.world.id("asana", "project", SHARED)
        rules = {
            shared: {"by": "custom_field", "field": TASK_CUSTOMER, "customer_visible": True},
            "*": {"by": "project_field", "field": PROJECT_CUSTOMER, "customer_visible": True},
        }
        settings = {"base_url": f"{self.url}/api/1.0", "account_links": json.dumps(rules)}
        app = {"client_id": CLIENT_ID, "client_secret": self.granting.client_secret}
        return {"settings": settings, "secrets": {"token": self.token}, "operator": app}

    def _grouped(self) -> dict[str, list[Json]]:
        """Tasks by the project they are in and by the task they are below; until the next write."""
        ordered = self.table("tasks").sorted_by("gid", lambda row: row["gid"])
        if ordered is not self._ordered:
            self._ordered, self._groups = ordered, {}
            for task in ordered:
                above = [task["parent"]["gid"]] if task["parent"] else []
                for place in {*homes(task), *above}:
                    self._groups.setdefault(place, []).append(task)
        return self._groups

    def _upward(self, task: Json) -> Iterator[str]:
        """Projects that hear of a task: its own, and those of the tasks above it."""
        yield from homes(task)
        above = self.table("tasks").get((task.get("parent") or {}).get("gid", ""))
        if above:
            yield from self._upward(above)

    def _expanded(self, task: Json) -> Json:
        """A task with its parent in full and its address."""
        above = self.table("tasks").get((task.get("parent") or {}).get("gid", ""))
        home = next(self._upward(task), "0")
        link = {"permalink_url": f"{self.url}/0/{home}/{task['gid']}"}
        return {**task, **link, "parent": self._expanded(above) if above else task["parent"]}

    def _single(self, request: Request, record: Json | None) -> object:
        if record is None:
            return self.not_found(request)
        whole = self._expanded(record) if record["resource_type"] == "task" else record
        return {"data": records.shown(whole, request.query.get("opt_fields", ""))}

    def _paged(self, request: Request, rows: Sequence[Any]) -> object:
        size, token = int(request.query.get("limit", "1000")), request.query.get("offset")
        try:
            start = 0 if token is None else int(base64.b64decode(token, validate=True))
        except ValueError:
            return problem(400, "offset: Your pagination token is invalid or has expired.")
        if "limit" in request.query and not 1 <= size <= 100:
            return problem(400, "limit: Must be between 1 and 100")
        size = self.rows_of(size) if "limit" in request.query else size
        page = rows[start : start + size]
        data: list[object] = [self._shown(request, row) for row in page]
        if start + size >= len(rows) or "limit" not in request.query:
            return {"data": data, "next_page": None}
        following = base64.b64encode(str(start + size).encode()).decode()
        offset = self.next_cursor(request, token or following, following)
        uri = f"https://app.asana.com{request.path}?offset={offset}"
        return {"data": data, "next_page": {"offset": offset, "path": request.path, "uri": uri}}

    def _shown(self, request: Request, row: Json) -> Json:
        whole = self._expanded(row) if row.get("resource_type") == "task" else row
        return records.shown(whole, request.query.get("opt_fields", ""))


create = AsanaSandbox
"""Asana over a world."""
