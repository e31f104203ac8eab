"""Jira Cloud over HTTP: the one file that imports the SDK, and where its exceptions are translated.

The SDK (`jira` 3.10.5) does what it can do: search, counts, projects, fields, statuses, myself,
permissions, server information. Plain requests stand beside it for what it lacks: bulk reads of
issues, change logs, users and comments.
Facts: developer.atlassian.com/cloud/jira/platform/rest/v3 and .../rate-limiting.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from jira import JIRA
from jira.exceptions import JIRAError
from requests.auth import HTTPBasicAuth

from hub.api import CorrectInput, GiveUp, Http, Reconnect, RetryLater, VendorError

T = TypeVar("T")
Json = dict[str, Any]

TIMEOUT = (5.0, 30.0)
"""Seconds to connect and to read; the SDK itself has none by default."""
PAGE = 100
USERS_PAGE = 200
ORGANIZATIONS = "com.atlassian.servicedesk:sd-customer-organizations"
GATEWAY = re.compile(r"/ex/jira/[A-Za-z0-9-]+")
SITE_NAME = re.compile(r"[A-Za-z0-9-]+")
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class JiraClient:
    """One Jira site as one account sees it. Opens nothing until the first call."""

    def __init__(self, settings: Mapping[str, str], secrets: Mapping[str, str], http: Http) -> None:
        self.settings = settings
        self.base = base_url(settings.get("site", ""))
        self.granted = secrets.get("access_token", "")
        self._basic = (settings.get("email", ""), secrets.get("token", ""))
        self._http = http
        self._sdk: JIRA | None = None
        self._organizations: str | None = None
        self._categories: dict[str, str] | None = None

    def server(self) -> Json:
        """Version, base URL and kind of deployment; Jira answers this without a login."""
        return self._call("serverInfo", lambda sdk: sdk.server_info())

    def myself(self) -> Json:
        """The account behind the credentials."""
        return self._call("myself", lambda sdk: sdk.myself())

    def permissions(self, *keys: str) -> dict[str, bool]:
        """Which of these permissions the account has somewhere."""
        names = ",".join(keys)
        answer = self._call("mypermissions", lambda sdk: sdk.my_permissions(permissions=names))
        found = answer.get("permissions", {})
        return {key: bool(found.get(key, {}).get("havePermission")) for key in keys}

    def fields(self) -> list[Json]:
        """Every field of the site, custom ones included, with its schema."""
        return self._call("field", lambda sdk: sdk.fields())

    def projects(self) -> list[Json]:
        """Every project the account may browse, with issue counts where Jira gives them."""
        found = self._call("project", lambda sdk: sdk.projects(expand="lead,insight"))
        return [project.raw for project in found]

    def statuses(self) -> list[Json]:
        """Every status of the site, each with its category."""
        return [status.raw for status in self._call("status", lambda sdk: sdk.statuses())]

    def search(self, jql: str, token: str | None, fields: Sequence[str]) -> Json:
        """One page: {"issues": [...], "nextPageToken": str | None, "isLast": bool}."""
        answer: Any = self._call(
            "search",
            lambda sdk: sdk.enhanced_search_issues(
                jql,
                nextPageToken=token,
                maxResults=PAGE,
                fields=list(fields),
                json_result=True,
                use_post=True,
            ),
        )
        if not isinstance(answer, dict) or not isinstance(answer.get("issues"), list):
            raise RetryLater("Jira's search did not answer with a list of issues.")
        return answer

    def count(self, jql: str) -> int:
        """About how many issues match: for a progress bar only."""
        answer: Any = self._call("count", lambda sdk: sdk.approximate_issue_count(jql))
        return int(answer)

    def issues(self, ids: Sequence[str], fields: Sequence[str]) -> list[Json]:
        """Current issues by id, read from the database; missing or hidden ones are left out.

        The SDK has no bulk read, and a JQL `id in (...)` fails as a whole on one deleted id.
        """
        body = {"issueIdsOrKeys": list(ids), "fields": list(fields)}
        found = self.send("POST", "/rest/api/3/issue/bulkfetch", json=body)
        return list(found.get("issues", []))

    def changelogs(self, ids: Sequence[str], field: str) -> dict[str, list[Json]]:
        """Complete histories of one field by issue id.

        `expand=changelog` of a search stops after some 20 entries of an issue, and the SDK has no
        bulk read of change logs.
        """
        histories: dict[str, list[Json]] = {str(id): [] for id in ids}
        body: Json = {"issueIdsOrKeys": list(ids), "fieldIds": [field], "maxResults": 1000}
        for page in self._tokens("/rest/api/3/changelog/bulkfetch", body):
            for log in page.get("issueChangeLogs", []):
                histories.setdefault(str(log["issueId"]), []).extend(log["changeHistories"])
        return histories

    def comments(self, issue_id: str) -> list[Json]:
        """All comments of one issue, oldest first; the SDK's call does not page."""
        found: list[Json] = []
        while True:
            query = {"startAt": len(found), "maxResults": PAGE, "orderBy": "created"}
            page = self.send("GET", f"/rest/api/3/issue/{issue_id}/comment", params=query)
            found.extend(page.get("comments", []))
            if not page.get("comments") or len(found) >= page.get("total", len(found) + 1):
                return found

    def users(self, start: int) -> list[Json]:
        """One page of all users from an offset; empty behind the last. Not in the SDK."""
        query = {"startAt": start, "maxResults": USERS_PAGE}
        found: Any = self.send("GET", "/rest/api/3/users/search", params=query)
        return list(found)

    def users_by_id(self, ids: Sequence[str]) -> list[Json]:
        """Users by account id; unknown ones are left out. Not in the SDK."""
        query = {"accountId": list(ids), "maxResults": len(ids)}
        return list(self.send("GET", "/rest/api/3/user/bulk", params=query).get("values", []))

    @property
    def organizations_field(self) -> str:
        """Id of this site's Organizations field, or "" without Jira Service Management.

        The id and the translated name differ from site to site; the schema's type does not.
        """
        if self._organizations is None:
            kinds = {f["id"]: f.get("schema", {}).get("custom") for f in self.fields()}
            self._organizations = next((i for i, k in kinds.items() if k == ORGANIZATIONS), "")
        return self._organizations

    @property
    def status_categories(self) -> dict[str, str]:
        """Category key (new, indeterminate, done) by status id."""
        if self._categories is None:
            self._categories = {
                str(s["id"]): s.get("statusCategory", {}).get("key", "") for s in self.statuses()
            }
        return self._categories

    def _call(self, operation: str, function: Callable[[JIRA], T]) -> T:
        return self._http.call(operation, lambda: translated(lambda: function(self._open())))

    def _open(self) -> JIRA:
        """The SDK's client, told that it talks to Cloud: its own check costs a call each time."""
        if self._sdk is None:
            self._sdk = JIRA(
                server=self.base,
                options={"rest_api_version": "3"},
                basic_auth=None if self.granted else self._basic,
                token_auth=self.granted or None,
                timeout=TIMEOUT,
                max_retries=0,
                get_server_info=False,
                logging=False,
            )
            self._sdk.deploymentType = "Cloud"
            self._sdk._session.hooks["response"].append(lambda r, **_: self._http.note(r.headers))
        return self._sdk

    def send(self, method: str, path: str, **given: Any) -> Any:
        """A call that the SDK lacks. Raises as `refusal` says, and RetryLater."""
        answer = self._http.session.request(
            method, self.base + path, auth=self._signed, timeout=TIMEOUT, **given
        )
        if not answer.ok:
            raise refusal(answer.status_code, answer.headers, answer.text)
        try:
            return answer.json() if answer.content else {}
        except ValueError:
            raise RetryLater("Jira answered with something that is not JSON.") from None

    def _signed(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """As the SDK does it: a granted token, or e-mail and API token."""
        if not self.granted:
            HTTPBasicAuth(*self._basic)(request)
            return request
        request.headers["Authorization"] = f"Bearer {self.granted}"
        return request

    def _tokens(self, path: str, body: Json) -> Iterator[Json]:
        """Every page of a POST that pages by token; a token seen before is an error, not a loop."""
        seen: set[str] = set()
        while True:
            page = self.send("POST", path, json=body)
            yield page
            token = page.get("nextPageToken")
            if not token:
                return
            if token in seen:
                raise RetryLater("Jira gave the same page token twice.", reason="cursor_stuck")
            seen.add(token)
            body = body | {"nextPageToken": token}


def base_url(site: str) -> str:
    """The site's or gateway's base URL without a trailing slash.

    A bare name or host is completed; http is for this machine only. Raises CorrectInput.
    """
    text = site.strip()
    if "://" not in text:
        text = "https://" + (f"{text}.atlassian.net" if SITE_NAME.fullmatch(text) else text)
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - raises ValueError for a port that is none
    except ValueError:
        raise _no_site() from None
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not parts.hostname or "@" in parts.netloc or not secure:
        raise _no_site()
    gateway = GATEWAY.match(parts.path)
    return f"{parts.scheme}://{parts.netloc}{gateway.group() if gateway else ''}"


def _no_site() -> CorrectInput:
    return CorrectInput(
        "Give the site's address, such as https://acme.atlassian.net.", field="site"
    )


def translated(function: Callable[[], T]) -> T:
    """Run a call of the SDK; its exceptions, which print headers and bodies, end here."""
    try:
        return function()
    except JIRAError as error:
        headers = error.response.headers if error.response is not None else {}
        raise refusal(error.status_code or 0, headers, error.text or "") from None
    except requests.RequestException as error:
        raise RetryLater(f"Jira could not be reached ({type(error).__name__}).") from None
    except (ValueError, TypeError):
        raise RetryLater("Jira answered with something that is not JSON.") from None


def refusal(status: int, headers: Mapping[str, str], text: str = "") -> VendorError:
    """What an answer means; of a scope that lacks only the gateway's text tells, with 401."""
    if status in PASSING or status >= 500:
        reason = headers.get("RateLimit-Reason") or ("limited" if status == 429 else "down")
        after = retry_after(headers, datetime.now(UTC))
        return RetryLater(
            f"Jira answers {status}; we wait and try again.", retry_after=after, reason=reason
        )
    if status == 401 and "scope" in text.lower():
        return GiveUp("Jira says that the token lacks a scope for this.", reason="scope")
    if status == 401 or (status == 403 and locked(headers)):
        return Reconnect(
            "Jira does not accept this sign-in. API tokens expire after a year at most; scoped ones"
            " work only at the gateway address; after several wrong ones a person has to sign in to"
            " Jira once.",
            field="token",
        )
    word = REFUSED.get(status, "refused")
    return GiveUp(f"Jira refuses this request with status {status} ({word}).", reason=word)


PASSING = (0, 408, 409, 425, 429)
"""Statuses that pass: a broken answer, time-outs (409 from the list of users), limits."""
REFUSED = {400: "bad_request", 403: "forbidden", 404: "not_found", 410: "retired"}


def locked(headers: Mapping[str, str]) -> bool:
    """A 403 that means the login is locked by a CAPTCHA, not that a permission is missing."""
    login = headers.get("X-Seraph-LoginReason", "")
    denied = headers.get("X-Authentication-Denied-Reason", "")
    return "AUTHENTICATION_DENIED" in login or "CAPTCHA" in denied


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait: `Retry-After`, else until `X-RateLimit-Reset` (ISO, seconds may lack)."""
    given = headers.get("Retry-After", "").strip()
    if given.isdecimal():
        return float(given)
    try:
        reset = datetime.fromisoformat(headers.get("X-RateLimit-Reset", "").replace("Z", "+00:00"))
    except ValueError:
        return None
    return max(0.0, (reset.replace(tzinfo=reset.tzinfo or UTC) - now).total_seconds())
