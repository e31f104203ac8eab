"""HTTP at the edge: raw bytes up to a limit, the URL as the vendor called it, answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from hub.api import Delivery, Reply
from hub.errors import Malformed, Refuse, TooLarge

HIDDEN = frozenset(("authorization", "cookie", "x-hook-secret", "proxy-authorization"))
"""Headers whose value proves a sender; stored rows and refusals keep only that they were there."""
HIDDEN_PARTS = ("secret", "token", "api-key")


def read_body(environ: dict[str, Any], limit: int) -> bytes:
    """The raw bytes. Raises TooLarge, and Malformed for a compressed or cut-off body."""
    if environ.get("HTTP_CONTENT_ENCODING", "identity").lower() not in ("", "identity"):
        raise Malformed("Send the body uncompressed: its signature is over raw bytes.")
    declared = environ.get("CONTENT_LENGTH") or ""
    if declared and not declared.isdigit():
        raise Malformed("Content-Length is not a number.")
    if declared and int(declared) > limit:
        raise TooLarge(f"The body has {declared} bytes; {limit} are allowed.")
    body: bytes = environ["wsgi.input"].read(int(declared) if declared else limit + 1)
    if len(body) > limit:
        raise TooLarge(f"The body has more than {limit} bytes.")
    if declared and len(body) < int(declared):
        raise Malformed("The body ended early.")
    return body


def delivery(environ: dict[str, Any], body: bytes, base: str, now: datetime) -> Delivery:
    """The request as the vendor made it: the public base URL and the target exactly as sent."""
    target = str(environ.get("RAW_URI") or _rebuilt(environ))
    return Delivery(environ["REQUEST_METHOD"], base + target, headers(environ), body, now)


def headers(environ: dict[str, Any]) -> dict[str, str]:
    """Lower-case names; values as text, one character for each byte sent."""
    found = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            found[name.replace("_", "-").lower()] = environ[name]
    return found


def kept_headers(found: Mapping[str, str]) -> dict[str, str]:
    """Headers as they are stored and shown: without the values that prove a sender."""
    return {
        name[:200]: "(hidden)" if _is_hidden(name) else value[:1000]
        for name, value in list(found.items())[:60]
    }


def sender(environ: dict[str, Any], trusted_proxies: int) -> str:
    """The sender's address; a proxy's word counts only for as many proxies as are ours."""
    forwarded = str(environ.get("HTTP_X_FORWARDED_FOR", ""))
    chain = [part.strip() for part in forwarded.split(",") if part]
    if trusted_proxies and len(chain) >= trusted_proxies:
        return chain[-trusted_proxies][:100]
    return str(environ.get("REMOTE_ADDR", ""))


def refusal(error: Refuse) -> Reply:
    """problem+json with the status the contract names; 503 and 429 say when to come again."""
    body = {
        "type": f"urn:hub:error:{error.reason}",
        "title": error.sentence,
        "status": error.status,
        "reason": error.reason,
    }
    again = {"Retry-After": str(error.retry_after)} if error.retry_after else {}
    return Reply(error.status, json.dumps(body).encode(), "application/problem+json", headers=again)


def answer(reply: Reply, start: Callable[..., Any]) -> Iterable[bytes]:
    lines = [
        ("Content-Type", reply.content_type),
        ("Content-Length", str(len(reply.body))),
        ("X-Content-Type-Options", "nosniff"),
        *reply.headers.items(),
    ]
    start(f"{reply.status} {HTTPStatus(reply.status).phrase}", lines)
    return [reply.body]


def _rebuilt(environ: dict[str, Any]) -> str:
    query = environ.get("QUERY_STRING", "")
    return str(environ["PATH_INFO"]) + (f"?{query}" if query else "")


def _is_hidden(name: str) -> bool:
    return name in HIDDEN or any(part in name for part in HIDDEN_PARTS)
