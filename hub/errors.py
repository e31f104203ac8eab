"""Every error of the hub, named for what the caller should do.

Each carries `reason`, a stable word for programs, and `sentence`, which is safe to show to people:
it never holds a secret or a customer's data beyond the name of a field. The two errors of the pure
core (`BrokenMapping`, `Unmappable`) live in `mappings.errors`, which may not import this package.
"""

from __future__ import annotations

import structlog

log = structlog.get_logger(__name__)


class HubError(Exception):
    """Base of all errors that the hub raises on purpose."""

    status = 500
    reason = "internal"

    def __init__(
        self, sentence: str, *, reason: str | None = None, field: str | None = None
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.reason = reason or type(self).reason
        self.field = field


class CorrectInput(HubError):
    """The caller sent something that cannot be right; `field` names it."""

    status = 422
    reason = "invalid"


class NotFound(HubError):
    """What the caller named does not exist, or not in this tenant."""

    status = 404
    reason = "not_found"


class AlreadyThere(HubError):
    """The same thing exists already, or the step was already taken."""

    status = 409
    reason = "conflict"


class NotAllowed(HubError):
    """Signed in or not, the caller may not do this."""

    status = 403
    reason = "not_allowed"


class Refuse(HubError):
    """A delivery is refused at the edge and nothing of it is stored."""

    status = 400
    reason = "refused"
    retry_after: int | None = None


class Malformed(Refuse):
    """The body is not what this vendor sends: fix the sender."""

    status = 400
    reason = "malformed"


class BadSignature(Refuse):
    """The delivery does not prove its sender: check the secret on both sides."""

    status = 401
    reason = "signature"


class UnknownEndpoint(Refuse):
    """No connection listens at this address."""

    status = 404
    reason = "endpoint"


class TooLarge(Refuse):
    """The body is over the endpoint's limit."""

    status = 413
    reason = "too_large"


class TooMany(Refuse):
    """This connection has sent more than its share: slow down."""

    status = 429
    reason = "too_many"

    def __init__(self, sentence: str, *, retry_after: int, reason: str | None = None) -> None:
        super().__init__(sentence, reason=reason)
        self.retry_after = retry_after


class TryAgainSoon(Refuse):
    """The hub cannot make a delivery durable just now: send it again."""

    status = 503
    reason = "unavailable"

    def __init__(self, sentence: str, *, retry_after: int = 5, reason: str | None = None) -> None:
        super().__init__(sentence, reason=reason)
        self.retry_after = retry_after


class VendorError(HubError):
    """Something went wrong while talking to a vendor."""

    status = 502
    reason = "vendor"


class RetryLater(VendorError):
    """The vendor is slow, down or limiting us: try again after `retry_after` seconds."""

    reason = "retry_later"

    def __init__(
        self, sentence: str, *, retry_after: float | None = None, reason: str | None = None
    ) -> None:
        super().__init__(sentence, reason=reason)
        self.retry_after = retry_after


class Reconnect(VendorError):
    """The vendor no longer accepts these credentials: a person has to reconnect."""

    reason = "reconnect"


class GiveUp(VendorError):
    """The vendor refused this very request for good: trying again cannot help."""

    reason = "give_up"


class LeaseLost(HubError):
    """Another worker took over: stop, and write nothing more."""

    reason = "lease_lost"


def unforeseen(error: Exception) -> HubError:
    """A connector's trouble as one of ours: what it did not foresee is tried again later."""
    if isinstance(error, HubError):
        return error
    log.error("connector_broke", exc_info=error)
    sentence = f"The vendor's answer could not be used ({type(error).__name__})."
    return RetryLater(sentence, reason="unexpected")
