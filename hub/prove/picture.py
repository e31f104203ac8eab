"""What a tenant's stored state amounts to, without ids and times of its own making."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hub.health.state import LONG
from hub.store.client import Doc
from hub.store.tenant import TenantStore


def picture(store: TenantStore, since: str = "") -> dict[str, Any]:
    """What must be the same however the changes came: partition, profile values, raw scores.

    Accounts and contacts are named by their living records, so that ids do not matter, and records
    that are gone leave no trace: a clean full sync has never seen them. Counted days before `since`
    are left out: those behind the horizon go with an account's next write.
    """
    names, accounts = {}, {}
    for doc in store.accounts.find({"merged_into": None}):
        if name := _living(doc):
            names[doc["_id"]] = name
            accounts[name] = {
                "flat": doc["flat"],
                "raw": round(doc["health"]["raw"], 9),
                "open_tickets": doc["rollup"]["open_tickets"],
                "contacts": doc["rollup"]["contacts"],
                "state": _bare_state(doc["state"], since),
            }
    contacts = {
        name: (doc["flat"], names.get(doc["account_id"]))
        for doc in store.contacts.find({"merged_into": None})
        if (name := _living(doc))
    }
    homes = {
        _bare(doc["_id"]): names.get(doc.get("account_id"))
        for doc in store.records.find({"life.deleted": False})
    }
    return {"accounts": accounts, "contacts": contacts, "homes": homes}


def _living(doc: Doc) -> tuple[str, ...]:
    return tuple(sorted(_bare(m["key"]) for m in doc["members"] if not m["deleted"]))


def _bare(key: str) -> str:
    """A record key without the connection's minted id."""
    return key.split(":", 1)[1]


def _bare_state(state: Doc, since: str) -> Doc:
    """The health state without minted ids: who was touched is counted, not named."""
    counters = {
        name: recent
        for name, days in state.get("counters", {}).items()
        if (recent := {d: n for d, n in days.items() if name in LONG or d >= since})
    }
    totals = state.get("totals", {})
    return {
        "items": {
            name: {_bare(key): item for key, item in found.items()}
            for name, found in state.get("items", {}).items()
        },
        "counters": {n: days for n, days in counters.items() if not n.startswith("touch|")},
        "touched": sorted(sorted(d.items()) for n, d in counters.items() if n[:6] == "touch|"),
        "totals": sorted((n.partition("|con_")[0], count) for n, count in totals.items()),
    }


def unlike(a: Any, b: Any, path: str = "") -> Iterator[str]:
    """Where two pictures differ, a line each; empty when they are the same."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted({*a, *b}, key=str):
            if key not in a or key not in b:
                side = "left" if key in a else "right"
                yield f"{path}/{key}: only {side}: {a.get(key, b.get(key))}"
            else:
                yield from unlike(a[key], b[key], f"{path}/{key}")
    elif isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
        for place, (one, other) in enumerate(zip(a, b, strict=True)):
            yield from unlike(one, other, f"{path}[{place}]")
    elif a != b:
        yield f"{path}: {a!r} != {b!r}"
