"""The sandbox's side of writing: properties of many records in one call."""

from __future__ import annotations

from typing import Any

from hub.sandbox import Refused, Request, Response, Vendor, route
from plugins.hubspot import answers, ledger
from plugins.hubspot.records import PROPERTIES
from plugins.hubspot.seeding import iso

MOST = 100
SCOPES = {
    kind: f"crm.objects.{kind}.write" if kind != "tickets" else "tickets" for kind in PROPERTIES
}
OWN = {
    "companies": ("customer_no", "salesforceaccountid", "tier", "renewal_date", "customer_health")
}


class Writing(Vendor):
    """`unruly`: ids whose properties the account's own rules refuse."""

    denied: set[str]
    unruly: frozenset[str] = frozenset()

    @route("POST", "/crm/v3/objects/<kind>/batch/update")
    def update_many(self, request: Request) -> object:
        kind, inputs = request.params["kind"], request.json.get("inputs") or []
        if SCOPES.get(kind, "") in self.denied:
            return Response(answers.lacking(SCOPES[kind]), 403)
        self._check(kind, inputs)
        with self.lock:
            done = {one["id"]: self._update(kind, one) for one in inputs}
        lost = sorted(id for id, row in done.items() if row is None)
        errors = [answers.absent({"ids": lost})] if lost else []
        found = [answers.shown(row, ()) for row in done.values() if row]
        body = answers.batch(found, errors, iso(self.clock.now()))
        return Response(body, 207 if errors else 200)

    def _check(self, kind: str, inputs: list[dict[str, Any]]) -> None:
        known = {*PROPERTIES.get(kind, ()), *OWN.get(kind, ())}
        odd = [name for one in inputs for name in one["properties"] if name not in known]
        bad = [one["id"] for one in inputs if one["id"] in self.unruly]
        if not 0 < len(inputs) <= MOST or odd or bad:
            message = "Property values were not valid" if odd or bad else "give 1 to 100 inputs"
            raise Refused(Response(answers.error("VALIDATION_ERROR", message), 400))

    def _update(self, kind: str, one: dict[str, Any]) -> dict[str, Any] | None:
        """An id that was merged away means the record that it lives on in."""
        native_id = ledger.survivor(self, kind, one["id"])
        if native_id not in self.table(kind):
            return None
        row: dict[str, Any] = self.table(kind).patch(native_id, {"properties": one["properties"]})
        return row
