"""How a connection stands: is it well, how fresh is it, and what is the safe next step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.api import Connector
from hub.bootstrap import Hub
from hub.store import inbox, usage_intake
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from hub.web.screens import freshness

STEPS = {
    "retry_later": "Nothing to do: the hub tries again by itself. If it lasts, see the vendor's "
    "status page.",
    "reconnect": "Reconnect with new credentials. What arrives meanwhile is kept and follows then.",
    "cursor_loop": "Nothing to do: the next run lists everything again. If it comes back, tell us.",
    "give_up": "Read what the vendor said, mend it there, then sync now.",
    "invalid": "Mend the setting it names: reconnect with the right value.",
}
USUAL_STEP = "Try a sync now. If the same error comes back, tell us with this sentence."
WORDS = {
    "active": ("Active", "green"),
    "paused": ("Paused", "yellow"),
    "disabled": ("Disabled", "yellow"),
    "reconnect": ("Reconnect needed", "red"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A connection as the list and its own page show it."""

    connection: Doc
    title: str
    word: str
    tone: str
    streams: list[Doc]
    ledger: Doc
    fresh_at: datetime | None
    errors: list[Doc]
    waiting: int
    book: Doc | None
    """Of the events that a source sends by itself; None for what is read."""


def standing(hub: Hub, store: TenantStore, connection: Doc) -> Standing:
    mine = {"connection_id": connection["_id"]}
    streams = list(store.streams.find(mine).sort("stream", 1))
    errors = [{**s["error"], "stream": s["stream"]} for s in streams if s.get("error")]
    word, tone = WORDS.get(connection["state"], (connection["state"], "yellow"))
    if errors and connection["state"] == "active":
        word, tone = "In trouble", "red" if len(errors) == len(streams) else "yellow"
    elif connection["state"] == "active" and not any(s.get("fresh_at") for s in streams):
        word, tone = "First sync", "blue"
    connector = hub.plugins.connectors.get(connection["connector"])
    return Standing(
        connection,
        connector.title if connector else f"{connection['connector']} (not loaded)",
        word,
        tone,
        streams,
        inbox.ledger(store, connection["_id"]),
        freshness.oldest(hub, connection["connector"], streams),
        errors,
        sum(1 for s in streams if s.get("missing")),
        usage_intake.book(store, connection["_id"]) if _speaks(connector) else None,
    )


def _speaks(connector: Connector | None) -> bool:
    return connector is not None and connector.takes_events


def next_step(reason: str) -> str:
    return STEPS.get(reason, USUAL_STEP)
