"""The sandbox's side of writing: many records in one call, each answered for itself."""

from __future__ import annotations

from typing import Any

from hub.sandbox import Request, Response, Vendor, route
from plugins.salesforce.catalogue import FIXED, OBJECTS
from plugins.salesforce.sandbox_refusing import refusal

MOST = 200
LENGTH = 255


class Writing(Vendor):
    """`locked`: ids that another transaction holds; `hidden`: columns this user may not edit."""

    locked: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()

    @route("PATCH", "/services/data/v67.0/composite/sobjects")
    def update_many(self, request: Request) -> object:
        records = request.json.get("records") or []
        if not records or len(records) > MOST:
            return refusal(400, "INVALID_BATCH_SIZE", f"give 1 to {MOST} records")
        with self.lock:
            return Response([self._update(dict(one)) for one in records], 200)

    def _update(self, one: dict[str, Any]) -> dict[str, Any]:
        name, native_id = one.pop("attributes")["type"], one.pop("id")
        wrong = self._problem(name, native_id, one)
        if wrong:
            return {"success": False, "errors": [wrong]}
        self.table(name).patch(native_id, one)
        return {"id": native_id, "success": True, "errors": []}

    def _problem(self, name: str, native_id: str, values: dict[str, Any]) -> dict[str, Any] | None:
        for field, value in values.items():
            if field not in OBJECTS.get(name, {}):
                return _error(
                    "INVALID_FIELD", f"No such column '{field}' on sobject of type {name}"
                )
            if field in self.hidden or field in FIXED:
                return _error("INVALID_FIELD_FOR_INSERT_UPDATE", f"Unable to edit {field}", field)
            if isinstance(value, str) and len(value) > LENGTH:
                return _error("STRING_TOO_LONG", f"{field}: data value too large", field)
        if native_id in self.locked:
            return _error("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")
        if native_id in self.table(name).tombstones:
            return _error("ENTITY_IS_DELETED", "entity is deleted")
        if native_id not in self.table(name):
            return _error("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        return None


def _error(code: str, message: str, *fields: str) -> dict[str, Any]:
    return {"statusCode": code, "message": message, "fields": list(fields)}
