"""Counters of what webhooks do not bring."""

from prometheus_client import Counter

MISSED = Counter(
    "hub_missed_by_webhooks_total",
    "Records that a poll found and no webhook had told of, by connector",
    ["connector"],
)
