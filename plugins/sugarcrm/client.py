"""SugarCRM's REST API over plain requests: no client of the vendor's own is kept up.

Facts: developer guide, "Integration > Web Services > REST API" (filter, exceptions, oauth2), and
the SugarCloud policy guide. The session raises RetryLater for 429, 5xx and lost connections and
Reconnect for 401; every other status is translated here, once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from hub.api import AccountInfo, CorrectInput, GiveUp, Http, Reconnect, RetryLater
from hub.api.rest import Answers, HeaderKey, Rest, base_url
from plugins.sugarcrm.sessions import SignIn, blocked, contested, is_page, no_version, seat_of

Json = dict[str, Any]

VERSION = "v11_20"
KNOWN_VERSION = re.compile(r"v\d{1,2}(_\d{1,2})?", re.ASCII)
PLATFORM = "customer_hub"
PAGE = 100
"""Rows asked for at once; Sugar gives 20 unasked, and fewer where its `max_list_limit` says so."""
HOST = r"(?:[a-z0-9-]+\.)+[a-z]{2,}"
EXAMPLE = "https://acme.sugarondemand.com"
ANSWERS = Answers(
    "SugarCRM",
    words={412: "metadata_changed", 424: "request_failed", 433: "client_outdated"},
)
NEEDED = ("Accounts", "Contacts")


@dataclass(slots=True)
class SugarClient:
    """One instance as one user sees it. `date` is Sugar's own time of the last answer."""

    rest: Rest
    site: str
    sign_in: SignIn
    date: datetime = field(default_factory=lambda: datetime.now(UTC))
    _page: bool = False

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The JSON of one answer. Raises GiveUp by status, CorrectInput for a wrong version."""
        return self.ask("GET", path, params=params)

    def filter(self, module: str, asked: Json) -> tuple[list[Json], int]:
        """Rows of a module and the offset of the next ones; -1 is the only mark of the end."""
        body = self.ask("POST", f"{module}/filter", json={"max_num": PAGE, **asked})
        rows = body.get("records") if isinstance(body, dict) else None
        following = body.get("next_offset") if isinstance(body, dict) else None
        if not isinstance(rows, list) or isinstance(following, bool):
            raise RetryLater(f"SugarCRM did not answer {module} with a list.")
        if not isinstance(following, int):
            raise RetryLater(f"SugarCRM did not say where {module} goes on.")
        return rows, following

    def ask(
        self, method: str, path: str, *, params: Mapping[str, Any] | None = None, json: Any = None
    ) -> Any:
        """One call with the shared token, and one more with another where this one has ended.

        A wrong password is a Reconnect; a session that ends again at once is somebody else's doing.
        """
        token = self.sign_in.token()
        try:
            return self._once(token, method, path, params, json)
        except Reconnect:
            token = self.sign_in.another(token)
        try:
            return self._once(token, method, path, params, json)
        except Reconnect:
            raise contested() from None

    def _once(self, token: str, method: str, path: str, params: Any, json: Any) -> Any:
        self.rest.auth = HeaderKey("OAuth-Token", token)
        try:
            return self.rest.read(self.rest.send(method, path, params, json))
        except GiveUp as refused:
            if refused.reason == "moved":
                raise no_version() from None
            if refused.reason == "forbidden" and self._page:
                self._shut_out()
            raise
        except RetryLater as lost:
            if lost.reason == "unreachable" and "refused" in str(lost.__cause__):
                self._shut_out()
            raise

    def _shut_out(self) -> None:
        """Raises RetryLater under the guard, so that all workers of the connection wait."""

        def refuse() -> None:
            raise blocked()

        self.sign_in.http.call("blocked", refuse)

    def note(self, headers: Mapping[str, str]) -> None:
        """Keep Sugar's time, which bounds a run, and whether a page for people came."""
        self._page = is_page(headers)
        try:
            self.date = parsedate_to_datetime(headers.get("Date", "")).astimezone(UTC)
        except (ValueError, TypeError):
            self.date = datetime.now(UTC)


def open_client(settings: Mapping[str, str], secrets: Mapping[str, str], http: Http) -> SugarClient:
    """Makes no call. Raises CorrectInput for an address, a version or a platform that is none."""
    site = address(settings.get("site", ""))
    version = (settings.get("version") or VERSION).strip().replace(".", "_").lower()
    if not KNOWN_VERSION.fullmatch(version):
        raise CorrectInput("Give a REST version such as v11_20.", field="version")
    base = f"{site}/rest/{version}"
    rest = Rest(http, base, ANSWERS)
    client = SugarClient(rest, site, _sign_in(base, settings, secrets, http))
    rest.notice = client.note
    return client


def address(text: str) -> str:
    """The root of an instance: what a browser shows behind it, and a pasted API path, are cut off.

    On the customer's own machines it may be a folder.
    """
    root = re.split(r"#|\?|/index\.php|/rest/", text.strip(), maxsplit=1)[0].rstrip("/")
    return base_url(root, host=HOST, example=EXAMPLE)


def _sign_in(
    base: str, settings: Mapping[str, str], secrets: Mapping[str, str], http: Http
) -> SignIn:
    platforms = re.findall(r"[^\s,;]+", settings.get("platform") or PLATFORM)
    if "base" in platforms:
        raise CorrectInput(
            "The platform base is the browser's: using it would log people out.", field="platform"
        )
    own = {
        "username": settings.get("username", "").strip(),
        "password": secrets.get("password", ""),
    }
    client_id = (settings.get("client_id") or "sugar").strip()
    key = {"client_id": client_id, "client_secret": secrets.get("client_secret", "").strip()}
    seat = seat_of(base, *own.values(), *key.values(), *platforms)
    return SignIn(http, f"{base}/oauth2/token", own, key, tuple(platforms), seat)


def check(client: SugarClient) -> AccountInfo:
    """Which instance it is, and what its user may not read.

    Raises CorrectInput for the address or the version, Reconnect for the credentials.
    """
    try:
        if client.get("ping") != "pong":
            raise CorrectInput("There is no SugarCRM at this address.", field="site")
    except GiveUp:
        raise CorrectInput("There is no SugarCRM at this address.", field="site") from None
    missing = tuple(f"reading {module}" for module in _hidden(client, NEEDED))
    parts = urlsplit(client.site)
    return AccountInfo(f"{parts.netloc}{parts.path}", parts.netloc, missing)


def _hidden(client: SugarClient, modules: Sequence[str]) -> list[str]:
    """Modules that this user may not list."""
    found = []
    for module in modules:
        try:
            client.filter(module, {"max_num": 1, "fields": "id"})
        except GiveUp as refused:
            if refused.reason not in ("forbidden", "not_found"):
                raise
            found.append(module)
    return found
