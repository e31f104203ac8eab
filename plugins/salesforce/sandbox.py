"""Salesforce in small: one org over the shared world, with its REST API and what it pushes.

A subscription says which of the three ways it is: `extra: {"webhook": "outbound_messages"}` (also
the default), `{"webhook": "flow_callouts"}` or `{"webhook": "change_events"}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

from hub.sandbox import (
    Edit,
    Event,
    Options,
    Parcel,
    Request,
    Response,
    Subscription,
    World,
    route,
)
from plugins.salesforce import pushing, seeding, soql
from plugins.salesforce.catalogue import CASE_STATUSES, OBJECTS, describe
from plugins.salesforce.ids import id18
from plugins.salesforce.pushing import webhook
from plugins.salesforce.sandbox_granting import Grants
from plugins.salesforce.sandbox_jobs import Jobs
from plugins.salesforce.sandbox_refusing import refusal
from plugins.salesforce.sandbox_writing import Writing
from plugins.salesforce.stirring import Stirring

API = "/services/data/v67.0"
TABLES = ("User", "Account", "Contact", "Opportunity", "Case", "Task", "Event")
BIN = timedelta(days=15)
LONGEST_URL = 16_384
KEPT_LOCATORS = 200
RETRY_FIRST_S, RETRY_MOST_S, RETRY_FOR_S = 60.0, 7200.0, 86_400.0


class Org(Stirring, Grants, Jobs, Writing):
    """One org. `page_size` is how many rows its pages hold at most (the vendor's own: 2,000)."""

    name = "salesforce"
    tls = True
    page_size = 2000

    def __init__(self, world: World, options: Options) -> None:
        super().__init__(world, options)
        self.org_id = id18("00D5j000000AcMe")
        self.consumer_key = f"3MVG9{self.rng.getrandbits(128):032x}"
        self.consumer_secret = f"{self.rng.getrandbits(128):032X}"
        self.session = f"{self.org_id[:15]}!{self.token}"
        self.open_grants()
        self.open_jobs()
        self._locators: dict[str, tuple[soql.Query, list[seeding.Row]]] = {}
        self._calls = 0

    def credentials(self) -> dict[str, dict[str, str]]:
        settings = {"instance_url": self.url, "currency": "EUR", "consumer_key": self.consumer_key}
        secrets = {"consumer_secret": self.consumer_secret}
        return {"settings": settings, "secrets": secrets, "operator": self.operator()}

    def seed(self, world: World) -> None:
        """The dead were deleted a few days ago, or the recycle bin would hide them."""
        at = world.now - timedelta(days=3)
        for name, one, deleted in seeding.rows(world):
            if deleted:
                self.table(name).seed_deleted(one["Id"], one, at)
            else:
                self.table(name).seed(one["Id"], one)

    def stamp(self, table: str, record: seeding.Row, now: datetime, created: bool) -> None:
        text = seeding.stamp(now)
        record |= {"SystemModstamp": text, "LastModifiedDate": text}
        if created:
            record["CreatedDate"] = text
        if table == "Opportunity":
            record |= seeding.staged(record)
        if table == "Case":
            self._stamp_case(record, text)

    def _stamp_case(self, record: seeding.Row, text: str) -> None:
        """The org tracks the history of a case's status, and derives what closed means from it."""
        before = self.table("Case").get(record["Id"])
        if before and before["Status"] != record["Status"]:
            step = [text, before["Status"], record["Status"]]
            record["_History"] = [*before.get("_History", []), step]
        closed = CASE_STATUSES[record["Status"]]
        record["IsClosed"] = closed
        record["ClosedDate"] = (record.get("ClosedDate") or text) if closed else None

    def merge(self, table: str, into: str, losers: Sequence[str]) -> None:
        """The losers go to the bin with a pointer to the winner; their children move over."""
        with self.lock:
            for loser in losers:
                self.table(table).patch(loser, {"MasterRecordId": into}, quiet=True)
            super().merge(table, into, losers)
            for name in ("Contact", "Opportunity", "Case", "Task", "Event"):
                for one in self.table(name).all():
                    if table == "Account" and one["AccountId"] in losers:
                        self.table(name).patch(one["Id"], {"AccountId": into})

    def authorise(self, request: Request) -> Response | None:
        return None if self.lets_in(request) else self.expired()

    def expired(self) -> Response:
        return refusal(401, "INVALID_SESSION_ID", "Session expired or invalid")

    def limited(self, retry_after: int) -> Response:
        words = "ConcurrentRequests (Concurrent API Requests)"
        message = f"{words if retry_after < 60 else 'TotalRequests'} Limit exceeded."
        return refusal(403, "REQUEST_LIMIT_EXCEEDED", message)

    def server_error(self, status: int) -> Response:
        page = "<html><body><h1>We are down for maintenance</h1></body></html>"
        return Response(page, status, {"Content-Type": "text/html"})

    def not_found(self, request: Request) -> Response:
        return refusal(404, "NOT_FOUND", "The requested resource does not exist")

    def limit_headers(self, request: Request) -> dict[str, str]:
        self._calls += 1
        day = self.quota.told(86_400, self.clock.now(), 5_000_000)
        used = max(self._calls if day.of == 5_000_000 else 0, day.of - day.left)
        usage = f"api-usage={used}/{day.of}; api-bursts=1/750"
        return {"Sforce-Limit-Info": usage, "Date": format_datetime(self.clock.now(), usegmt=True)}

    @route("GET", "/services/data", public=True)
    def versions(self, request: Request) -> object:
        return [
            {"label": label, "url": f"/services/data/v{number}", "version": number}
            for label, number in (("Spring '26", "66.0"), ("Summer '26", "67.0"))
        ]

    @route("GET", "/services/oauth2/userinfo")
    def user_info(self, request: Request) -> object:
        user = self.table("User").all()[0]
        return {"user_id": user["Id"], "organization_id": self.org_id, "name": user["Name"]}

    @route("GET", f"{API}/limits")
    def limits(self, request: Request) -> object:
        return {"DailyApiRequests": {"Max": 5_000_000, "Remaining": 5_000_000 - self._calls}}

    @route("GET", f"{API}/sobjects")
    def objects(self, request: Request) -> object:
        own = {"name": "Machine__c", "label": "Machine", "labelPlural": "Machines"}
        shown = [{"name": name} for name in OBJECTS] + [own]
        return {"sobjects": [{**one, "queryable": True} for one in shown]}

    @route("GET", f"{API}/sobjects/<name>/describe")
    def describe_one(self, request: Request) -> object:
        name = request.params["name"]
        return describe(name) if name in OBJECTS else self.not_found(request)

    @route("GET", f"{API}/query")
    def query(self, request: Request) -> object:
        return self._answer(request, with_deleted=False)

    @route("GET", f"{API}/queryAll")
    def query_all(self, request: Request) -> object:
        return self._answer(request, with_deleted=True)

    @route("GET", f"{API}/query/<locator>")
    def query_more(self, request: Request) -> object:
        key, _, offset = request.params["locator"].rpartition("-")
        if key not in self._locators:
            return refusal(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(request, key, int(offset))

    def _answer(self, request: Request, with_deleted: bool) -> object:
        if len(request.url) > LONGEST_URL:
            return Response("<html>URI Too Long</html>", 414, {"Content-Type": "text/html"})
        try:
            query = soql.parse(request.query.get("q", ""), OBJECTS)
        except soql.Refusal as error:
            return refusal(400, error.code, str(error))
        rows = self.found(query, with_deleted)
        key = f"01g{self.next_id():015d}"
        self._locators[key] = (query, rows[: query.limit])
        for old in list(self._locators)[:-KEPT_LOCATORS]:
            del self._locators[old]
        return self._page(request, key, 0)

    def found(self, query: soql.Query, with_deleted: bool) -> list[seeding.Row]:
        """The rows that a query finds, in its order."""
        rows = [one for one in self._rows(query, with_deleted) if query.admits(one)]
        return sorted(rows, key=query.sort_key) if query.order else rows

    def _page(self, request: Request, key: str, start: int) -> object:
        query, rows = self._locators[key]
        end = start + self.page_size
        here, there = f"{API}/query/{key}-{start}", f"{API}/query/{key}-{end}"
        done = end >= len(rows)
        records = [self._envelope(query, one) for one in rows[start:end]]
        answer: dict[str, Any] = {"totalSize": len(rows), "done": done, "records": records}
        if not done:
            answer["nextRecordsUrl"] = self.next_cursor(request, here, there)
        return answer

    def _envelope(self, query: soql.Query, one: seeding.Row) -> seeding.Row:
        url = f"{API}/sobjects/{query.object}/{one.get('Id')}"
        attributes = {"type": query.object, "url": url}
        return {"attributes": attributes} | {name: one.get(name) for name in query.columns}

    def _rows(self, query: soql.Query, with_deleted: bool) -> Iterator[seeding.Row]:
        name, ids = query.object, query.wanted_ids()
        if name not in TABLES:
            yield from self._few(name)
            return
        table = self.table(name)
        if ids is None:
            yield from table.sorted_by("stamp", lambda r: (r["SystemModstamp"], r["Id"]))
        else:
            yield from (one for one in map(table.get, ids) if one is not None)
        oldest = self.clock.now() - BIN
        for id, stone in table.tombstones.items() if with_deleted else ():
            if stone.at >= oldest and (ids is None or id in ids):
                gone = {"IsDeleted": True, "SystemModstamp": seeding.stamp(stone.at)}
                yield stone.record | gone

    def _few(self, name: str) -> Iterator[seeding.Row]:
        """Objects that are not kept in a table of their own."""
        if name == "Organization":
            yield {"Id": self.org_id, "Name": "Hub Demo Org", "IsSandbox": True}
        elif name == "CaseStatus":
            for label, closed in CASE_STATUSES.items():
                yield {"ApiName": label, "MasterLabel": label, "IsClosed": closed}
        elif name == "CaseHistory":
            for one in self.table("Case").all():
                for at, before, after in one.get("_History", ()):
                    step = {"OldValue": before, "NewValue": after, "CreatedDate": at}
                    yield {"CaseId": one["Id"], "Field": "Status", "Id": one["Id"]} | step

    def on_change(self, edit: Edit) -> Iterable[Event]:
        if edit.kind == "merge":
            yield from (_event(edit, loser, "DELETE") for loser in edit.losers)
        kinds = {"create": "CREATE", "delete": "DELETE", "restore": "UNDELETE"}
        yield _event(edit, edit.id, kinds.get(edit.kind, "UPDATE"))

    def overflow(self, name: str) -> None:
        """Tell that too much changed at once in an object to tell it one by one."""
        any_id = self.table(name).ids()[0]
        data = {"object": name, "id": any_id, "kind": "GAP_OVERFLOW", "shown": {}, "changed": []}
        self.emit([Event(f"{name}.GAP_OVERFLOW", data)])

    def accepts(self, subscription: Subscription, event: Event) -> bool:
        """A flow runs when a record is created or updated, never when it is deleted."""
        written = event.data["kind"] in ("CREATE", "UPDATE")
        told = written or webhook(subscription) == "change_events"
        return told and super().accepts(subscription, event)

    def render(self, parcel: Parcel) -> bytes:
        if webhook(parcel.subscription) == "change_events":
            return pushing.relayed(self.org_id, parcel.events)
        records = {
            e.data["id"]: self.table(e.data["object"]).get(e.data["id"]) for e in parcel.events
        }
        if webhook(parcel.subscription) == "flow_callouts":
            event = parcel.events[0]
            return pushing.called_out(self.org_id, event, records[event.data["id"]])
        return pushing.soap(self.org_id, self.url, parcel.events, records)

    def sign(self, parcel: Parcel, body: bytes) -> dict[str, str]:
        return pushing.headers(parcel.subscription, body)

    def acknowledged(self, parcel: Parcel, status: int, body: bytes) -> bool:
        if webhook(parcel.subscription) == "change_events":
            return 200 <= status < 300
        if webhook(parcel.subscription) == "flow_callouts":
            return 200 <= status < 300 and body.lstrip()[:1] == b"{"
        return status == 200 and re.search(rb"<Ack>\s*true\s*</Ack>", body) is not None

    def retry_delay(self, attempt: int) -> float | None:
        """A growing gap of two hours at most, for a day."""
        waits = [min(RETRY_FIRST_S * 2**n, RETRY_MOST_S) for n in range(attempt)]
        return waits[-1] if sum(waits) <= RETRY_FOR_S else None


def _event(edit: Edit, id: str, kind: str) -> Event:
    return Event(f"{edit.table}.{kind}", pushing.told(edit, id, kind), key=id, at=edit.at)


def create(world: World, options: Options) -> Org:
    """The org over this world."""
    return Org(world, options)
