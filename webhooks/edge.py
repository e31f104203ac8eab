"""Where vendors push: find the endpoint, check the size, greet, verify raw bytes, store, answer.

A plain WSGI layer before Flask, because Flask itself is the dearest part of a short request
(docs/adr/0002). A 2xx is given only after a majority-acknowledged, journaled write; every other
answer has stored nothing, or says that a retry is harmless.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import structlog
from bson.binary import Binary

from hub import endpoints
from hub.api import Delivery, Registration, Reply, Webhook
from hub.bootstrap import Hub
from hub.errors import BadSignature, HubError, Malformed, Refuse, TryAgainSoon
from hub.faultpoints import point
from hub.store import inbox, intake
from hub.store.errors import StoreError
from hub.store.intake import Arrival
from webhooks import request as requests
from webhooks.admission import Admission
from webhooks.committer import Committer
from webhooks.metrics import DELIVERIES
from webhooks.refusals import Refusals
from webhooks.routes import Route, Routes

log = structlog.get_logger(__name__)

PREFIX = "/webhooks/"
KEY_IN_URL = re.compile(r"(/webhooks/[^/?]+/)[^/?]+")
"""The endpoint key lets a sender in, so stored rows do not hold it."""
COMMIT_TIMEOUT_S = 4.0
"""Vendors give up after 5 to 10 s; a commit that takes longer is answered 503."""
Start = Callable[..., Any]
Environ = dict[str, Any]


class Edge:
    """WSGI: answers `POST /webhooks/...` and hands everything else to `app`."""

    def __init__(self, hub: Hub, app: Callable[[Environ, Start], Iterable[bytes]]) -> None:
        self._hub = hub
        self._app = app
        self._routes = Routes(hub)
        self._committer = Committer(self._write)
        self._refusals = Refusals(hub)
        settings = hub.settings
        self._admission = Admission(
            queued=self._committer.queued,
            backlog=lambda tenant, connection: inbox.backlog(
                hub.store(tenant), connection, settings.connection_backlog
            ),
            max_queue=settings.admission_max_queue,
            max_age_s=settings.admission_max_age_ms / 1000,
            rate=settings.connection_rate,
            max_backlog=settings.connection_backlog,
            disk=settings.data_dir if settings.data_dir.is_dir() else None,
            disk_free_min=settings.disk_free_min,
        )

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").startswith(PREFIX):
            return self._app(environ, start)
        connector = environ["PATH_INFO"][len(PREFIX) :].partition("/")[0]
        try:
            reply = self._receive(environ)
        except Refuse as refusal:
            reply = requests.refusal(refusal)
        except StoreError as error:
            log.warning("edge_store_failed", error=type(error).__name__)
            reply = requests.refusal(TryAgainSoon("The store is not available.", reason="store"))
        except Exception:
            log.exception("edge_failed")
            reply = requests.refusal(TryAgainSoon("Something broke; nothing was stored."))
        DELIVERIES.labels(_known(self._hub, connector), str(reply.status)).inc()
        return requests.answer(reply, start)

    def _receive(self, environ: Environ) -> Reply:
        """Raises Refuse with the status that this sender should see."""
        if environ["REQUEST_METHOD"] not in ("POST", "HEAD", "GET"):
            raise Malformed("Webhooks are sent by POST.", reason="method")
        connector, _, key = environ["PATH_INFO"][len(PREFIX) :].partition("/")
        self._admission.admit()
        if not key:
            return self._receive_app(environ, connector)
        return self._receive_connection(environ, connector, key)

    def _receive_connection(self, environ: Environ, connector: str, key: str) -> Reply:
        route = self._routes.by_key(connector, key)
        delivery: Delivery | None = None
        try:
            self._admission.admit_connection(route.tenant_id, route.connection_id)
            delivery = self._read(environ, route.webhook, route.tenant_id)
            greeting = self._greet(route, delivery, connector, key)
            if greeting is not None:
                return greeting
            route = self._verified(route, delivery, connector, key)
            arrival = self._arrival(route, delivery)
        except Refuse as refusal:
            self._refusals.keep(route, environ, refusal)
            raise
        self._store([arrival])
        self._seen(route, delivery.received_at)
        return route.webhook.acknowledge(delivery)

    def _receive_app(self, environ: Environ, connector: str) -> Reply:
        """One body may concern several vendor accounts, and two tenants may share one."""
        _, webhook, registration = self._routes.app(connector)
        delivery = self._read(environ, webhook, "")
        _verify(webhook, delivery, registration)
        key = _delivery_key(webhook, delivery)
        assert webhook.route is not None
        listeners = self._routes.listeners(connector, list(webhook.route(delivery)))
        arrivals = [
            Arrival(
                listener["tenant_id"],
                _row(listener["connection_id"], registration, webhook, delivery, key),
                webhook.key_holds,
            )
            for listener in listeners
        ]
        if arrivals:
            self._store(arrivals)
        else:
            DELIVERIES.labels(connector, "unclaimed").inc()
        return webhook.acknowledge(delivery)

    def _read(self, environ: Environ, webhook: Webhook, tenant_id: str) -> Delivery:
        limit = min(webhook.max_body, self._hub.settings.body_limit)
        body = requests.read_body(environ, limit)
        return requests.delivery(environ, body, endpoints.base(self._hub), self._hub.now(tenant_id))

    def _greet(self, route: Route, delivery: Delivery, connector: str, key: str) -> Reply | None:
        """A handshake's secret is durable before the answer; only the first one counts."""
        if route.webhook.greet is None:
            return None
        route = self._routes.by_key(connector, key, fresh=True)
        assert route.webhook.greet is not None
        reply = route.webhook.greet(delivery, route.registration)
        if reply is None or reply.store_secret is None:
            return reply
        hub, endpoint_id = self._hub, route.registration.endpoint_id
        if not endpoints.store_greeted_secret(
            hub, route.tenant_id, endpoint_id, reply.store_secret
        ):
            raise BadSignature("This endpoint has its secret already.", reason="greeted")
        return reply

    def _verified(self, route: Route, delivery: Delivery, connector: str, key: str) -> Route:
        """A secret may have changed a moment ago: a failure is tried again with a fresh look."""
        try:
            _verify(route.webhook, delivery, route.registration)
        except BadSignature:
            route = self._routes.by_key(connector, key, fresh=True)
            _verify(route.webhook, delivery, route.registration)
        return route

    def _arrival(self, route: Route, delivery: Delivery) -> Arrival:
        key = _delivery_key(route.webhook, delivery)
        row = _row(route.connection_id, route.registration, route.webhook, delivery, key)
        return Arrival(route.tenant_id, row, route.webhook.key_holds)

    def _store(self, arrivals: Sequence[Arrival]) -> None:
        self._committer.commit(arrivals, COMMIT_TIMEOUT_S)

    def _write(self, arrivals: Sequence[Arrival]) -> None:
        """One group commit, then one ring for each connection in it."""
        intake.commit(self._hub.catalogue, arrivals)
        point("inserted")
        for tenant_id, connection_id in {
            (arrival.tenant_id, arrival.row["connection_id"]) for arrival in arrivals
        }:
            self._hub.bell.ring_drain(tenant_id, connection_id)

    def _seen(self, route: Route, at: datetime) -> None:
        self._refusals.accepted(route, at)


def _verify(webhook: Webhook, delivery: Delivery, registration: Registration) -> None:
    """Any trouble of a verifier is a refusal: it must not tell more, and must not be a 500."""
    try:
        webhook.verify(delivery, registration)
    except HubError:
        raise
    except Exception as error:
        log.info("verify_broke", error=type(error).__name__)
        raise BadSignature("The delivery does not prove its sender.") from error


def _delivery_key(webhook: Webhook, delivery: Delivery) -> str:
    try:
        return webhook.delivery_key(delivery)
    except HubError:
        raise
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Malformed(f"The body cannot be read: {type(error).__name__}.") from error


def _row(
    connection_id: str,
    registration: Registration,
    webhook: Webhook,
    delivery: Delivery,
    key: str,
) -> dict[str, Any]:
    return {
        "_id": inbox.row_id(connection_id, f"{registration.endpoint_id}:{key}"),
        "connection_id": connection_id,
        "endpoint_id": registration.endpoint_id,
        "webhook": webhook.name,
        "key": key[:200].encode("utf-8", "replace").decode(),
        "receipt": secrets.token_hex(8),
        "state": "pending",
        "received_at": delivery.received_at,
        "due_at": delivery.received_at,
        "method": delivery.method,
        "url": KEY_IN_URL.sub(r"\1(key)", delivery.url),
        "headers": requests.kept_headers(delivery.headers),
        "body": Binary(delivery.body),
    }


def _known(hub: Hub, connector: str) -> str:
    """A label that a stranger's path cannot multiply."""
    return connector if connector in hub.plugins.connectors else "unknown"
