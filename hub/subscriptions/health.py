"""How each subscription does, in words with what to do, for screens, API and CLI."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hub import endpoints
from hub.api import Webhook
from hub.store import inbox
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from hub.subscriptions import hearing, silence
from hub.subscriptions.mending import renewal

if TYPE_CHECKING:
    from hub.bootstrap import Hub

LATELY = timedelta(hours=24)
COUNTED = 5_000
"""So many of the latest deliveries are counted; a busier connection shows "more than"."""
DAYS_SHOWN = 30

ADVICE = {
    "signature": "Compare the secret on both sides; a new one can be made here.",
    "handshake": "Somebody tried to shake hands uninvited. Nothing was let in.",
    "malformed": "What is sent is not this vendor's webhook: check which address it was given.",
    "too_large": "See whether the vendor can send less in one delivery.",
}
REACH = "See that the hub's public address can be reached from the internet: press Test send."


def describe(hub: Hub, tenant_id: str, connection: Doc) -> list[Doc]:
    """As `endpoints.describe`, each with its `health`."""
    store, now = hub.store(tenant_id), hub.now(tenant_id)
    shown = endpoints.describe(hub, tenant_id, connection)
    stored = {e["_id"]: e for e in hub.catalogue.control.endpoints_of(tenant_id, connection["_id"])}
    webhooks = {w.name: w for w in hub.connector_of(connection).webhooks}
    lately = inbox.lately(store, connection["_id"], now - LATELY, COUNTED)
    for one in shown:
        refused = endpoints.refused(hub, tenant_id, one["id"])[:1]
        endpoint = stored.get(one["id"], {})
        if one["state"] == "app":
            one["last_delivery_at"] = hearing.last_heard(store, connection["_id"], [])
        one["health"] = {
            **_judged(one, endpoint, webhooks[one["webhook"]], refused, now),
            **_counts(lately, f"app:{connection['connector']}", one),
            "last_refusal": _refusal(refused),
            "vendor": endpoint.get("vendor"),
            "expires_at": endpoint.get("expires_at"),
            "renewal_at": renewal(endpoint) if endpoint.get("expires_at") else None,
        }
    return shown


def _counts(lately: Counter[tuple[str, str]], app: str, one: Doc) -> Doc:
    mine = app if one["state"] == "app" else one["id"]
    counts = {state: n for (endpoint, state), n in lately.items() if endpoint == mine}
    return {
        "deliveries": sum(counts.values()),
        "failed": counts.get("failed", 0),
        "more": sum(lately.values()) >= COUNTED,
    }


def _refusal(refused: list[Doc]) -> Doc | None:
    return {name: refused[0][name] for name in ("at", "reason", "sentence")} if refused else None


def _judged(one: Doc, endpoint: Doc, webhook: Webhook, refused: list[Doc], now: datetime) -> Doc:
    """{"word", "tone": ok|wait|warn|bad, "says", "do"}: the worst that is known comes first."""
    lost, vendor = endpoint.get("lost"), endpoint.get("vendor") or {}
    last = one.get("last_delivery_at") or endpoint.get("registered_at")
    if lost and lost["given_up"]:
        failure = lost.get("failure", "the vendor refused")
        says = f"It was lost: {lost['reason']}. Asking for another has failed: {failure}"
        return _word("lost", "bad", says, "Mend that, then press Subscribe again.")
    if lost:
        says = f"It was lost: {lost['reason']}. The hub asks for another by itself."
        return _word("lost", "warn", says, "")
    if vendor and not vendor["active"]:
        says = "The vendor has switched it off."
        return _word("switched off", "bad", says, f"Switch it on again at the vendor. {REACH}")
    if vendor.get("failures") or vendor.get("failing_since"):
        return _word("failing", "bad", _failing(vendor), REACH)
    if one["state"] == "app" and not last:
        says = "The operator's app pushes for all accounts; nothing has come for this one yet."
        return _word("nothing yet", "wait", says, "Change a record at the vendor and look again.")
    if endpoint.get("state") == "pending":
        return _word("being asked for", "wait", "The vendor is being asked for it.", "")
    if last and silence.lacks_heartbeat(last, now, webhook.heartbeat_s):
        says = "The vendor's regular sign of life is overdue."
        return _word("silent", "warn", says, f"The streams were read at once. {REACH}")
    if refused and (last is None or refused[0]["at"] > last):
        advice = ADVICE.get(refused[0]["reason"], REACH)
        return _word("refusing", "warn", f"The last one was refused: {_said(refused)}", advice)
    if endpoint.get("state") == "waiting" and not one.get("last_delivery_at"):
        says = "Nothing has come yet."
        return _word("nothing yet", "wait", says, "Change a record at the vendor and look again.")
    return _word("ok", "ok", "Deliveries come and are taken.", "")


def _said(refused: list[Doc]) -> str:
    return str(refused[0]["sentence"])


def _failing(vendor: Doc) -> str:
    tries = vendor.get("failures") or 0
    says = f"The vendor cannot deliver ({tries} tries)." if tries else "The vendor cannot deliver."
    return f"{says} It says: {vendor['reason']}" if vendor.get("reason") else says


def _word(word: str, tone: str, says: str, do: str) -> Doc:
    return {"word": word, "tone": tone, "says": says, "do": do}


def watch(connection: Doc) -> Doc:
    """The connection's own looks: when, what was wrong, and whether it is silent."""
    known = connection.get("watch") or {}
    names = ("looked_at", "listed_at", "next_at", "list_at", "last_at", "trouble", "silence")
    return {
        **{name: known.get(name) for name in names},
        "unlisted": known.get("unlisted") or {},
        "taken_back": known.get("taken_back") or 0,
    }


def missed(store: TenantStore, connection_id: str, now: datetime) -> Doc:
    """{"count", "days": [{"stream", "day", "count", "records"}]} of the last thirty days."""
    oldest = (now - timedelta(days=DAYS_SHOWN)).date().isoformat()
    mine = {"connection_id": connection_id, "day": {"$gte": oldest}}
    names = ("stream", "day", "count", "records")
    days = [
        {name: day[name] for name in names}
        for day in store.missed_days.find(mine).sort([("day", -1), ("stream", 1)])
    ]
    return {"count": sum(day["count"] for day in days), "days": days}
