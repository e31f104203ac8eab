"""Freshdesk's API, version 2, over plain requests: there is no client of the vendor's own.

Facts: developers.freshdesk.com/api. The session raises RetryLater for 429, 5xx and lost
connections and Reconnect for 401; every other status is translated here, once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from requests.auth import HTTPBasicAuth

from hub.api import CorrectInput, GiveUp, Http, RetryLater, VendorError
from hub.api.paging import NEXT_LINK

Json = dict[str, Any]

PAGE = 100
LAST_PAGE = 300
"""Freshdesk refuses tickets beyond this page."""
HOST = re.compile(r"[a-z0-9-]+\.freshdesk\.com")
NAME = re.compile(r"[a-z0-9-]+")
LOOPBACK = ("127.0.0.1", "localhost", "::1")
INCLUDES = ("stats,requester", "stats", "")
"""What to ask for with tickets; some accounts refuse a part of it with 403."""
REFUSED = {
    400: "bad_request",
    402: "plan",
    403: "forbidden",
    404: "not_found",
    405: "method",
    409: "conflict",
}


class FreshdeskClient:
    """One Freshdesk account as one agent sees it. Opens nothing until the first call."""

    def __init__(self, settings: Mapping[str, str], secrets: Mapping[str, str], http: Http) -> None:
        self.settings = settings
        self.base = base_url(settings.get("site", ""))
        self._auth = HTTPBasicAuth(secrets.get("api_key", "").encode(), b"X")
        self._http = http
        self._includes = list(INCLUDES)

    def me(self) -> Json:
        """The agent behind the key."""
        found: Json = self._get("agents/me")[0]
        return found

    def definitions(self, kind: str) -> list[Json]:
        """The definitions of the fields of a "ticket", "contact" or "company"; for administrators
        only."""
        return list(self._get(f"{kind}_fields")[0])

    def page(self, path: str, query: Mapping[str, str], number: int) -> tuple[list[Json], bool]:
        """One page of a list, and whether another follows.

        The next page is asked for by its number: the address in `Link` may be of another host.
        """
        asked = {**query, "page": str(number), "per_page": str(PAGE)}
        found, more = self._get(path, asked)
        if not isinstance(found, list):
            raise RetryLater(f"Freshdesk did not answer {path} with a list.")
        return found, more

    def tickets(self, query: Mapping[str, str], number: int) -> tuple[list[Json], bool]:
        """One page of tickets with their stamps, the longest unchanged first."""
        order = {"order_by": "updated_at", "order_type": "asc"}
        found: tuple[list[Json], bool] = self._included(
            lambda include: self.page("tickets", {**order, **query, **include}, number)
        )
        return found

    def ticket(self, native_id: str) -> Json | None:
        """One ticket, also from the bin; None if it is not there."""
        found: Json | None = self._included(lambda include: self.one("tickets", native_id, include))
        return found

    def one(self, path: str, native_id: str, query: Mapping[str, str] | None = None) -> Json | None:
        """One record of a list; None if it is not there."""
        if not native_id.isdecimal():
            return None
        try:
            found: Json = self._get(f"{path}/{native_id}", query)[0]
        except GiveUp as refused:
            if refused.reason == "not_found":
                return None
            raise
        return found

    def _included(self, ask: Any) -> Any:
        """Ask with as many includes as this account allows; what is refused once is left out."""
        while True:
            words = self._includes[0]
            try:
                return ask({"include": words} if words else {})
            except GiveUp as refused:
                if refused.reason != "forbidden" or len(self._includes) == 1:
                    raise
            self._includes.pop(0)

    def _get(self, path: str, query: Mapping[str, str] | None = None) -> tuple[Any, bool]:
        """A JSON answer, and whether its `Link` names a next page."""
        answer = self._http.session.get(
            f"{self.base}/api/v2/{path}",
            params=dict(query or {}),
            auth=self._auth,
            allow_redirects=False,
        )
        if answer.status_code != 200:
            raise refusal(answer.status_code, answer.content)
        if "json" not in answer.headers.get("Content-Type", ""):
            raise GiveUp("Freshdesk answers with a page for people, not with data.", reason="html")
        try:
            return answer.json(), bool(NEXT_LINK.search(answer.headers.get("Link", "")))
        except ValueError:
            raise RetryLater("Freshdesk answered with something that is not JSON.") from None


def refusal(status: int, body: bytes = b"") -> VendorError:
    """What an HTTP status of Freshdesk means for the caller; of the body only a field's name."""
    if 300 <= status < 400:
        return GiveUp("Freshdesk sends us elsewhere: is the account suspended?", reason="moved")
    word = REFUSED.get(status, "refused")
    named = re.search(rb'"field"\s*:\s*"([a-z_.]{1,60})"', body)
    about = f", field {named[1].decode()}" if named else ""
    return GiveUp(f"Freshdesk refuses this request with {status} ({word}{about}).", reason=word)


def base_url(site: str) -> str:
    """The account's base URL; a bare name or host is completed. Raises CorrectInput.

    The key works on *.freshdesk.com only, and is sent nowhere else but to this machine.
    """
    text = site.strip().lower()
    if "://" not in text:
        text = f"https://{text}.freshdesk.com" if NAME.fullmatch(text) else f"https://{text}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _no_site() from None
    near = parts.hostname in LOOPBACK and parts.scheme in ("http", "https")
    theirs = parts.scheme == "https" and HOST.fullmatch(parts.hostname or "") and port is None
    if not (near or theirs) or "@" in parts.netloc:
        raise _no_site()
    return f"{parts.scheme}://{parts.netloc}"


def _no_site() -> CorrectInput:
    return CorrectInput(
        "Give the address that Freshdesk gave you, such as https://acme.freshdesk.com.",
        field="site",
    )
