"""The control API under /_sandbox/: how people and tests steer a vendor server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from hub.sandbox.parcels import Parcel, Subscription
from hub.sandbox.quota import Window
from hub.sandbox.serving import Refused, Request, Response

if TYPE_CHECKING:
    from hub.sandbox.vendor import Vendor

Body = dict[str, Any]


def answer(vendor: Vendor, request: Request) -> Response:
    """Answer one control call; 400 names what is missing or wrong, 404 what is not there."""
    if request.path == "/healthz":
        return Response({"status": "ok", "vendor": vendor.name})
    word, _, rest = request.path.removeprefix("/_sandbox/").strip("/").partition("/")
    action = _ACTIONS.get((request.method, word))
    if action is None:
        return Response({"message": f"no {request.method} {request.path} here"}, 404)
    try:
        body = request.json or {}
        return Response(action(vendor, body | {"_rest": rest, "_query": request.query}))
    except Refused as refused:
        return refused.response
    except KeyError as error:
        return Response({"message": f"{error.args[0]!r} is missing or unknown"}, 404)
    except (TypeError, ValueError) as error:
        return Response({"message": str(error)}, 400)


def _state(vendor: Vendor, body: Body) -> Body:
    tables = {t.name: {"live": len(t), "deleted": len(t.tombstones)} for t in vendor.tables()}
    return {
        "name": vendor.name,
        "now": vendor.moment().isoformat(),
        "tables": tables,
        "subscriptions": [_subscription(s) for s in vendor.subscriptions()],
        "faults": vendor.faults.listed(),
        "fired": vendor.faults.fired,
        "refused_calls": vendor.quota.refused,
        "calls": vendor.calls,
        "sent": vendor.sent(),
        "queued": vendor.queued(),
    }


def _table(vendor: Vendor, body: Body) -> Body:
    names = {t.name for t in vendor.tables()}
    if body["_rest"] not in names:
        raise KeyError(body["_rest"])
    table = vendor.table(body["_rest"])
    with vendor.lock:
        records = {id: table.get(id) for id in table.ids()}
        return {"records": records, "deleted": {k: t.record for k, t in table.tombstones.items()}}


def _edit(vendor: Vendor, body: Body) -> Body:
    table = vendor.table(body["table"])
    return table.patch(str(body["id"]), body["fields"], quiet=bool(body.get("quiet")))


def _put(vendor: Vendor, body: Body) -> Body:
    table = vendor.table(body["table"])
    return table.put(str(body["id"]), body["record"], quiet=bool(body.get("quiet")))


def _delete(vendor: Vendor, body: Body) -> Body:
    vendor.table(body["table"]).delete(str(body["id"]), quiet=bool(body.get("quiet")))
    return {"deleted": body["id"]}


def _restore(vendor: Vendor, body: Body) -> Body:
    return vendor.table(body["table"]).restore(str(body["id"]), quiet=bool(body.get("quiet")))


def _merge(vendor: Vendor, body: Body) -> Body:
    vendor.merge(body["table"], str(body["into"]), [str(x) for x in body["losers"]])
    return {"into": body["into"]}


def _stir(vendor: Vendor, body: Body) -> Body:
    vendor.stir_many(int(body.get("n", 1)))
    return vendor.sent()


def _burst(vendor: Vendor, body: Body) -> Body:
    wait = 600.0 if body.get("wait", True) else 0.0
    return vendor.burst(int(body["n"]), wait=wait, senders=int(body.get("senders", 8)))


def _storm(vendor: Vendor, body: Body) -> Body:
    return {"queued": vendor.storm(int(body.get("times", 1)))}


def _clock(vendor: Vendor, body: Body) -> Body:
    return {"now": vendor.clock.advance(float(body["advance_s"])).isoformat()}


def _sent(vendor: Vendor, body: Body) -> Body:
    tally = vendor.sent() | {"queued": vendor.queued()}
    if body["_query"].get("full"):
        tally["deliveries"] = [_delivery(p, status) for p, status in vendor.acked()]
    return tally


def _subscribe(vendor: Vendor, body: Body) -> Body:
    known = {k: body[k] for k in ("url", "secret", "events", "extra") if k in body}
    return _subscription(vendor.subscribe(**({"url": body["url"]} | known)))


def _unsubscribe(vendor: Vendor, body: Body) -> Body:
    if not vendor.unsubscribe(body["_rest"]):
        raise KeyError(body["_rest"])
    return {"removed": body["_rest"]}


def _add_fault(vendor: Vendor, body: Body) -> Body:
    details = {k: v for k, v in body.items() if not k.startswith("_")}
    return asdict(vendor.faults.add(**({"kind": body["kind"]} | details)))


def _clear_faults(vendor: Vendor, body: Body) -> Body:
    vendor.faults.clear()
    return {"faults": []}


def _enforce(vendor: Vendor, body: Body) -> Body:
    vendor.quota.enforce(Window(**one) for one in body["windows"])
    return {"windows": body["windows"]}


def _subscription(found: Subscription) -> Body:
    return asdict(found) | {"created_at": found.created_at.isoformat()}


def _delivery(parcel: Parcel, status: int) -> Body:
    events = [{"id": e.id, "topic": e.topic, "key": e.key} for e in parcel.events]
    return {
        "id": parcel.id,
        "subscription": parcel.subscription.id,
        "attempt": parcel.attempt,
        "status": status,
        "events": events,
    }


_ACTIONS: dict[tuple[str, str], Callable[[Vendor, Body], Body]] = {
    ("GET", "state"): _state,
    ("GET", "table"): _table,
    ("GET", "sent"): _sent,
    ("POST", "edit"): _edit,
    ("POST", "put"): _put,
    ("POST", "delete"): _delete,
    ("POST", "restore"): _restore,
    ("POST", "merge"): _merge,
    ("POST", "stir"): _stir,
    ("POST", "burst"): _burst,
    ("POST", "storm"): _storm,
    ("POST", "clock"): _clock,
    ("POST", "subscriptions"): _subscribe,
    ("DELETE", "subscriptions"): _unsubscribe,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
    ("POST", "limits"): _enforce,
}
