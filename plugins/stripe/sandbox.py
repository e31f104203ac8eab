"""Stripe in small: lists newest first, events of thirty days, and webhooks signed with a time."""

from __future__ import annotations

import copy
import hashlib
import hmac
import random
from collections.abc import Iterable, Sequence
from datetime import datetime
from email.utils import format_datetime

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
from plugins.stripe import sandbox_records as records
from plugins.stripe.sandbox_records import Json, seconds

VERSION = "2026-10-28.endive"
KEPT_S = 30 * 86_400
RETRIES_S = (60, 300, 1800, 7200, 18_000, 36_000, 72_000)
"""Growing, for three days; Stripe does not publish the intervals."""
TABLES = {"customers": "customer", "subscriptions": "subscription", "invoices": "invoice"}
TYPES = {"customers": "customer", "subscriptions": "customer.subscription", "invoices": "invoice"}
VERBS = {"create": "created", "restore": "created", "delete": "deleted"}
FILTERS = {
    "customers": {"email"},
    "subscriptions": {"status", "customer"},
    "invoices": {"status", "customer", "subscription"},
    "events": {"type"},
    "webhook_endpoints": set[str](),
    "prices": set[str](),
    "coupons": set[str](),
}


def problem(status: int, code: str, message: str) -> Response:
    error = {"type": "invalid_request_error", "code": code, "message": message}
    return Response({"error": error}, status)


class StripeSandbox(Vendor):
    """One account in test mode. `denied` are resources that the key may not read."""

    name = "stripe"

    def seed(self, world: World) -> None:
        self.denied: set[str] = set()
        for place, (company, presence) in enumerate(world.companies_of(self.name)):
            person = next((p for p in company.people if p.email and not p.internal), None)
            made = records.customer(presence, company, person)
            if presence.deleted:
                self.table("customers").seed_deleted(made["id"], made, company.updated_at)
                continue
            self.table("customers").seed(made["id"], made)
            sold = records.subscription(world, presence, company, place)
            self.table("subscriptions").seed(sold["id"], sold)
            for bill in records.invoices(world, presence, company):
                self.table("invoices").seed(bill["id"], bill)

    def authorise(self, request: Request) -> Response | None:
        if request.headers.get("authorization") != f"Bearer {self.key}":
            return self.expired()
        if request.headers.get("stripe-version") != VERSION:
            return problem(400, "api_version", "Pin the version.")
        if any(f"/v1/{path}" == request.path for path in self.denied):
            return problem(403, "more_permissions_required", "The key lacks a permission.")
        return None

    @property
    def key(self) -> str:
        return f"rk_test_{self.token}"

    def limit_headers(self, request: Request) -> dict[str, str]:
        return {"Date": format_datetime(self.clock.now(), usegmt=True), "Request-Id": "req_1"}

    def limited(self, retry_after: int) -> Response:
        found = problem(429, "rate_limit", "Too many requests.")
        return Response(found.body, 429, {"Stripe-Rate-Limited-Reason": "global-rate"})

    def server_error(self, status: int) -> Response:
        return Response({"error": {"type": "api_error", "message": "Sorry."}}, status)

    def expired(self) -> Response:
        return problem(401, "api_key", "Invalid API Key provided.")

    def not_found(self, request: Request) -> Response:
        return problem(404, "resource_missing", f"No such object: {request.path}")

    @route("GET", "/v1/account")
    def account(self, request: Request) -> object:
        account = {"id": "acct_1Sandbox", "object": "account", "default_currency": "eur"}
        return {**account, "business_profile": {"name": "Hub"}}

    @route("GET", "/v1/events")
    def events(self, request: Request) -> object:
        """Those of thirty days, of the types asked for."""
        oldest = seconds(self.clock.now()) - KEPT_S
        types = {v for k, v in request.query.items() if k == "type" or k.startswith("types[")}
        if len(types) > 20:
            raise Refused(problem(400, "too_many", "At most 20 types."))
        rows = self._newest("events")
        return self._page(
            request, [r for r in rows if r["created"] >= oldest and r["type"] in types]
        )

    @route("GET", "/v1/prices")
    def prices(self, request: Request) -> object:
        return self._page(request, [{**records.tiered("usd"), "livemode": False, "created": 0}])

    @route("GET", "/v1/coupons")
    def coupons(self, request: Request) -> object:
        return self._page(request, [{**records.COUPON, "livemode": False, "created": 0}])

    @route("GET", "/v1/prices/<id>")
    def price(self, request: Request) -> object:
        if request.params["id"] != records.TIERED:
            return self.not_found(request)
        return {**records.tiered("usd"), "livemode": False}

    @route("GET", "/v1/coupons/<id>")
    def coupon(self, request: Request) -> object:
        right = request.params["id"] == records.COUPON["id"]
        return {**records.COUPON, "livemode": False} if right else self.not_found(request)

    @route("GET", "/v1/webhook_endpoints")
    def endpoints(self, request: Request) -> object:
        """Those of this account, without their secrets."""
        return self._page(request, [records.endpoint(one) for one in self.subscriptions()])

    @route("GET", "/v1/<table>")
    def listing(self, request: Request) -> object:
        table = request.params["table"]
        if table not in TABLES:
            return self.not_found(request)
        rows = self._newest(table)
        if table == "subscriptions" and request.query.get("status") != "all":
            rows = [row for row in rows if row["status"] != "canceled"]
        found = self._page(request, rows)
        return {**found, "data": [self._shown(request, row, "data.") for row in found["data"]]}

    @route("GET", "/v1/<table>/<id>")
    def single(self, request: Request) -> object:
        table, id = request.params["table"], request.params["id"]
        if table not in TABLES:
            return self.not_found(request)
        rows = self.table(table)
        if table == "customers" and id in rows.tombstones:
            return {"id": id, "object": "customer", "deleted": True}
        found = rows.get(id)
        return self._shown(request, found, "") if found else self.not_found(request)

    def tell(self, edit: Edit) -> None:
        """Keep the events of an edit whether or not an endpoint hears them."""
        self.emit(self.on_change(edit))

    def on_change(self, edit: Edit) -> Iterable[Event]:
        if edit.table not in TABLES:
            return
        verb = VERBS.get(edit.kind, "updated")
        object = edit.after or edit.before or {}
        if edit.table == "subscriptions" and object.get("status") == "canceled":
            verb = "deleted"
        event: Json = {
            "id": f"evt_{self.next_id()}",
            "object": "event",
            "api_version": VERSION,
            "created": seconds(edit.at),
            "type": f"{TYPES[edit.table]}.{verb}",
            "livemode": False,
            "account": None,
            "data": {"object": self._folded(object, ())},
        }
        self.table("events").put(event["id"], event, quiet=True)
        yield Event(event["type"], event, edit.id)

    def sign(self, parcel: Parcel, body: bytes) -> dict[str, str]:
        stamp = str(int(parcel.at.timestamp()))
        signed = stamp.encode() + b"." + body
        digest = hmac.new(parcel.subscription.secret.encode(), signed, hashlib.sha256).hexdigest()
        header = f"t={stamp},v1={digest},v0={digest[::-1]}"
        return {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": header}

    def retry_delay(self, attempt: int) -> float | None:
        return RETRIES_S[attempt - 1] if attempt <= len(RETRIES_S) else None

    def stir(self, rng: random.Random) -> None:
        """Pay or ask for money, sell more seats, cancel, rename; seldom delete a customer."""
        deed, bills = rng.random(), self.table("invoices")
        if deed < 0.3:
            self.pay(rng.choice(bills.ids()), self.clock.now())
        elif deed < 0.5:
            found = rng.choice(self.table("subscriptions").all())
            self.resize(found["id"], rng.randint(1, 200))
        elif deed < 0.65:
            id = rng.choice(self.table("subscriptions").ids())
            at = rng.random() < 0.5
            self.table("subscriptions").patch(id, {"cancel_at_period_end": at})
        elif deed < 0.95:
            found = rng.choice(self.table("customers").all())
            name = f"{found['name'].partition(' (')[0]} ({rng.randrange(99)})"
            self.table("customers").patch(found["id"], {"name": name})
        elif len(self.table("customers")) > 3:
            self.remove(rng.choice(self.table("customers").ids()))

    def pay(self, id: str, now: datetime) -> None:
        """An invoice is paid in full."""
        bill = self.table("invoices").get(id) or {}
        whole = {"status": "paid", "amount_paid": bill["amount_due"], "amount_remaining": 0}
        done = {"status_transitions": {"paid_at": seconds(now)}}
        self.table("invoices").patch(id, whole | done)

    def resize(self, id: str, quantity: int) -> None:
        """The first item of a subscription gets another quantity."""
        items = copy.deepcopy((self.table("subscriptions").get(id) or {})["items"])
        items["data"][0]["quantity"] = quantity
        self.table("subscriptions").patch(id, {"items": items})

    def remove(self, id: str) -> None:
        """A customer is deleted for good, and its subscriptions are canceled."""
        now = seconds(self.clock.now())
        for sold in self.table("subscriptions").all():
            if sold["customer"] == id and sold["status"] != "canceled":
                gone = {"status": "canceled", "canceled_at": now, "ended_at": now}
                self.table("subscriptions").patch(sold["id"], gone)
        self.table("customers").delete(id)

    def credentials(self) -> dict[str, dict[str, str]]:
        settings = {"base_url": self.url, "mode": "test", "customer_key": "customer_no"}
        return {"settings": settings, "secrets": {"api_key": self.key}}

    def _newest(self, table: str) -> Sequence[Json]:
        return self.table(table).sorted_by("newest", lambda r: (-r["created"], r["id"]))

    def _page(self, request: Request, rows: Sequence[Json]) -> Json:
        """A page behind `starting_after`; what Stripe does not know is refused."""
        asked, table = request.query, request.path.rpartition("/")[2]
        known = {"limit", "starting_after", "created[gte]", "created[lte]", *FILTERS[table]}
        odd = [k for k in asked if k not in known and not k.startswith(("expand[", "types["))]
        size = int(asked.get("limit", "10"))
        if odd or not 1 <= size <= 100:
            raise Refused(problem(400, "parameter_unknown", f"Received unknown parameter: {odd}"))
        size = self.rows_of(size)
        first, last = (asked.get(f"created[{end}]") for end in ("gte", "lte"))
        rows = [r for r in rows if int(first or 0) <= r["created"] <= int(last or r["created"])]
        start, after = 0, asked.get("starting_after", "")
        if after:
            places = [place for place, row in enumerate(rows) if row["id"] == after]
            if not places:
                raise Refused(problem(400, "resource_missing", f"No such object: {after}"))
            start = places[0] + 1
            if self.next_cursor(request, "same", "next") == "same":
                start = max(0, start - size)
        page = {"object": "list", "url": request.path, "has_more": start + size < len(rows)}
        return page | {"data": list(rows[start : start + size])}

    def _shown(self, request: Request, row: Json, below: str) -> Json:
        paths = [v for k, v in request.query.items() if k.startswith("expand[")]
        for path in paths:
            if not path.startswith(below) or path.count(".") > 3:
                raise Refused(problem(400, "expand", f"This property cannot be expanded: {path}"))
        return self._folded(row, [path.removeprefix(below) for path in paths])

    def _folded(self, row: Json, expand: Sequence[str]) -> Json:
        """A record as it is shown: what is not expanded is an id, and tiers are never here."""
        if row.get("object") != "subscription":
            return row
        made = copy.deepcopy(row)
        if "discounts.source.coupon" not in expand:
            made["discounts"] = [found["id"] for found in made["discounts"]]
        for item in made["items"]["data"]:
            item["price"].pop("tiers", None)
            for found in item["discounts"]:
                found["source"]["coupon"] = found["source"]["coupon"]["id"]
            if "items.data.discounts" not in expand:
                item["discounts"] = [found["id"] for found in item["discounts"]]
        return made


def create(world: World, options: Options) -> StripeSandbox:
    """Stripe over a world."""
    return StripeSandbox(world, options)
