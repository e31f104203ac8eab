"""Signing in without a person: as the app's own user, or by an assertion that its key has signed.

Plain requests, since the library chooses the host itself and cannot be told the time. Facts:
help.salesforce.com, "OAuth 2.0 Client Credentials Flow" and "OAuth 2.0 JWT Bearer Flow".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from textwrap import wrap

import jwt
import requests

from hub.api import CorrectInput, Reconnect, RetryLater, VendorError

ASSERTION = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTED = timedelta(minutes=3)
"""How long an assertion is good; Salesforce takes up to five minutes."""
SKEW = timedelta(seconds=30)
LIMITED_S = 60.0
PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----(.*?)-----END \1-----", re.DOTALL)
LOGIN, TEST = "https://login.salesforce.com", "https://test.salesforce.com"
NO_APP = ("invalid_client_id", "invalid_client", "app_not_found")


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """An app of one org: its consumer key, and a consumer secret or a user and a private key."""

    address: str
    consumer_key: str
    consumer_secret: str = ""
    username: str = ""
    private_key: str = ""

    @property
    def credential(self) -> str:
        """The field of the form that holds what we sign in with."""
        return "private_key" if self.private_key else "consumer_secret"

    @property
    def general(self) -> str:
        """The host where every org of this kind may sign in."""
        return TEST if ".sandbox." in self.address else LOGIN

    def sign_in(self, session: requests.Session) -> tuple[str, str]:
        """Token and instance address. Raises CorrectInput, Reconnect or RetryLater."""
        if self.consumer_key and self.username and self.private_key:
            return self._by_assertion(session)
        if self.consumer_key and self.consumer_secret:
            form = {"grant_type": "client_credentials"}
            return self._granted(self._post(session, form, self._pair()))
        raise CorrectInput(
            "Give an access token, or the consumer key of the app with its secret, or with a user "
            "name and a private key.",
            field="access_token",
        )

    def _by_assertion(self, session: requests.Session) -> tuple[str, str]:
        """Once more by the vendor's clock, if ours is wrong; and once for the general host, which
        an org of the government cloud wants to be named although it signs in at its own."""
        now = datetime.now(UTC)
        answer = self._post(session, self._assertion(now, self.address))
        there = _date(answer.headers.get("Date", ""))
        if not answer.ok and there and abs(there - now) > SKEW:
            now, answer = there, self._post(session, self._assertion(there, self.address))
        if _is_unsure(answer):
            answer = self._post(session, self._assertion(now, self.general))
        return self._granted(answer)

    def _assertion(self, now: datetime, audience: str) -> dict[str, str]:
        claims = {
            "iss": self.consumer_key,
            "sub": self.username,
            "aud": audience,
            "exp": int((now + ASSERTED).timestamp()),
        }
        try:
            signed = jwt.encode(claims, pem(self.private_key), algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError):
            raise CorrectInput(
                "This is no RSA private key without a passphrase, as in the file server.key.",
                field="private_key",
            ) from None
        return {"grant_type": ASSERTION, "assertion": signed}

    def _pair(self) -> tuple[str, str]:
        return self.consumer_key, self.consumer_secret

    def _post(
        self,
        session: requests.Session,
        form: dict[str, str],
        auth: tuple[str, str] | None = None,
    ) -> requests.Response:
        try:
            return session.post(f"{self.address}/services/oauth2/token", data=form, auth=auth)
        except Reconnect as error:
            raise self._refused("invalid_client", "") from error
        except requests.RequestException as error:
            raise _no_answer() from error

    def _granted(self, answer: requests.Response) -> tuple[str, str]:
        try:
            body = answer.json()
            if answer.ok:
                return str(body["access_token"]), str(body["instance_url"])
        except (requests.RequestException, ValueError, KeyError, TypeError) as error:
            raise _no_answer() from error
        known = body if isinstance(body, dict) else {}
        word = str(known.get("error", "")) or str(answer.status_code)
        raise self._refused(word, str(known.get("error_description", "")))

    def _refused(self, word: str, told: str) -> VendorError:
        """What to do about a refusal; the vendor's own words stay out, but for its code."""
        if word == "rate_limit_exceeded":
            return RetryLater("Sign-in is limited.", retry_after=LIMITED_S, reason="sign_in")
        if not self.private_key:
            return Reconnect(
                f"Salesforce refused the consumer key and secret ({word}).", field="consumer_secret"
            )
        if word in NO_APP:
            return Reconnect(
                f"Salesforce knows no app with this consumer key in this org ({word}).",
                field="consumer_key",
            )
        if "approved" in told:
            return Reconnect(
                "Salesforce has not let this user use the app yet. In the app's policies choose "
                "'Admin approved users are pre-authorized', and give the user a profile or "
                "permission set that is selected there.",
                field="username",
            )
        if word in ("inactive_user", "inactive_org"):
            return Reconnect(f"Salesforce says {word}: activate it there.", field="username")
        return Reconnect(
            f"Salesforce refused the assertion ({word}): the user name must be exact, the address "
            "that of the user's own org, and the app's certificate that of this private key.",
            field="private_key",
        )


def pem(text: str) -> str:
    """A PEM whose line breaks an input field has swallowed, as its lines again.

    Raises ValueError for text that is none.
    """
    found = PEM.search(text)
    if found is None:
        raise ValueError("no PEM")
    body = "\n".join(wrap("".join(found[2].split()), 64))
    return f"-----BEGIN {found[1]}-----\n{body}\n-----END {found[1]}-----\n"


def _is_unsure(answer: requests.Response) -> bool:
    """Whether the assertion was refused, and not the user or the app that it names."""
    try:
        body = answer.json()
    except ValueError:
        return False
    known = body if isinstance(body, dict) else {}
    told = str(known.get("error_description", ""))
    return known.get("error") == "invalid_grant" and "approved" not in told


def _no_answer() -> RetryLater:
    return RetryLater("Salesforce's sign-in did not answer.", reason="network")


def _date(header: str) -> datetime | None:
    try:
        return parsedate_to_datetime(header).astimezone(UTC) if header else None
    except ValueError:
        return None
