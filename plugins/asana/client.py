"""Asana's API 1.0 over plain requests.

The official client has no time-out by default, turns a failed read into another library's error
and hides the answers' headers. Facts: developers.asana.com, and github.com/Asana/openapi. The
session raises RetryLater for 429, 5xx and lost connections and Reconnect for 401; every other
status is translated here, once.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from hub.api import CorrectInput, GiveUp, Http, RetryLater, VendorError

Json = dict[str, Any]

BASE_URL = "https://app.asana.com/api/1.0"
HOST = "app.asana.com"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
PAGE = 100
"""Asana's most; without a limit it cuts a list off near 1,000 rows."""
REFUSED = {
    400: "bad_request",
    402: "plan",
    403: "forbidden",
    404: "not_found",
    412: "sync_token",
    451: "blocked",
}
PROJECT_FIELDS = "name,archived,custom_fields.name,custom_fields.display_value"
"""A gid always comes; Asana's list of what may be asked for has it nowhere."""
WEBHOOK_FIELDS = (
    "active,target,resource,last_success_at,last_failure_at,last_failure_content,"
    "delivery_retry_count,failure_deletion_timestamp"
)

log = logging.getLogger(__name__)


class AsanaClient:
    """One workspace as the token's user sees it. Opens nothing until the first call.

    `date` is Asana's own time of the last answer.
    """

    def __init__(self, settings: Mapping[str, str], secrets: Mapping[str, str], http: Http) -> None:
        self.settings = settings
        self.base = base_url(settings.get("base_url", "") or BASE_URL)
        self.date = datetime.now(UTC)
        token = (secrets.get("access_token") or secrets.get("token", "")).strip()
        self._headers = {"Authorization": f"Bearer {token}".encode(), "Accept": b"application/json"}
        self._http = http
        self._workspace = settings.get("workspace", "").strip()
        self._warned: set[str] = set()

    def me(self) -> Json:
        """The token's user with its workspaces."""
        query = {"opt_fields": "name,email,workspaces.name"}
        found: Json = self._send("GET", "/users/me", query)["data"]
        return found

    @property
    def workspace(self) -> str:
        """Gid of the workspace: the setting, else the only one there is. Raises CorrectInput."""
        if not self._workspace:
            self._workspace = str(only_workspace(self.me())["gid"])
        return self._workspace

    def page(
        self, path: str, query: Mapping[str, str], offset: str | None
    ) -> tuple[list[Json], str | None]:
        """One page of a list and the offset token of the next one.

        The token is sent back to our own host; `next_page.uri` is not followed.
        """
        asked = {**query, "limit": str(PAGE)} | ({"offset": offset} if offset else {})
        answer = self._send("GET", path, asked)
        if not isinstance(answer.get("data"), list):
            raise RetryLater(f"Asana did not answer {path} with a list.")
        following = (answer.get("next_page") or {}).get("offset")
        if following and following == offset:
            raise RetryLater("Asana gave the same page twice.", reason="cursor_stuck")
        return answer["data"], following

    def all(self, path: str, query: Mapping[str, str]) -> Iterator[Json]:
        """Every row of a list."""
        offset: str | None = None
        while True:
            rows, offset = self.page(path, query, offset)
            yield from rows
            if not offset:
                return

    def projects(self, *, archived: bool) -> list[Json]:
        """The workspace's projects with their custom fields; `archived` are those put away."""
        query = {
            "workspace": self.workspace,
            "archived": "true" if archived else "false",
            "opt_fields": PROJECT_FIELDS,
        }
        return list(self.all("/projects", query))

    def custom_fields(self) -> list[Json]:
        """The workspace's custom fields; a plan may not have any (GiveUp)."""
        wanted = "name,resource_subtype,type,enum_options.name,enum_options.enabled"
        query = {"opt_fields": wanted}
        return list(self.all(f"/workspaces/{self.workspace}/custom_fields", query))

    def one(self, path: str, query: Mapping[str, str]) -> Json | None:
        """One record; None if it is not there, or not for us to see."""
        try:
            found: Json = self._send("GET", path, query)["data"]
        except GiveUp as refused:
            if refused.reason in ("not_found", "forbidden"):
                return None
            raise
        return found

    def create_webhook(self, resource: str, target: str, filters: list[Json]) -> Json:
        """Ask for a webhook: {"data": {"gid", ...}, "X-Hook-Secret"}.

        Asana calls `target` while this request is open.
        """
        data = {"resource": resource, "target": target, "filters": filters}
        return self._send("POST", "/webhooks", json={"data": data})

    def webhooks(self) -> list[Json]:
        """Webhooks that this app and user have in the workspace, with their failures."""
        query = {"workspace": self.workspace, "opt_fields": WEBHOOK_FIELDS}
        return list(self.all("/webhooks", query))

    def delete_webhook(self, gid: str) -> None:
        """Remove a webhook; one that is gone already is fine."""
        try:
            self._send("DELETE", f"/webhooks/{gid}")
        except GiveUp as refused:
            if refused.reason != "not_found":
                raise

    def _send(
        self, method: str, path: str, query: Mapping[str, str] | None = None, json: Any = None
    ) -> Json:
        answer = self._http.session.request(
            method,
            self.base + path,
            params=dict(query or {}),
            json=json,
            headers=self._headers,
            allow_redirects=False,
        )
        self._note(answer.headers)
        if not 200 <= answer.status_code < 300:
            raise refusal(answer.status_code)
        try:
            found = answer.json()
        except ValueError:
            raise RetryLater("Asana answered with something that is not JSON.") from None
        if not isinstance(found, dict) or "data" not in found:
            raise GiveUp("This does not answer like Asana's API.", reason="no_envelope")
        return found

    def _note(self, headers: Mapping[str, str]) -> None:
        """Keep Asana's time, and say once what it is about to change."""
        try:
            self.date = parsedate_to_datetime(headers.get("Date", "")).astimezone(UTC)
        except (ValueError, TypeError):
            self.date = datetime.now(UTC)
        for change in headers.get("Asana-Change", "").split(","):
            name = change.partition(";")[0].strip()
            if name and name not in self._warned:
                self._warned.add(name)
                log.warning("Asana announces a change of its API: %s", change.strip()[:300])


def only_workspace(user: Json) -> Json:
    """The one workspace of a user; raises CorrectInput where there are several, or none."""
    found: list[Json] = user.get("workspaces") or []
    if len(found) == 1:
        return found[0]
    names = ", ".join(f"{w['gid']} ({w.get('name')})" for w in found) or "none"
    raise CorrectInput(
        f"Say which workspace: this token sees {names}.", field="workspace", reason="workspace"
    )


def refusal(status: int) -> VendorError:
    """What an HTTP status of Asana means for the caller; its body may name people's things."""
    word = "moved" if 300 <= status < 400 else REFUSED.get(status, "refused")
    hint = " Your plan lacks it." if status == 402 else ""
    return GiveUp(f"Asana refuses this request with {status} ({word}).{hint}", reason=word)


def address(settings: Mapping[str, str], path: str) -> str:
    """A page of Asana beside its API, on the same host."""
    parts = urlsplit(base_url(settings.get("base_url", "") or BASE_URL))
    return f"{parts.scheme}://{parts.netloc}{path}"


def base_url(text: str) -> str:
    """The API's address without a trailing slash: Asana's own, or this machine's for tests.

    Raises CorrectInput: the token is sent nowhere else.
    """
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        raise _no_address() from None
    theirs = parts.scheme == "https" and parts.hostname == HOST and port in (None, 443)
    near = parts.scheme in ("http", "https") and parts.hostname in LOOPBACK
    if not (theirs or near) or "@" in parts.netloc:
        raise _no_address()
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _no_address() -> CorrectInput:
    return CorrectInput(f"Asana's API is at {BASE_URL}.", field="base_url")
