"""Counters of the edge."""

from prometheus_client import Counter

DELIVERIES = Counter(
    "hub_webhook_requests_total",
    "Webhook requests by connector and answer",
    ["connector", "status"],
)
