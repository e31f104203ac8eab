"""How Sugar's sandbox tells of edits: hooks that administrators make, sent at most once."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit, urlunsplit

from hub.sandbox import Edit, Event, Parcel, Refused, Request, Subscription, Vendor, route
from plugins.sugarcrm.sandbox_metadata import BEANS
from plugins.sugarcrm.sandbox_sessions import Json, error

BASE = "/rest/<version>"


class Telling(Vendor):
    """`admin`: whether our user is an administrator."""

    admin = True

    def hooks(self, request: Request) -> object:
        self._admins_only()
        start = int((request.json or {}).get("offset", 0))
        size = int((request.json or {}).get("max_num", 20))
        rows = [{"id": s.id, **s.extra} for s in self.subscriptions()]
        more = start + size < len(rows)
        return {"next_offset": start + size if more else -1, "records": rows[start : start + size]}

    @route("POST", f"{BASE}/WebLogicHooks")
    def make_hook(self, request: Request) -> object:
        self._admins_only()
        asked = request.json or {}
        if len(asked["url"]) > 255 or asked["request_method"] != "POST":
            return error(422, "invalid_parameter", "Invalid hook")
        names = ("name", "webhook_target_module", "trigger_event", "request_method", "url")
        parts = urlsplit(asked["url"])
        place = parts.netloc.rpartition("@")[2]
        url = urlunsplit((parts.scheme, place, parts.path, parts.query, ""))
        pair = f"{parts.username}:{unquote(parts.password or '')}" if parts.username else ""
        made = self.subscribe(url, pair, extra={name: asked[name] for name in names})
        return {"id": made.id, **asked}

    @route("DELETE", f"{BASE}/WebLogicHooks/<id>")
    def drop_hook(self, request: Request) -> object:
        self._admins_only()
        id = request.params["id"]
        return {"id": id} if self.unsubscribe(id) else error(404, "not_found", "Could not find it.")

    def _admins_only(self) -> None:
        if not self.admin:
            raise Refused(error(403, "not_authorized", "You are not authorized."))

    def relate(self, contact: str, account: str) -> None:
        """Link a contact from the account's side: its stamp stays as it was."""
        table = self.table("Contacts")
        row = {**(table.get(contact) or {}), "account_id": account}
        table.play("put", contact, row, self.clock.now())
        names = {"link": "contacts", "relationship": "accounts_contacts"}
        ends = {"module": "Accounts", "related_module": "Contacts", "related_id": contact}
        body = {"bean": "Account", "data": {"id": account}, "event": "after_relationship_add"}
        told = {**body, "id": account, **ends, **names}
        self.emit([Event("Contacts:after_relationship_add", told)])

    def accepts(self, subscription: Subscription, event: Event) -> bool:
        extra = subscription.extra
        return event.topic == f"{extra['webhook_target_module']}:{extra['trigger_event']}"

    def on_change(self, edit: Edit) -> Iterable[Event]:
        """The payload is made when it happens, without links; ids of deletes are on top."""
        if edit.table not in BEANS:
            return
        row = edit.after or edit.before or {}
        data = {k: v for k, v in row.items() if not isinstance(v, list) or k == "email"}
        body: Json = {"bean": BEANS[edit.table], "data": data}
        if edit.kind == "delete":
            yield Event(
                f"{edit.table}:after_delete", {**body, "event": "after_delete", "id": edit.id}
            )
            return
        changes = {
            name: {
                "field_name": name,
                "data_type": "varchar",
                "before": before,
                "after": row.get(name),
            }
            for name in edit.fields
            if edit.before and not isinstance(before := edit.before.get(name), list)
        }
        update = {
            "isUpdate": edit.kind == "update",
            "dataChanges": changes,
            "stateChanges": changes,
        }
        yield Event(f"{edit.table}:after_save", {**body, "event": "after_save", **update})

    def sign(self, parcel: Parcel, body: bytes) -> dict[str, str]:
        """Nothing is signed. What stands before the host in an address is sent as libcurl does."""
        headers = {"Content-Type": "application/json", "User-Agent": "SugarCrm"}
        pair = parcel.subscription.secret.encode()
        if pair:
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        return headers

    def acknowledged(self, parcel: Parcel, status: int, body: bytes) -> bool:
        """The answer's status is ignored: the job is done, whatever came."""
        return True

    def retry_delay(self, attempt: int) -> float | None:
        return None
