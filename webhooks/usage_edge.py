"""Where SDKs send usage events: find the key, read the events one by one, store, answer.

A plain WSGI layer before Flask, as the webhook edge is and for the same reason (docs/adr/0002).
A success is answered only after a majority-acknowledged, journaled write; every other answer has
stored nothing, or says that sending again is harmless.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog

from hub.api import Reply
from hub.bootstrap import Hub
from hub.errors import Refuse, TryAgainSoon, UnknownEndpoint
from hub.faultpoints import point
from hub.store import usage_intake
from hub.store.client import Doc
from hub.store.errors import StoreError
from hub.store.usage_intake import EventArrival
from hub.usage import events, moment, pieces
from hub.usage.events import SEGMENT, Parcel, Refused
from hub.usage.pieces import Piece
from webhooks import request as requests
from webhooks import usage_body, usage_calls, usage_keys, usage_settings
from webhooks.admission import Admission
from webhooks.committer import Committer
from webhooks.metrics import EVENT_REQUESTS, EVENTS
from webhooks.usage_calls import CALLS, OURS_PATH, SEGMENT_PREFIX, Call, Outcome
from webhooks.usage_keys import Keys, Source
from webhooks.usage_refusals import UsageRefusals

log = structlog.get_logger(__name__)

COMMIT_TIMEOUT_S = 4.0
"""SDKs give up after 10 to 15 s; a commit that takes longer is answered 503."""
COMMIT_MOST = 2000
PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "authorization, content-type, content-encoding, x-retry-count",
    "Access-Control-Max-Age": "600",
}
UNKNOWN = Call(SEGMENT)
Start = Callable[..., Any]
Environ = dict[str, Any]


class BadMethod(Refuse):
    """The address takes POST."""

    status = 405
    reason = "method"


@dataclass(slots=True)
class Visit:
    """One request; `source` once its key is known to be good."""

    environ: Environ
    call: Call
    source: Source | None = None

    @property
    def origin(self) -> str:
        return str(self.environ.get("HTTP_ORIGIN", ""))

    def admit(self, source: Source) -> None:
        """Raises BadOrigin for a page that the key is not for."""
        self.source = source
        usage_keys.check_origin(source.key, self.origin)

    def shared(self) -> dict[str, str]:
        """The headers that let the page read the answer, where the key is for it."""
        if self.origin and self.source and self.origin in self.source.key["origins"]:
            return _shared_with(self.origin)
        return {}


class UsageEdge:
    """WSGI: answers the addresses that take events and hands everything else to `app`."""

    def __init__(self, hub: Hub, app: Callable[[Environ, Start], Iterable[bytes]]) -> None:
        self._hub = hub
        self._app = app
        self._keys = Keys(hub)
        self._refusals = UsageRefusals(hub)
        self._committer: Committer[EventArrival] = Committer(self._write, COMMIT_MOST)
        settings = hub.settings
        self._admission = Admission(
            queued=self._committer.queued,
            backlog=lambda tenant, connection: 0,
            max_queue=settings.admission_max_queue,
            max_age_s=settings.admission_max_age_ms / 1000,
            rate=settings.connection_rate,
            max_backlog=settings.connection_backlog,
            disk=settings.data_dir if settings.data_dir.is_dir() else None,
            disk_free_min=settings.disk_free_min,
        )

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        if not _is_ours(environ):
            return self._app(environ, start)
        if environ["REQUEST_METHOD"] == "OPTIONS":
            return requests.answer(_preflight(environ), start)
        path = environ["PATH_INFO"]
        visit = Visit(environ, CALLS.get(path, UNKNOWN))
        reply = self._answer(visit)
        EVENT_REQUESTS.labels(path if path in CALLS else "unknown", str(reply.status)).inc()
        headers = {**reply.headers, **visit.shared()}
        return requests.answer(replace(reply, headers=headers), start)

    def _answer(self, visit: Visit) -> Reply:
        try:
            return self._receive(visit)
        except Refuse as refusal:
            if visit.source is not None and not isinstance(refusal, TryAgainSoon):
                self._refusals.of_request(visit.source, visit.environ, refusal)
            return usage_calls.refusal(visit.call.words, refusal)
        except StoreError as error:
            log.warning("usage_store_failed", error=type(error).__name__)
            down = TryAgainSoon("The store is not available.", reason="store")
            return usage_calls.refusal(visit.call.words, down)
        except Exception:
            log.exception("usage_edge_failed")
            broke = TryAgainSoon("Something broke; sending again is harmless.", reason="broke")
            return usage_calls.refusal(visit.call.words, broke)

    def _receive(self, visit: Visit) -> Reply:
        """Raises Refuse with the status that this sender should see."""
        call, environ = visit.call, visit.environ
        wanted = usage_settings.key_in(environ["PATH_INFO"])
        if wanted and environ["REQUEST_METHOD"] == "GET":
            visit.admit(self._keys.source(wanted))
            return usage_settings.settings(self._hub, wanted)
        if call is UNKNOWN:
            raise UnknownEndpoint("No events are taken at this address.", reason="not_found")
        if environ["REQUEST_METHOD"] != "POST":
            raise BadMethod("Events are sent by POST.")
        self._admission.admit()
        named = usage_keys.in_header(environ)
        if named:
            visit.admit(self._keys.source(named))
        body = usage_body.read(environ, call.bytes)
        outer, found = pieces.opened(body, call.array, most=call.events, alone=call.alone)
        source = self._keys.source(usage_keys.agreed(named, outer.get(call.words.key)))
        visit.admit(source)
        self._keys.charge(source, len(found))
        return usage_calls.success(call, self._keep(visit, source, outer, found))

    def _keep(self, visit: Visit, source: Source, outer: Doc, found: list[Piece]) -> list[Outcome]:
        parcel = self._parcel(visit.call, source, outer)
        read = [events.row(_without_key(piece, visit.call), parcel) for piece in found]
        arrivals = [EventArrival(source.tenant_id, row) for row in read if isinstance(row, dict)]
        if arrivals:
            self._committer.commit(arrivals, COMMIT_TIMEOUT_S)
            self._keys.used(source, parcel.received_at)
        refused = [one for one in read if isinstance(one, Refused)]
        if refused:
            EVENTS.labels("rejected").inc(len(refused))
            self._refusals.of_events(source, visit.environ, parcel.received_at, refused)
        left = iter(arrivals)
        return [_outcome(one if isinstance(one, Refused) else next(left)) for one in read]

    def _parcel(self, call: Call, source: Source, outer: Doc) -> Parcel:
        context = outer.get("context") if call.array == "batch" else None
        return Parcel(
            source.connection_id,
            secrets.token_hex(8),
            self._hub.now(source.tenant_id),
            source.keep,
            call.words,
            call.kind,
            moment.read(outer.get("sentAt")) if call.words is SEGMENT else None,
            context if isinstance(context, dict) else {},
        )

    def _write(self, arrivals: Sequence[EventArrival]) -> None:
        """One group commit, then one ring for each tenant in it."""
        usage_intake.commit(self._hub.catalogue, arrivals)
        point("events-inserted")
        for (tenant_id, connection_id), counts in usage_intake.tallied(arrivals).items():
            usage_intake.count(self._hub.store(tenant_id), connection_id, counts)
            for fate, number in counts.items():
                EVENTS.labels(fate).inc(number)
        for tenant_id in {arrival.tenant_id for arrival in arrivals}:
            self._hub.bell.ring_usage(tenant_id)


def _is_ours(environ: Environ) -> bool:
    """The API answers other methods at the address of our events."""
    path = environ.get("PATH_INFO", "")
    if path == OURS_PATH:
        return environ["REQUEST_METHOD"] in ("POST", "OPTIONS")
    return bool(path.startswith(SEGMENT_PREFIX))


def _preflight(environ: Environ) -> Reply:
    """A browser asks without its key, so what the key allows is checked on the POST."""
    origin = environ.get("HTTP_ORIGIN", "")
    return Reply(204, headers={**PREFLIGHT, **_shared_with(origin)} if origin else {})


def _shared_with(origin: str) -> dict[str, str]:
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": "Retry-After",
        "Vary": "Origin",
    }


def _without_key(piece: Piece, call: Call) -> Piece:
    """A single event carries its key, which is nothing of the event."""
    if call.array is None and not piece.reason and call.words.key in piece.value:
        del piece.value[call.words.key]
        piece.text = json.dumps(piece.value, ensure_ascii=False)
    return piece


def _outcome(one: Refused | EventArrival) -> Outcome:
    if isinstance(one, Refused):
        return Outcome("rejected", one.event_id, (), one.reason, one.field, one.sentence)
    fate = "duplicate" if one.duplicate else "accepted"
    event_id = one.row["_id"].partition(":")[2]
    return Outcome(fate, event_id, one.row["flags"])
