"""HubSpot in small: its CRM paths, limits, errors, merges and webhooks over the shared world."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import partial

from hub.sandbox import (
    Edit,
    Event,
    Options,
    Parcel,
    Refused,
    Request,
    Response,
    World,
    route,
)
from plugins.hubspot import answers, ledger, seeding, stirring, telling
from plugins.hubspot.answers import Row, number
from plugins.hubspot.portal import SCHEMA_SCOPES, SCOPES
from plugins.hubspot.records import OBJECTS, PROPERTIES
from plugins.hubspot.sandbox_granting import Grants
from plugins.hubspot.sandbox_writing import OWN, Writing
from plugins.hubspot.searching import BadSearch, search
from plugins.hubspot.seeding import iso

RETRIES_S = (60, 300, 900, 3600, 3600, 7200, 14400, 21600, 21600)
BATCH, LONGEST_URL = 100, 6_000


class HubSpot(Grants, Writing):
    """One HubSpot account. `denied` are scopes the token lacks; `search_lag_s` delays the index."""

    name = "hubspot"
    batch_size = 100
    regroups = True
    nested_page = 100
    search_lag_s = 0.0

    def __init__(self, world: World, options: Options) -> None:
        self.denied: set[str] = set()
        super().__init__(world, options)
        self.open_grants()

    def seed(self, world: World) -> None:
        for row, gone in seeding.companies(world):
            ledger.seed(self, "companies", row, gone)
        for row, company in seeding.contacts(world):
            ledger.seed(self, "contacts", row, None)
            ledger.seed_links(self, "contacts", row, companies=[company])
        for row, company, people, gone in seeding.deals(world):
            ledger.seed(self, "deals", row, gone)
            ledger.seed_links(self, "deals", row, companies=[company], contacts=people)
        for row, company, requester, gone in seeding.tickets(world):
            ledger.seed(self, "tickets", row, gone)
            ledger.seed_links(self, "tickets", row, companies=[company], contacts=[requester])
        for owner in seeding.owners(world):
            self.table("owners").seed(owner["id"], owner)

    def stamp(self, table: str, record: Row, now: datetime, created: bool) -> None:
        before = self.table(table).get(record.get("id", ""))
        if table not in OBJECTS or (before and before["properties"] == record["properties"]):
            return
        own = {seeding.stamp_of(table): iso(now), "hs_object_id": record["id"]}
        if created:
            own["createdate"] = record["createdAt"] = iso(now)
        if table == "deals":
            own |= seeding.flags(record["properties"].get("dealstage", ""))
        record["updatedAt"] = iso(now)
        record["properties"] = {**record["properties"], **own}

    def stir(self, rng: random.Random) -> None:
        stirring.stir(self, rng)

    def credentials(self) -> dict[str, dict[str, str]]:
        return {
            "settings": {"base_url": self.url, "customer_number_property": "customer_no"},
            "secrets": {"access_token": self.token},
            "operator": self.operator(),
        }

    def authorise(self, request: Request) -> Response | None:
        return None if self.lets_in(request) else self.expired()

    def limit_headers(self, request: Request) -> dict[str, str]:
        now = {"Date": format_datetime(self.clock.now(), usegmt=True)}
        if request.path.endswith("/search"):
            return now
        burst, day = (self.quota.told(per_s, self.clock.now()) for per_s in (10, 86_400))
        return now | answers.limits(burst[:2], day[:2])

    def limited(self, retry_after: int) -> Response:
        said = answers.LIMITED if retry_after < 3600 else answers.SPENT
        return Response(said, 429, {"Retry-After": str(retry_after)})

    def server_error(self, status: int) -> Response:
        return _refusal(status, "INTERNAL_ERROR", "internal error")

    def expired(self) -> Response:
        return _refusal(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")

    def not_found(self, request: Request) -> Response:
        return _refusal(404, "OBJECT_NOT_FOUND", "resource not found")

    # Reading

    @route("GET", "/account-info/<version>/details")
    def account(self, request: Request) -> object:
        return dict(answers.ACCOUNT)

    @route("GET", "/crm/v3/objects/<kind>")
    def page(self, request: Request) -> object:
        kind, limit = self._kind(request), int(request.query.get("limit", "10"))
        if limit > BATCH or len(request.url) > LONGEST_URL:
            return _refusal(400, "VALIDATION_ERROR", "too many records or too long an address")
        rows = (
            ledger.archive(self, kind)
            if _archived(request)
            else self.table(kind).sorted_by("id", number)
        )
        answer = self._paged(request, rows, limit)
        names = request.queries.get("properties", [])
        return answer | {"results": [answers.shown(row, names) for row in answer["results"]]}

    @route("GET", "/crm/v3/objects/<kind>/<id>")
    def one(self, request: Request) -> object:
        kind = self._kind(request)
        row = self._row(kind, ledger.survivor(self, kind, request.params["id"]), request)
        return (
            answers.shown(row, request.queries.get("properties", []))
            if row
            else self.not_found(request)
        )

    @route("POST", "/crm/v3/objects/<kind>/batch/read")
    def batch(self, request: Request) -> object:
        kind, ids = self._kind(request), _inputs(request)
        found = [row for one in ids if (row := self._row(kind, one, request))]
        missing = sorted(set(ids) - {row["id"] for row in found})
        names = request.json.get("properties") or []
        results = [answers.shown(row, names) for row in found]
        return self._batch(results, {"ids": missing} if missing else None)

    @route("POST", "/crm/v3/objects/<kind>/search")
    def search(self, request: Request) -> object:
        kind, body = self._kind(request), request.json
        indexed = iso(self.clock.now() - timedelta(seconds=self.search_lag_s))
        rows = [
            row for row in self.table(kind).sorted_by("id", number) if row["updatedAt"] <= indexed
        ]
        try:
            page = search(rows, body, len(request.body))
        except BadSearch as problem:
            return _refusal(400, "VALIDATION_ERROR", str(problem))
        names = body.get("properties") or []
        return page | {"results": [answers.shown(row, names) for row in page["results"]]}

    @route("POST", "/crm/v4/associations/<kind>/<to>/batch/read")
    def associated(self, request: Request) -> object:
        kind, to, ids = self._kind(request), request.params["to"], _inputs(request)
        afters = [one.get("after") for one in request.json["inputs"]]
        ends = partial(ledger.batch_result, self, kind, to, self.nested_page)
        found = {one: ends(one, after) for one, after in zip(ids, afters, strict=True)}
        lonely = [one for one, result in found.items() if result is None]
        results = [result for result in found.values() if result]
        return self._batch(results, {"fromObjectId": lonely} if lonely else None)

    @route("GET", "/crm/v3/owners")
    def owners(self, request: Request) -> object:
        self._allow(SCOPES["owners"])
        archived = _archived(request)
        everyone = self.table("owners").sorted_by("id", number)
        rows = [row for row in everyone if row["archived"] == archived]
        return self._paged(request, rows, int(request.query.get("limit", "100")))

    @route("GET", "/crm/v3/owners/<id>")
    def owner(self, request: Request) -> object:
        self._allow(SCOPES["owners"])
        row = self.table("owners").get(request.params["id"])
        return row if row and row["archived"] == _archived(request) else self.not_found(request)

    @route("GET", "/crm/v3/pipelines/<kind>")
    def pipelines(self, request: Request) -> object:
        return {"results": seeding.pipelines(self._kind(request))}

    @route("GET", "/crm-object-schemas/v3/schemas")
    def schemas(self, request: Request) -> object:
        return {"results": seeding.SCHEMAS}

    @route("GET", "/crm/v3/properties/<kind>")
    def properties(self, request: Request) -> object:
        kind = request.params["kind"]
        if kind in SCHEMA_SCOPES:
            self._allow(SCHEMA_SCOPES[kind])
        own = OWN.get(kind, ())
        return {"results": seeding.definitions((*PROPERTIES[kind], *own), own)}

    @route("POST", "/crm/v3/objects/<kind>/merge")
    def merge_two(self, request: Request) -> object:
        kind, body = self._kind(request), request.json
        into, loser = body["primaryObjectId"], body["objectIdToMerge"]
        return answers.shown(ledger.merge(self, kind, into, [loser]), ())

    @route("POST", "/crm/v3/objects/contacts/gdpr-delete")
    def forget(self, request: Request) -> object:
        ledger.erase(self, str(request.json["objectId"]))
        return None

    def merge(self, table: str, into: str, losers: Sequence[str]) -> None:
        with self.lock:
            ledger.merge(self, table, into, losers)

    # Telling

    def on_change(self, edit: Edit) -> Iterable[Event]:
        told: list[telling.Told] = []
        if edit.table == "links":
            kind, _, native_id = edit.id.partition("/")
            told += telling.relinked(kind, native_id, edit.before or {}, edit.after or {})
        elif edit.table in OBJECTS:
            told += telling.edited(edit)
            if edit.kind in ("delete", "restore"):
                back = edit.kind == "restore"
                told += ledger.farewell(self, edit.table, edit.id, back=back)
        return [_event(one, edit.at) for one in told]

    def tell_all(self, told: Iterable[telling.Told]) -> None:
        """Queue events that no single table edit stands for."""
        now = self.moment()
        self.emit([_event(one, now) for one in told])

    def render(self, parcel: Parcel) -> bytes:
        return telling.body(parcel.events)

    def sign(self, parcel: Parcel, body: bytes) -> dict[str, str]:
        secret = parcel.subscription.secret or self.app_secret
        stamp_ms = int(parcel.at.timestamp() * 1000)
        return telling.headers(secret, parcel.subscription.url, body, stamp_ms)

    def retry_delay(self, attempt: int) -> float | None:
        return RETRIES_S[attempt - 1] if attempt <= len(RETRIES_S) else None

    # What the routes share

    def _kind(self, request: Request) -> str:
        kind = request.params["kind"]
        if kind not in OBJECTS:
            message = f"Unable to infer object type from: {kind}"
            raise Refused(_refusal(400, "VALIDATION_ERROR", message))
        self._allow(SCOPES[kind])
        return kind

    def _allow(self, scope: str) -> None:
        if scope in self.denied:
            raise Refused(Response(answers.lacking(scope), 403))

    def _row(self, kind: str, native_id: str, request: Request) -> Row | None:
        if not _archived(request):
            return self.table(kind).get(native_id)
        return next((r for r in ledger.archive(self, kind) if r["id"] == native_id), None)

    def _paged(self, request: Request, rows: Sequence[Row], limit: int) -> Row:
        current = request.query.get("after", "")
        some, more = answers.slice_of(rows, current, self.rows_of(limit))
        after = self.next_cursor(request, current, some[-1]["id"]) if more else None
        return {"results": some} | ({"paging": {"next": {"after": after}}} if more else {})

    def _batch(self, results: list[Row], missing: Row | None) -> Response:
        errors = [answers.absent(missing)] if missing else []
        found = answers.batch(results, errors, iso(self.clock.now()))
        return Response(found, 207 if errors else 200)


create = HubSpot
"""One HubSpot account over a world."""


def _event(told: telling.Told, at: datetime) -> Event:
    topic, data = told
    key = data.get("objectId") or data.get("fromObjectId") or data.get("newObjectId")
    return Event(topic, {"occurredAt": int(at.timestamp() * 1000), **data}, key=str(key))


def _inputs(request: Request) -> list[str]:
    ids = [str(one["id"]) for one in request.json["inputs"]]
    if len(ids) > BATCH:
        raise Refused(_refusal(400, "VALIDATION_ERROR", f"at most {BATCH} inputs are allowed"))
    return ids


def _archived(request: Request) -> bool:
    return request.query.get("archived", "false").lower() == "true"


def _refusal(status: int, category: str, message: str) -> Response:
    return Response(answers.error(category, message), status)
