"""What feeds a tenant's health: which sources are connected for which measures, and how fresh."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hub.api import Connector
from hub.health import revision as revisions
from hub.health.context import HealthContext, SourceFreshness, combine, stale_after
from hub.health.revision import Revision
from hub.health.signals import Signal
from hub.scorecards import active
from hub.store.client import Doc
from hub.store.tenant import TenantStore

CAPABILITIES = frozenset(
    ("ticket", "satisfaction", "activity", "work_item", "subscription", "invoice", "usage")
)

PUSHED = "usage"
"""The capability whose sources speak by themselves; those that are read are as fresh as any."""
SILENCE_S = 3 * 86_400

LINKED = "linked|"
"""Prefix of the total that counts an account's records of one capability."""


@dataclass(slots=True)
class Supply:
    """Per connection the capabilities it feeds and their freshness; source kind by connector; the
    tenant's scoring; the signals that plugins add."""

    feeds: Mapping[str, Mapping[str, SourceFreshness]] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    revision: Revision = field(default_factory=revisions.default)
    signals: Sequence[Signal] = ()

    @property
    def key_features(self) -> frozenset[str]:
        """The names of events that the tenant lists as key features."""
        return frozenset(self.revision.key_features)

    def context(self, account: Mapping[str, Any], now: datetime) -> HealthContext:
        """The health context of one account document, but for its pulse and its past."""
        shaped = self.revision
        members = {m["connection_id"] for m in account.get("members", ()) if not m["deleted"]}
        flat = account.get("flat", {})
        return HealthContext(
            now=now,
            sources=self._sources(members),
            linked=self._linked(account, members),
            seats=flat.get(shaped.seats_field),
            seats_field=shaped.seats_field in flat,
            mrr=flat.get("mrr"),
            renewal_on=flat.get("renewal_at"),
            currency=shaped.currency,
            rates=shaped.rates,
            key_features=shaped.key_features,
            csat_rate=shaped.csat_rate,
            seat_source=shaped.seat_source,
            windows=shaped.windows,
            pulse_full_days=shaped.pulse_full_days,
            pulse_gone_days=shaped.pulse_gone_days,
        )

    def stale(self, now: datetime) -> set[str]:
        """ "connection:capability" of every source past its freshness limit."""
        return {
            f"{connection_id}:{capability}"
            for connection_id, capabilities in self.feeds.items()
            for capability, source in capabilities.items()
            if source.fresh_at and now - source.fresh_at > timedelta(seconds=source.stale_after_s)
        }

    def _sources(self, members: set[str]) -> Mapping[str, SourceFreshness]:
        """Per capability, the connections that know the account; all where none of them does.

        A help desk that is broken must not make those stale whom it has never heard of.
        """
        every: dict[str, list[SourceFreshness]] = defaultdict(list)
        knowing: dict[str, list[SourceFreshness]] = defaultdict(list)
        for connection_id, capabilities in self.feeds.items():
            for capability, freshness in capabilities.items():
                every[capability].append(freshness)
                if connection_id in members:
                    knowing[capability].append(freshness)
        return {name: combine(knowing.get(name) or found) for name, found in every.items()}

    def _linked(self, account: Mapping[str, Any], members: set[str]) -> frozenset[str]:
        """A source knows the account by a member record of its own, or by any record hung there."""
        known = {c for m in members for c in self.feeds.get(m, ())}
        totals = account.get("state", {}).get("totals", {})
        return frozenset(known | {c for c in CAPABILITIES if totals.get(LINKED + c)})


def load(
    store: TenantStore, connectors: Mapping[str, Connector], signals: Sequence[Signal] = ()
) -> Supply:
    """Read the connections and their streams; removed and disabled ones feed nothing."""
    streams: dict[str, list[Doc]] = defaultdict(list)
    for doc in store.streams.find({}):
        streams[doc["connection_id"]].append(doc)
    heard_at = _heard_at(streams.values())
    feeds = {}
    for connection in store.connections.find({"state": {"$ne": "disabled"}}):
        connector = connectors.get(connection["connector"])
        if connector is not None:
            mine = streams[connection["_id"]]
            feeds[connection["_id"]] = _feeds(connector, connection, mine, heard_at)
    kinds = {name: connector.source_kind for name, connector in connectors.items()}
    return Supply(feeds, kinds, active.active(store), signals)


def _feeds(
    connector: Connector, connection: Doc, streams: list[Doc], heard_at: datetime | None
) -> Mapping[str, SourceFreshness]:
    """What is pushed is as fresh as the last that was heard of any source of the tenant: that one
    application is quiet is its users' business, that all are is a fault."""
    state = {doc["stream"]: doc for doc in streams}
    found: dict[str, list[SourceFreshness]] = defaultdict(list)
    for stream in connector.streams:
        if stream.entity in CAPABILITIES:
            doc = state.get(stream.name, {})
            is_pushed = stream.entity == PUSHED and connector.takes_events
            found[stream.entity].append(
                SourceFreshness(
                    connected=True,
                    fresh_at=heard_at if is_pushed else doc.get("fresh_at"),
                    stale_after_s=SILENCE_S if is_pushed else stale_after(stream.interval_s),
                    broken_since=doc.get("failing_since"),
                    source=connection["connector"],
                )
            )
    return {capability: combine(some) for capability, some in found.items()}


def _heard_at(streams: Iterable[list[Doc]]) -> datetime | None:
    """When any source of product usage was last heard."""
    return max((d["heard_at"] for docs in streams for d in docs if "heard_at" in d), default=None)
