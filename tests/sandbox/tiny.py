"""A vendor of forty lines, as the contract shows it, for testing the base."""

from __future__ import annotations

import hmac
import random
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from hub.sandbox import (
    Edit,
    Event,
    Options,
    Parcel,
    Request,
    Response,
    Subscription,
    Vendor,
    World,
    route,
)


class Tiny(Vendor):
    name = "tiny"

    def seed(self, world: World) -> None:
        companies = self.table("companies")
        for company, presence in world.companies_of(self.name):
            stamp = self.iso(company.updated_at)
            record = {"id": int(presence.id), "name": presence.name, "updated_at": stamp}
            companies.seed(presence.id, record)

    def stamp(self, table: str, record: dict[str, Any], now: datetime, created: bool) -> None:
        record["updated_at"] = self.iso(now)

    def authorise(self, request: Request) -> Response | None:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return Response({"message": "Unauthorized"}, status=401)
        return None

    def limit_headers(self, request: Request) -> dict[str, str]:
        return {"X-Limit": "100"}

    @route("GET", "/api/companies")
    def list_companies(self, request: Request) -> object:
        rows = self.table("companies").sorted_by("updated_at", lambda r: (r["updated_at"], r["id"]))
        start = int(request.query.get("after", "0"))
        following = self.next_cursor(request, str(start), str(start + 5))
        more = start + 5 < len(rows)
        return {"results": rows[start : start + 5], "next": following if more else None}

    @route("GET", "/api/companies/<id>")
    def one_company(self, request: Request) -> object:
        record = self.table("companies").get(request.params["id"])
        return record or Response({"message": "gone"}, 404)

    @route("POST", "/api/hooks", locked=False)
    def add_hook(self, request: Request) -> object:
        return Response({"id": self.subscribe(request.json["url"], "s3").id}, 201)

    @route("GET", "/files/<path:name>", public=True)
    def file(self, request: Request) -> object:
        return request.params["name"]

    @route("DELETE", "/api/nothing")
    def nothing(self, request: Request) -> object:
        return None

    def greet(self, subscription: Subscription) -> bool:
        return "/refuses" not in subscription.url

    def on_change(self, edit: Edit) -> Iterable[Event]:
        data = {"id": edit.id, "kind": edit.kind, "name": (edit.after or {}).get("name")}
        yield Event(topic=f"{edit.table}.{edit.kind}", data=data, key=edit.id)

    def sign(self, parcel: Parcel, body: bytes) -> dict[str, str]:
        digest = hmac.new(parcel.subscription.secret.encode(), body, "sha256").hexdigest()
        return {
            "Content-Type": "application/json",
            "X-Signature": digest,
            "X-Delivery": parcel.id,
            "X-Attempt": str(parcel.attempt),
        }

    def stir(self, rng: random.Random) -> None:
        table = self.table("companies")
        table.patch(rng.choice(table.ids()), {"name": f"Tiny {rng.randrange(10**9)}"})

    def credentials(self) -> dict[str, dict[str, str]]:
        return {"settings": {"base_url": self.url}, "secrets": {"token": self.token}}


class Secure(Tiny):
    name = "secure"
    tls = True


class Batching(Tiny):
    name = "batching"
    batch_size = 10
    regroups = True


def create(world: World, options: Options) -> Tiny:
    return Tiny(world, options)
