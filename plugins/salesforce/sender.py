"""Who sent a delivery: its secret or signature, and the organisation it names."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable
from datetime import UTC, datetime

from hub.api import BadSignature, Delivery, Registration
from plugins.salesforce.ids import is_id

SECRET_HEADER = "x-hub-secret"  # noqa: S105 - the name of a header
SIGNATURE_HEADER = "x-hub-signature-256"


def check_secret(delivery: Delivery, registration: Registration) -> None:
    """The secret in `X-Hub-Secret`, or as the password of HTTP Basic; raises BadSignature."""
    given = delivery.headers.get(SECRET_HEADER) or _password(delivery)
    if not given or not _matches(given, registration.secrets):
        raise BadSignature("The secret header or the basic password is missing or wrong.")


def _password(delivery: Delivery) -> str:
    scheme, _, coded = delivery.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(coded, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


def _matches(given: str, expected: Iterable[str]) -> bool:
    """Compare with each in constant time."""
    raw = given.encode("utf-8", "surrogatepass")
    found = [hmac.compare_digest(raw, secret.encode()) for secret in expected]
    return any(found)


def check_org(given: object, registration: Registration) -> None:
    """Compare with the connection's organisation; raises BadSignature.

    The first 15 characters are the id, in exact case; the other three only check them.
    """
    if not registration.account or not is_id(given):
        raise BadSignature("The organisation id is missing.")
    if str(given)[:15] != registration.account[:15]:
        raise BadSignature("The delivery is from another Salesforce organisation.")


def check_signature(delivery: Delivery, registration: Registration) -> None:
    """HMAC-SHA256 over the raw body, else the secret itself; raises BadSignature.

    A signature that is there must be right, whatever else was sent.
    """
    signature = delivery.headers.get(SIGNATURE_HEADER)
    if signature is None:
        check_secret(delivery, registration)
        return
    signed = [_signature(secret, delivery.body) for secret in registration.secrets if secret]
    if not _matches(signature, signed):
        raise BadSignature("The signature does not fit the body.")


def _signature(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, "sha256").hexdigest()


def saved_at(text: object) -> datetime | None:
    """When the record was saved: its stamps hold this, the commit comes a little later."""
    try:
        moment = datetime.fromisoformat(str(text))
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
