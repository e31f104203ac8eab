"""Answering one call: control, faults, sign-in, route, limit headers."""

from __future__ import annotations

import sys
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING

from hub.sandbox import control
from hub.sandbox.faults import Fault
from hub.sandbox.serving import HangUp, Refused, Request, Response

if TYPE_CHECKING:
    from hub.sandbox.vendor import Vendor


def answer(vendor: Vendor, request: Request) -> Response:
    """Answer one call, with whatever fault strikes."""
    if request.path == "/healthz" or request.path.startswith("/_sandbox/"):
        return control.answer(vendor, request)
    fault = vendor.faults.take(request.path, "hang", "slow", "limit", "error", "expired", "half")
    response = _misbehave(vendor, fault) if fault else None
    response = response or _over(vendor, request) or _handle(vendor, request)
    if fault and fault.kind == "half":
        response.broken = True
    response = replace(response, headers=vendor.limit_headers(request) | response.headers)
    if vendor.witness:
        vendor.witness(request, response)
    return response


def _misbehave(vendor: Vendor, fault: Fault) -> Response | None:
    if fault.kind in ("hang", "slow"):
        vendor.closing.wait(fault.seconds)
    if fault.kind == "hang":
        raise HangUp
    if fault.kind == "limit":
        return vendor.limited(fault.retry_after)
    if fault.kind == "expired":
        return vendor.expired()
    return vendor.server_error(fault.status) if fault.kind == "error" else None


def _over(vendor: Vendor, request: Request) -> Response | None:
    wait = vendor.quota.spend(request.path, vendor.moment())
    return None if wait is None else vendor.limited(wait)


def _handle(vendor: Vendor, request: Request) -> Response:
    method = "GET" if request.method == "HEAD" else request.method
    try:
        for found in vendor.routes:
            match = found.pattern.match(request.path)
            if match and found.method == method:
                request.params = match.groupdict()
                refusal = None if found.public else vendor.authorise(request)
                return refusal or _run(vendor, found.handler, found.locked, request)
        return vendor.authorise(request) or vendor.not_found(request)
    except Refused as refused:
        return refused.response
    except HangUp:
        raise
    except Exception:
        traceback.print_exc(file=sys.stderr)
        return Response("the sandbox itself failed; see its log", 500)


def _run(vendor: Vendor, handler: str, locked: bool, request: Request) -> Response:
    vendor.calls[handler] = vendor.calls.get(handler, 0) + 1
    if not locked:
        return as_response(getattr(vendor, handler)(request))
    with vendor.lock:
        return as_response(getattr(vendor, handler)(request))


def as_response(answer: object) -> Response:
    """What a handler returned, as a Response."""
    if isinstance(answer, Response):
        return answer
    return Response(None, 204) if answer is None else Response(answer)
