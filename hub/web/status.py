"""/healthz, /readyz and /metrics: for machines that watch."""

from __future__ import annotations

import os

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from redis.exceptions import RedisError

from hub.bootstrap import Hub
from hub.store.errors import StoreError
from hub.web.limit_metrics import LimitCollector


def blueprint(hub: Hub) -> Blueprint:
    pages = Blueprint("status", __name__)
    limits = CollectorRegistry(auto_describe=False)
    limits.register(LimitCollector(hub.redis))

    @pages.get("/healthz")
    def healthz() -> Response:
        """This process answers."""
        return jsonify(status="ok")

    @pages.get("/readyz")
    def readyz() -> tuple[Response, int]:
        """Both stores answer; 503 names the one that does not."""
        state = {"mongodb": _mongodb(hub), "redis": _redis(hub)}
        # Without Redis deliveries are still taken and work goes on by the sweep, a little later.
        return jsonify(state), 200 if state["mongodb"] == "ok" else 503

    @pages.get("/metrics")
    def metrics() -> Response:
        text = generate_latest(_registry()) + generate_latest(limits)
        return Response(text, content_type=CONTENT_TYPE_LATEST)

    return pages


def _mongodb(hub: Hub) -> str:
    try:
        hub.catalogue.ping()
    except StoreError as error:
        return f"down ({type(error).__name__})"
    return "ok"


def _redis(hub: Hub) -> str:
    try:
        hub.redis.ping()
    except RedisError as error:
        return f"down ({type(error).__name__})"
    return "ok"


def _registry() -> CollectorRegistry:
    """All web processes together where the server set that up."""
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
