"""Who sent a delivery: its secret or signature, and the organisation it names."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable

from hub.api import BadSignature, Delivery, Registration
from hub.api.signing import Hmac
from plugins.salesforce.ids import is_id

SECRET_HEADER = "x-hub-secret"  # noqa: S105 - the name of a header
SIGNED = Hmac("x-hub-signature-256", prefix="sha256=")


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
    signed = SIGNED.header in delivery.headers
    (SIGNED.verify if signed else check_secret)(delivery, registration)
