"""A vendor's JSON API over plain requests, for vendors without a client library of their own.

The hub's session has already turned 429, 5xx, time-outs and lost connections into RetryLater and
401 into Reconnect; every other status is translated here, once, by the connector's table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase, HTTPBasicAuth

from hub.api import AccountInfo, CorrectInput, GiveUp, Http, RetryLater, VendorError

LOOPBACK = ("127.0.0.1", "localhost", "::1")
WORDS: Mapping[int, str] = {
    400: "bad_request",
    402: "plan",
    403: "forbidden",
    404: "not_found",
    405: "method",
    409: "conflict",
    410: "gone",
    413: "too_large",
    422: "unprocessable",
    451: "blocked",
}
"""What a status is called where the vendor means by it what HTTP does."""


class HeaderKey(AuthBase):
    """Puts a key into a header: `HeaderKey("Authorization", "Bearer ...")`."""

    def __init__(self, header: str, value: str) -> None:
        self._header, self._value = header, value.encode("utf-8")

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers[self._header] = self._value  # type: ignore[assignment]
        return request


def bearer(token: str) -> HeaderKey:
    """`Authorization: Bearer <token>`."""
    return HeaderKey("Authorization", f"Bearer {token.strip()}")


def basic(user: str, password: str) -> AuthBase:
    """`Authorization: Basic` in UTF-8, as servers read it today; many vendors have the key as the
    user, and anything as the password."""
    return HTTPBasicAuth(user.encode(), password.encode())


@dataclass(frozen=True, slots=True)
class Answers:
    """What a vendor's statuses mean for the caller.

    words: status -> the reason of a GiveUp, over `WORDS`. later: statuses (such as 409 for "being
    changed by another") that are worth another try. A body is never quoted: it may name people.
    """

    vendor: str
    words: Mapping[int, str] = field(default_factory=dict)
    later: tuple[int, ...] = ()

    def refusal(self, status: int) -> VendorError:
        """The error for a status that is not a success."""
        if status in self.later:
            return RetryLater(f"{self.vendor} cannot answer just now ({status}).", reason="busy")
        if 300 <= status < 400:
            return GiveUp(f"{self.vendor} sends us elsewhere ({status}).", reason="moved")
        word = self.words.get(status) or WORDS.get(status, "refused")
        return GiveUp(f"{self.vendor} refuses this request with {status} ({word}).", reason=word)


@dataclass(slots=True)
class Rest:
    """One account of a vendor. Opens nothing until the first call; follows no redirect.

    base: the address without a trailing slash (see `base_url`). notice: called with each answer's
    headers, for limits that the vendor counts down there.
    """

    http: Http
    base: str
    answers: Answers
    auth: AuthBase | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    notice: Callable[[Mapping[str, str]], None] | None = None

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The JSON of one answer. Raises GiveUp by the table, RetryLater for what is not JSON."""
        return self.read(self.send("GET", path, params))

    def read(self, answer: requests.Response) -> Any:
        """The JSON of an answer."""
        try:
            return answer.json()
        except ValueError:
            raise RetryLater(
                f"{self.answers.vendor} answered with something that is not JSON."
            ) from None

    def find(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """As `get`, but None for what is not there."""
        try:
            return self.get(path, params)
        except GiveUp as refused:
            if refused.reason in ("not_found", "gone"):
                return None
            raise

    def send(
        self, method: str, path: str, params: Mapping[str, Any] | None = None, json: Any = None
    ) -> requests.Response:
        """One request below the base; a full address must be of the same host, as the key is."""
        answer = self.http.session.request(
            method,
            self.address(path),
            params=dict(params or {}),
            json=json,
            auth=self.auth,
            headers={"Accept": "application/json", **self.headers},
            allow_redirects=False,
        )
        if self.notice is not None:
            self.notice(answer.headers)
        if not 200 <= answer.status_code < 300:
            raise self.answers.refusal(answer.status_code)
        return answer

    def address(self, path: str) -> str:
        """The full address of a path, or of a link that the vendor gave. Raises GiveUp."""
        if "://" not in path:
            return f"{self.base}/{path.lstrip('/')}"
        theirs, ours = urlsplit(path), urlsplit(self.base)
        if (theirs.scheme, theirs.netloc) != (ours.scheme, ours.netloc):
            raise GiveUp(
                f"{self.answers.vendor} names a page on another host; the key is not sent there.",
                reason="foreign_link",
            )
        return path


def part(body: Any, path: str) -> Any:
    """What lies at a dotted path of a JSON body; None where anything is missing; "" = the body."""
    for name in filter(None, path.split(".")):
        body = body.get(name) if isinstance(body, Mapping) else None
    return body


@dataclass(frozen=True, slots=True)
class Whose:
    """Whom a key belongs to, by one request; `check` is what `Connector.check` wants.

    id, name: dotted paths in the answer. field: the setting that is wrong where nobody answers.
    """

    path: str
    id: str = "id"
    name: str = "name"
    field: str = "site"

    def check(self, client: Rest) -> AccountInfo:
        """Raises CorrectInput where the vendor is not there, Reconnect for a key that is wrong."""
        body = client.find(self.path)
        found = part(body, self.id)
        if found in (None, ""):
            raise CorrectInput(
                f"There is no {client.answers.vendor} at this address.", field=self.field
            )
        return AccountInfo(str(found), str(part(body, self.name) or found))


def base_url(text: str, *, host: str, example: str, field: str = "site") -> str:
    """The address that a tenant gave, checked: https to a host that matches the pattern `host`.

    A key is sent nowhere else but to this machine, where tests and the sandbox are. A missing
    scheme is added. Raises CorrectInput with the example.
    """
    wanted = text.strip() if "://" in text else f"https://{text.strip()}"
    try:
        parts = urlsplit(wanted)
        port = parts.port
    except ValueError:
        raise _no_address(example, field) from None
    name = (parts.hostname or "").lower()
    near = parts.scheme in ("http", "https") and name in LOOPBACK
    theirs = parts.scheme == "https" and port in (None, 443) and re.fullmatch(host, name)
    if not (near or theirs) or "@" in parts.netloc:
        raise _no_address(example, field)
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def _no_address(example: str, field: str) -> CorrectInput:
    return CorrectInput(f"Give the address as in {example}.", field=field, reason="no_address")
