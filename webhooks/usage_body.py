"""The body of a request with events: plain or gzip, never more than the call takes."""

from __future__ import annotations

import zlib
from typing import Any

from hub.errors import Malformed, TooLarge
from webhooks import request as requests

GZIP = 16 + zlib.MAX_WBITS


def read(environ: dict[str, Any], limit: int) -> bytes:
    """Raises TooLarge before it reads more than `limit` bytes, packed or unpacked; Malformed."""
    encoding = environ.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise Malformed("Send the body plain or with gzip.", reason="encoding")
    plain = {**environ, "HTTP_CONTENT_ENCODING": ""}
    body = requests.read_body(plain, limit)
    return _unpacked(body, limit) if "gzip" in encoding else body


def _unpacked(body: bytes, limit: int) -> bytes:
    unpacker = zlib.decompressobj(GZIP)
    try:
        found = unpacker.decompress(body, limit + 1)
    except zlib.error as error:
        raise Malformed("The body is not gzip.", reason="encoding") from error
    if len(found) > limit:
        raise TooLarge(f"The unpacked body has more than {limit:,} bytes.")
    if not unpacker.eof:
        raise Malformed("The packed body ended early.", reason="encoding")
    return found
