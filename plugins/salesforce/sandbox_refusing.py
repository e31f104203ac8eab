"""How the sandbox's org says no."""

from __future__ import annotations

from hub.sandbox import Response


def refusal(status: int, code: str, message: str) -> Response:
    """The REST API's error body: a list."""
    return Response([{"message": message, "errorCode": code}], status)
