"""Jira in small: the calls that the connector makes, over the sandbox world, and its webhooks.

As on the real service a query that names something unknown is answered with 200 and nothing, one
without a restriction with 400, and the retired search with 410.
"""

from __future__ import annotations

import base64
import json
import random
from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta

from hub.sandbox import Edit, Event, Options, Request, Response, World, route
from plugins.jira import sandbox_query as query
from plugins.jira import sandbox_records as records
from plugins.jira.sandbox_granting import CLIENT_ID
from plugins.jira.sandbox_hooks import Hooks
from plugins.jira.sandbox_query import refusal
from plugins.jira.sandbox_site import (
    CUSTOMER_DOMAIN,
    FIELDS,
    ROBOT,
    STATUSES,
    Json,
    millis,
    stamp,
    status,
)

EMAIL = "hub@example.com"
RULES = {
    "SUP": {"by": "organization"},
    "PLT": {"by": "custom_field", "field": CUSTOMER_DOMAIN, "customer_visible": True},
    "MOB": {"by": "label", "field": "cust-", "customer_visible": True},
}


class JiraSandbox(Hooks):
    """One Jira Cloud site. `unindexed`: ids of issues that searches do not see yet."""

    name = "jira"

    def __init__(self, world: World, options: Options) -> None:
        super().__init__(world, options)
        self.unindexed: set[str] = set()
        self.open_grants()

    def seed(self, world: World) -> None:
        for project in records.projects(world):
            self.table("projects").seed(project["id"], project)
        for user in records.users(world):
            self.table("users").seed(user["accountId"], user)
        for issue, deleted in records.Maker(world).issues():
            if deleted:
                self.table("issues").seed_deleted(issue["id"], issue, world.now)
            else:
                self.table("issues").seed(issue["id"], issue)

    def stamp(self, table: str, record: Json, now: datetime, created: bool) -> None:
        if table == "issues":
            before = None if created else self.table("issues").get(record["id"])
            records.touch(before, record, stamp(now), str(self.next_id()))

    def authorise(self, request: Request) -> Response | None:
        good = base64.b64encode(f"{EMAIL}:{self.token}".encode()).decode()
        if request.headers.get("authorization") == f"Basic {good}" or self.lets_in(request):
            return None
        return self.expired()

    def expired(self) -> Response:
        text = "Client must be authenticated to access this resource."
        return Response({"message": text, "status-code": 401}, 401)

    def limit_headers(self, request: Request) -> dict[str, str]:
        now = self.clock.now()
        burst, hour = self.quota.told(1, now), self.quota.told(3600, now)
        headers = {"X-RateLimit-Limit": str(burst.of), "X-RateLimit-Remaining": str(burst.left)}
        headers["RateLimit-Policy"] = f'"tenant-app-quota";q={hour.of};w=3600'
        if hour.left < hour.of * 0.2:
            headers["RateLimit"] = f'"tenant-app-quota";r={hour.left};t={hour.reset_s}'
        return headers

    def limited(self, retry_after: int) -> Response:
        reset = (self.clock.now() + timedelta(seconds=retry_after)).strftime("%Y-%m-%dT%H:%MZ")
        headers = {
            "Retry-After": str(retry_after),
            "X-RateLimit-Reset": reset,
            "RateLimit-Reason": "jira-burst-based",
        }
        return Response(refusal("Rate limit exceeded."), 429, headers)

    def not_found(self, request: Request) -> Response:
        return Response(refusal("null for uri: " + request.path), 404)

    @route("GET", "/rest/api/3/myself")
    def myself(self, request: Request) -> object:
        return {
            "accountId": "557058:hub",
            "accountType": "atlassian",
            "emailAddress": EMAIL,
            "displayName": "Customer Hub",
            "active": True,
            "timeZone": "America/Los_Angeles",
        }

    @route("GET", "/rest/api/3/mypermissions")
    def permissions(self, request: Request) -> object:
        asked = request.query.get("permissions", "").split(",")
        return {"permissions": {key: {"key": key, "havePermission": True} for key in asked}}

    @route("GET", "/rest/api/3/field")
    def fields(self, request: Request) -> object:
        return FIELDS

    @route("GET", "/rest/api/3/status")
    def statuses(self, request: Request) -> object:
        return [status(id) for id in STATUSES]

    @route("GET", "/rest/api/3/project")
    def projects(self, request: Request) -> object:
        counts: dict[str, int] = {}
        for issue in self.table("issues").all():
            project = issue["fields"]["project"]["id"]
            counts[project] = counts.get(project, 0) + 1
        return [
            p | {"insight": {"totalIssueCount": counts.get(p["id"], 0)}}
            for p in self.table("projects").all()
        ]

    @route("GET", "/rest/api/3/users/search")
    def users(self, request: Request) -> object:
        start = int(request.query.get("startAt", "0"))
        size = self.rows_of(int(request.query["maxResults"]))
        return self.table("users").all()[start : start + size]

    @route("GET", "/rest/api/3/user/bulk")
    def users_by_id(self, request: Request) -> object:
        size = int(request.query.get("maxResults", "10"))
        found = [self.table("users").get(id) for id in request.queries.get("accountId", [])]
        known = [user for user in found if user][:size]
        return {"values": known, "startAt": 0, "maxResults": size, "isLast": True}

    @route("GET", "/rest/api/3/search")
    def retired_search(self, request: Request) -> object:
        return Response(refusal("The requested API has been removed."), 410)

    @route("POST", "/rest/api/3/search/jql")
    def search(self, request: Request) -> object:
        asked = request.json
        size, token = int(asked.get("maxResults", 50)), asked.get("nextPageToken")
        if not 1 <= size <= 5000 or query.restrictions(asked["jql"]) == []:
            return Response(refusal("The query is unbounded or maxResults is out of range."), 400)
        found = self._matching(asked["jql"])
        try:
            start = 0 if not token else bisect_right(found, query.place(token), key=query.position)
        except ValueError:
            return Response(refusal("The nextPageToken is invalid or has expired."), 400)
        page, now = found[start : start + self.rows_of(min(size, 100))], self.clock.now()
        answer: Json = {"issues": [query.shown(i, asked.get("fields", ["id"]), now) for i in page]}
        if start + len(page) >= len(found):
            return answer | {"isLast": True}
        following = query.token(query.position(page[-1]))
        return answer | {
            "isLast": False,
            "nextPageToken": self.next_cursor(request, token or following, following),
        }

    @route("POST", "/rest/api/3/search/approximate-count")
    def count(self, request: Request) -> object:
        return {"count": len(self._matching(request.json["jql"]))}

    @route("POST", "/rest/api/3/issue/bulkfetch")
    def issues(self, request: Request) -> object:
        asked = request.json
        if len(asked["issueIdsOrKeys"]) > 100:
            return Response(refusal("At most 100 issues."), 400)
        found = [self.table("issues").get(str(id)) for id in asked["issueIdsOrKeys"]]
        known = sorted((i for i in found if i), key=lambda issue: int(issue["id"]))
        now, fields = self.clock.now(), asked.get("fields", ["id"])
        return {"issues": [query.shown(i, fields, now) for i in known], "issueErrors": []}

    @route("POST", "/rest/api/3/changelog/bulkfetch")
    def changelogs(self, request: Request) -> object:
        asked = request.json
        wanted = set(asked.get("fieldIds", records.TRACKED))
        rows = [
            (id, entry | {"items": items, "created": millis(entry["created"])})
            for id in asked["issueIdsOrKeys"]
            for entry in (self.table("issues").get(str(id)) or {}).get("_histories", [])
            if (items := [i for i in entry["items"] if i["fieldId"] in wanted])
        ]
        start, size = int(asked.get("nextPageToken") or 0), int(asked.get("maxResults", 1000))
        logs: dict[str, list[Json]] = {}
        for id, entry in rows[start : start + size]:
            logs.setdefault(str(id), []).append(entry)
        answer: Json = {
            "issueChangeLogs": [{"issueId": i, "changeHistories": h} for i, h in logs.items()]
        }
        if start + size < len(rows):
            answer["nextPageToken"] = self.next_cursor(request, str(start), str(start + size))
        return answer

    @route("GET", "/rest/api/3/issue/<id>/comment")
    def comments(self, request: Request) -> object:
        issue = self.table("issues").get(request.params["id"])
        if issue is None:
            return Response(refusal("Issue does not exist."), 404)
        start, size = int(request.query["startAt"]), min(100, int(request.query["maxResults"]))
        found = issue["_comments"]
        return {"comments": found[start : start + size], "startAt": start, "total": len(found)}

    def on_change(self, edit: Edit) -> Iterable[Event]:
        record = edit.after or edit.before or {}
        body: Json = {"timestamp": int(edit.at.timestamp() * 1000)}
        if edit.table == "issues":
            topic, more = query.issue_event(edit.kind, edit.fields, record)
            yield Event(topic, body | {"webhookEvent": topic} | more)
            return
        kind = {"create": "created", "delete": "deleted"}.get(edit.kind, "updated")
        word = edit.table.removesuffix("s")
        yield Event(f"{word}_{kind}", body | {"webhookEvent": f"{word}_{kind}", word: record})

    def stir(self, rng: random.Random) -> None:
        """Move an issue on, comment on one, or rename one."""
        table = self.table("issues")
        issue = table.get(rng.choice(table.ids())) or {}
        deed = rng.random()
        if deed < 0.5:
            self.move(issue["id"], rng.choice(query.siblings(issue)))
        elif deed < 0.8:
            self.comment(issue["id"], issue["fields"]["reporter"] or ROBOT)
        else:
            name = f"{issue['fields']['summary'][:80]} ({rng.randrange(99)})"
            table.patch(issue["id"], {"fields": {"summary": name}})

    def move(self, id: str, to: str) -> None:
        """Put an issue into a status."""
        self.table("issues").patch(id, {"fields": {"status": status(to)}})

    def comment(self, id: str, author: Json, *, public: bool = True) -> None:
        """Write a comment on an issue."""
        issue = self.table("issues").get(id) or {}
        said = records.comment(str(self.next_id()), author, self.clock.now(), public=public)
        self.table("issues").patch(id, {"_comments": [*issue["_comments"], said]})

    def credentials(self) -> dict[str, dict[str, str]]:
        return {
            "settings": {"site": self.url, "email": EMAIL, "account_links": json.dumps(RULES)},
            "secrets": {"token": self.token},
            "operator": {"client_id": CLIENT_ID, "client_secret": self.granting.client_secret},
        }

    @route("GET", "/browse/<key>", public=True)
    def browse(self, request: Request) -> object:
        """The page that links lead to."""
        key = request.params["key"]
        found = next((i for i in self.table("issues").all() if i["key"] == key), None)
        if found is None:
            return Response("No such issue.", 404)
        return Response(f"{key}: {found['fields']['summary']}\n{found['fields']['status']['name']}")

    def _matching(self, jql: str) -> list[Json]:
        """Issues that a query finds, in the order of their last change."""
        clauses = query.restrictions(jql)
        if clauses is None:
            return []
        found = self.table("issues").sorted_by("updated", query.position)
        return [
            issue
            for issue in found
            if issue["id"] not in self.unindexed and all(query.fits(issue, c) for c in clauses)
        ]


def create(world: World, options: Options) -> JiraSandbox:
    """Jira over a world."""
    return JiraSandbox(world, options)
