"""SugarCRM in small: sessions, filters with soft deletes, metadata, and hooks sent at most once."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from email.utils import format_datetime

from hub.sandbox import (
    Options,
    Refused,
    Request,
    Response,
    World,
    route,
)
from hub.sandbox.table import Row
from plugins.sugarcrm import sandbox_records as records
from plugins.sugarcrm.sandbox_filters import test_of
from plugins.sugarcrm.sandbox_metadata import BEANS, WORDS, module_shape
from plugins.sugarcrm.sandbox_records import Json, iso
from plugins.sugarcrm.sandbox_sessions import Sessions, error
from plugins.sugarcrm.sandbox_telling import BASE, Telling

NEWEST = 23
PAGE = "<html><body>Your request has been blocked.</body></html>"
HTML = {"Content-Type": "text/html"}


class SugarSandbox(Telling):
    """One instance, 13.3. `denied` are modules that our user may not list, `lacking` those that the
    edition has not; `compares_ids` and `filters_deleted`: what filters know; `view_by`: how deals
    are kept; `hidden`: ids that our user may not see."""

    name = "sugarcrm"
    page_size = 1000

    def __init__(self, world: World, options: Options) -> None:
        super().__init__(world, options)
        self.denied: set[str] = set()
        self.lacking: set[str] = set()
        self.hidden: set[str] = set()
        self.erased: dict[str, list[str]] = {}
        self.compares_ids = self.filters_deleted = True
        self.view_by = "Opportunities"
        self.asked: list[tuple[str, Json]] = []
        self.platforms = tuple(f"customer_hub_{n}" for n in range(1, 7))
        key = {"client_id": "customer_hub", "client_secret": f"{self.token[:24]}key"}
        user = {"username": "customer_hub", "password": f"{self.token[:20]}pass"}
        self.sessions = Sessions(user, key, self.clock.now, set(self.platforms))

    def seed(self, world: World) -> None:
        for user in records.users(world):
            self.table("Users").seed(user["id"], user)
        for account, gone in records.accounts(world):
            self._seed("Accounts", account, gone)
        for contact in records.contacts(world):
            self._seed("Contacts", contact, False)
        for deal, gone in records.deals(world):
            self._seed("Opportunities", deal, gone)
        for case, gone in records.cases(world):
            self._seed("Cases", case, gone)
        for module, touch in records.touches(world):
            self._seed(module, touch, False)
        for task in records.tasks(world):
            self._seed("Tasks", task, False)

    def _seed(self, module: str, record: Json, gone: bool) -> None:
        if gone:
            self.table(module).seed_deleted(record["id"], record, self.world.now)
        else:
            self.table(module).seed(record["id"], record)

    def stamp(self, table: str, record: Row, now: object, created: bool) -> None:
        record["date_modified"] = iso(now)  # type: ignore[arg-type]

    def authorise(self, request: Request) -> Response | None:
        """301 for a version of a later release: JSON, and no Location."""
        version = request.path.split("/")[2] if request.path.count("/") > 2 else ""
        number = version.partition("_")[2] or "0"
        if not version.startswith("v1") or not number.isdigit() or int(number) > NEWEST:
            return error(301, "incorrect_version", "The requested API version is not supported.")
        if request.path.endswith("/oauth2/token"):
            return None
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        token = request.headers.get("oauth-token", bearer)
        return None if self.sessions.lets_in(token) else self.expired()

    def expired(self) -> Response:
        return error(401, "need_login", "The access token provided is invalid.")

    def limited(self, retry_after: int) -> Response:
        """Above 20 calls a second the front end shuts an address out, and not for how long."""
        return Response(PAGE, 403, HTML)

    def server_error(self, status: int) -> Response:
        return Response("<html><body>Maintenance</body></html>", status, HTML)

    def not_found(self, request: Request) -> Response:
        return error(404, "no_method", f"Could not find route: {request.path}")

    def limit_headers(self, request: Request) -> dict[str, str]:
        return {"Date": format_datetime(self.clock.now(), usegmt=True)}

    @route("POST", f"{BASE}/oauth2/token")
    def tokens(self, request: Request) -> object:
        return self.sessions.answer(request.json or {})

    @route("GET", f"{BASE}/ping")
    def ping(self, request: Request) -> object:
        return Response(b'"pong"', 200, {"Content-Type": "application/json"})

    @route("GET", f"{BASE}/me")
    def me(self, request: Request) -> object:
        kind = "admin" if self.admin else "user"
        user = {"id": "hub-user", "user_name": "customer_hub", "type": kind}
        return {"current_user": {**user, "preferences": {"timezone": "Europe/Berlin"}}}

    @route("GET", f"{BASE}/metadata")
    def metadata(self, request: Request) -> object:
        types = request.query.get("type_filter", "").split(",")
        wanted = request.query.get("module_filter", "").split(",")
        found: Json = {"_hash": "0f0f"}
        if "modules" in types:
            named = [m for m in wanted if m in BEANS and m not in self.lacking]
            found["modules"] = {m: module_shape(m, self._sample(m), self.view_by) for m in named}
        if "currencies" in types:
            found["currencies"] = records.currencies()
        return found

    def _sample(self, module: str) -> Json:
        return next(iter(self.table(module).all()), {})

    @route("GET", f"{BASE}/<module>/enum/<field>")
    def enum(self, request: Request) -> object:
        self._known(request)
        words = WORDS.get((request.params["module"], request.params["field"]))
        return self.not_found(request) if words is None else {word: word for word in words}

    @route("GET", f"{BASE}/<module>/filter/count")
    def count(self, request: Request) -> object:
        return {"record_count": len(self.table(self._known(request))) - len(self.hidden)}

    @route("POST", f"{BASE}/<module>/filter")
    def listing(self, request: Request) -> object:
        """One page; `next_offset` -1 is the end."""
        if request.params["module"] == "WebLogicHooks":
            return self.hooks(request)
        module, asked = self._known(request), request.json or {}
        self.asked.append((module, asked))
        size = min(int(asked.get("max_num", 20)), self.page_size)
        start = int(asked.get("offset", 0))
        repeated = self.next_cursor(request, "again", "") == "again"
        test = test_of([] if repeated else asked.get("filter", []), self.compares_ids)
        if repeated:
            start = 0
        if not self.filters_deleted and '"deleted": 1' in json.dumps(asked.get("filter")):
            return error(422, "invalid_parameter", "Cannot filter by deleted.")
        rows = [row for row in self._rows(module, asked) if test(row)]
        more = start + size < len(rows)
        page = [self._shown(module, row, asked) for row in rows[start : start + size]]
        return {"next_offset": start + size if more else -1, "records": page}

    def _rows(self, module: str, asked: Json) -> Sequence[Json]:
        """In the order asked for; with `deleted` also the rows that are soft-deleted."""
        table = self.table(module)
        by = ("id",) if asked.get("order_by") == "id:ASC" else ("date_modified", "id")
        rows: Sequence[Json] = table.sorted_by(
            ",".join(by), lambda r: tuple(r[name] for name in by)
        )
        if not asked.get("deleted"):
            return rows
        gone = [
            {"id": id, "deleted": True, "date_modified": iso(tomb.at)}
            for id, tomb in table.tombstones.items()
        ]
        return sorted([*rows, *gone], key=lambda r: tuple(r[name] for name in by))

    def _shown(self, module: str, row: Json, asked: Json) -> Json:
        """A deleted row is stripped to its id; of a hidden one only the stamp shows."""
        envelope = {"_module": module, "_acl": {"fields": {}}, "locked_fields": []}
        if row["deleted"]:
            return {"id": row["id"], "deleted": True, "_module": module}
        if row["id"] in self.hidden:
            return {"id": row["id"], "date_modified": row["date_modified"], **envelope}
        erased = {"_erased_fields": self.erased.get(row["id"], [])}
        extra = erased if asked.get("erased_fields") else {}
        only = asked.get("fields")
        shown = {k: row[k] for k in ("id", "date_modified")} if only == "id" else row
        return {**shown, **extra, **envelope, "following": False, "my_favorite": False}

    def _known(self, request: Request) -> str:
        module = request.params["module"]
        if module not in BEANS or module in self.lacking:
            raise Refused(self.not_found(request))
        if module in self.denied:
            raise Refused(error(403, "not_authorized", f"No access to view records for {module}"))
        return module

    def find_duplicates(self, table: str, into: str, losers: Sequence[str]) -> None:
        """Sugar's merge: what the losers had moves to the winner; they go, without a pointer."""
        with self.lock:
            for module in ("Contacts", "Opportunities", "Cases"):
                for row in self.table(module).all():
                    if table == "Accounts" and row["account_id"] in losers:
                        self.table(module).patch(row["id"], {"account_id": into})
            for loser in losers:
                self.table(table).delete(loser)
            self.table(table).patch(into, {})

    def stir(self, rng: random.Random) -> None:
        """Rename, move a deal on, answer a case, hold a call; seldom delete or merge."""
        deed = rng.random()
        if deed < 0.25:
            self._rename(rng)
        elif deed < 0.5:
            self._patch(rng, "Opportunities", {"sales_stage": rng.choice(records.STAGES)})
        elif deed < 0.75:
            self._patch(rng, "Cases", {"status": rng.choice(list(records.CASES.values()))})
        elif deed < 0.85:
            self._patch(rng, "Contacts", {"title": f"Head of {rng.randrange(99)}"})
        elif deed < 0.95:
            self._patch(rng, "Calls", {"status": rng.choice(("Held", "Not Held"))})
        elif len(self.table("Contacts")) > 3:
            self.table("Contacts").delete(rng.choice(self.table("Contacts").ids()))

    def _rename(self, rng: random.Random) -> None:
        found = rng.choice(self.table("Accounts").all())
        name = f"{found['name'].partition(' (')[0]} ({rng.randrange(99)})"
        self.table("Accounts").patch(found["id"], {"name": name})

    def _patch(self, rng: random.Random, module: str, fields: Json) -> None:
        ids = self.table(module).ids()
        if ids:
            self.table(module).patch(rng.choice(ids), fields)

    def credentials(self) -> dict[str, dict[str, str]]:
        settings = {
            "site": self.url,
            "username": self.sessions.user["username"],
            "platform": ", ".join(self.platforms),
            "client_id": self.sessions.key["client_id"],
            "customer_number_field": "customer_no_c",
        }
        password, secret = self.sessions.user["password"], self.sessions.key["client_secret"]
        return {"settings": settings, "secrets": {"password": password, "client_secret": secret}}


def create(world: World, options: Options) -> SugarSandbox:
    """SugarCRM over a world."""
    return SugarSandbox(world, options)
