"""Counters of the edge."""

from prometheus_client import Counter

DELIVERIES = Counter(
    "hub_webhook_requests_total",
    "Webhook requests by connector and answer",
    ["connector", "status"],
)
EVENT_REQUESTS = Counter(
    "hub_usage_requests_total",
    "Requests with usage events by address and answer",
    ["address", "status"],
)
EVENTS = Counter("hub_usage_events_total", "Usage events by what became of them", ["fate"])
