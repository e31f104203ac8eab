"""Talks to one Salesforce org through simple-salesforce; errors are translated here, once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import astuple
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn, TypeVar
from urllib.parse import quote_plus

import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError

from hub.api import CorrectInput, GiveUp, Http, Reconnect, RetryLater, VendorError
from plugins.salesforce.errors import TOO_LONG, StaleLocator, UnknownField
from plugins.salesforce.memory import recall
from plugins.salesforce.signing_in import Signer

VERSION = "67.0"
"""Summer '26: offered by every org, supported for at least three years."""

PAGE = {"Sforce-Query-Options": "batchSize=2000"}
LONGEST_QUERY = 14_000
"""Bytes of an encoded query: URL and headers together may have 16,384."""

REFUSED = "Salesforce no longer accepts the token."

T = TypeVar("T")
Answer = dict[str, Any]


class Org(Salesforce):  # type: ignore[misc, unused-ignore]
    """The library's client, which also keeps the answer's clock."""

    server_time: datetime | None = None

    def _call_salesforce(self, *args: Any, **kwargs: Any) -> requests.Response:
        response: requests.Response = super()._call_salesforce(*args, **kwargs)
        self.server_time = _date(response.headers.get("Date")) or self.server_time
        return response


class Client:
    """One org with one set of credentials. Not thread-safe, as the library is not."""

    def __init__(self, settings: Mapping[str, str], secrets: Mapping[str, str], http: Http) -> None:
        self.address = settings.get("instance_url", "").strip().rstrip("/")
        self.currency = settings.get("currency", "").strip().upper()
        self._app = Signer(
            self.address,
            settings.get("consumer_key", "").strip(),
            secrets.get("consumer_secret", ""),
            settings.get("username", "").strip(),
            secrets.get("private_key", ""),
        )
        self._token = secrets.get("access_token", "")
        self._http = http
        self._org: Org | None = None
        self.memory = recall(*astuple(self._app), self._token)

    @property
    def server_time(self) -> datetime | None:
        """What the org's clock said in its last answer."""
        return self._org.server_time if self._org else None

    @property
    def credential(self) -> str:
        """The field of the form that holds what we sign in with."""
        return "access_token" if self._token else self._app.credential

    def query(self, soql: str) -> Answer:
        """First page of a query, deleted and archived rows included.

        Raises RetryLater, Reconnect, GiveUp (UnknownField when a field has vanished).
        """
        if len(quote_plus(soql)) > LONGEST_QUERY:
            raise GiveUp(
                "The query would be longer than Salesforce allows: map fewer custom fields.",
                reason="query_too_long",
            )
        return self._ask(lambda org: org.query(soql, include_deleted=True, headers=PAGE))

    def more(self, path: str) -> Answer:
        """The page behind a `nextRecordsUrl`; raises StaleLocator when the cursor has died.

        The path is joined to the host, so anything but a path of the data API is refused.
        """
        path = "/" + path.lstrip("/")
        if not re.fullmatch(r"/services/data/v\d+\.\d/query(?:All)?/[\w-]+", path):
            raise GiveUp("Salesforce sent a next page at an unknown address.", reason="bad_cursor")
        return self._ask(lambda org: org.query_more(path, identifier_is_url=True, headers=PAGE))

    def send(self, method: str, path: str, **more: Any) -> requests.Response:
        """Any other call, below the address of the data API; raises what `query` raises."""
        return self._ask(lambda org: org._call_salesforce(method, org.base_url + path, **more))

    def rows(self, soql: str) -> Iterator[dict[str, Any]]:
        """Every row of a small query; raises what `query` raises."""
        answer, seen = self.query(soql), set[str]()
        while True:
            yield from answer["records"]
            path = answer.get("nextRecordsUrl")
            if answer.get("done", True) or not path:
                return
            if path in seen:
                raise GiveUp("Salesforce repeats one page for ever.", reason="cursor_stuck")
            seen.add(path)
            answer = self.more(path)

    def describe(self, name: str) -> Answer | None:
        """Fields of one object that this user sees, remembered for a while; None if hidden."""
        shapes = self.memory.shapes
        if name not in shapes:
            try:
                shapes[name] = self._ask(lambda org: org.restful(f"sobjects/{name}/describe"))
            except GiveUp as error:
                if error.reason != "not_found":
                    raise
                shapes[name] = None
        return shapes[name]

    def objects(self) -> frozenset[str]:
        """Names of the objects that this user may query."""
        answer: Any = self._ask(lambda org: org.describe())
        return frozenset(o["name"] for o in answer["sobjects"] if o.get("queryable", True))

    def own_objects(self) -> dict[str, str]:
        """The org's own objects that this user may query, with their titles."""
        answer: Any = self._ask(lambda org: org.describe())
        found = {o["name"]: o for o in answer["sobjects"] if o["name"].endswith("__c")}
        own = {name: o for name, o in sorted(found.items()) if o.get("queryable", True)}
        return {n: str(o.get("labelPlural") or o.get("label") or n) for n, o in own.items()}

    def forget(self, name: str) -> None:
        """Ask for the fields of this object anew."""
        self.memory.shapes.pop(name, None)

    def versions(self) -> list[str]:
        """API versions that the org offers; this call does not count against its quota."""
        answer = self._http.session.get(f"{self.address}/services/data/")
        try:
            return [str(entry["version"]) for entry in answer.json()]
        except (ValueError, TypeError, KeyError):
            raise CorrectInput(
                "There is no Salesforce org at this address.", field="instance_url"
            ) from None

    def _ask(self, call: Callable[[Org], T]) -> T:
        """Run one call; an app's token is renewed once when Salesforce no longer takes it."""
        try:
            return self._once(call)
        except Reconnect:
            if self._token or self._org is None:
                raise
            self._org = self.memory.session = None
            return self._once(call)

    def _once(self, call: Callable[[Org], T]) -> T:
        org = self._org = self._org or self._sign_in()
        try:
            return call(org)
        except SalesforceError as error:
            problem = translate(error, self.credential)
            if problem.reason in TOO_LONG:
                raise problem from error
            self._refuse(problem, error)
        except Reconnect as error:
            raise Reconnect(REFUSED, field=self.credential) from error
        except (requests.RequestException, ValueError) as error:
            raise RetryLater("Salesforce did not answer in full.", reason="network") from error

    def _refuse(self, problem: VendorError, cause: Exception | None = None) -> NoReturn:
        """Raise inside the guard: a limit then holds for all workers of this connection."""

        def refuse() -> NoReturn:
            raise problem from cause

        self._http.call("refused", refuse)
        raise problem

    def _session(self) -> tuple[str, str]:
        try:
            return self._app.sign_in(self._http.session)
        except RetryLater as error:
            if error.reason == "sign_in":
                self._refuse(error)
            raise

    def _sign_in(self) -> Org:
        """simple-salesforce with a token; it can neither renew one nor choose the host itself."""
        token, address = self._token, self.address
        if not token:
            self.memory.session = self.memory.session or self._session()
            token, address = self.memory.session
        return Org(
            instance_url=address,
            session_id=token,
            version=VERSION,
            session=self._http.session,
            object_pairs_hook=None,
        )


def translate(error: SalesforceError, credential: str = "access_token") -> VendorError:
    """What the hub should do about a refusal; an unknown code is judged by its HTTP status."""
    code, message = _code(error.content)
    status = int(error.status)
    if status == 401:
        return Reconnect(REFUSED, field=credential)
    if code == "REQUEST_LIMIT_EXCEEDED":
        return _limit(message)
    if code in ("API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED"):
        return Reconnect("The API is switched off for this org or user.", reason="api_disabled")
    if code == "INVALID_QUERY_LOCATOR":
        return StaleLocator("The list at Salesforce has expired.")
    if code in ("INVALID_FIELD", "INVALID_TYPE"):
        return UnknownField("A field or object is no longer visible to the hub's user.")
    if code in ("QUERY_TIMEOUT", "OPERATION_TOO_LARGE", "UNABLE_TO_LOCK_ROW"):
        return RetryLater(f"Salesforce is too busy ({code}).", retry_after=300, reason=code.lower())
    if status == 406 or status == 429 or status >= 500:
        return RetryLater(
            f"Salesforce is not available (HTTP {status}).", retry_after=5, reason="unavailable"
        )
    if status == 404:
        return GiveUp("Salesforce has no such object, or it is hidden.", reason="not_found")
    if status == 410:
        return GiveUp(f"Salesforce has retired API version {VERSION}.", reason="api_version")
    return GiveUp(
        f"Salesforce refused the request ({code or status}).", reason=code.lower() or None
    )


def _limit(message: str) -> RetryLater:
    if "concurrent" in message.lower():
        return RetryLater(
            "Too many long requests at once in this org.", retry_after=45, reason="concurrent_limit"
        )
    return RetryLater(
        "The org's daily API requests are used up.", retry_after=3600, reason="daily_limit"
    )


def _code(content: Any) -> tuple[str, str]:
    """errorCode and message of an error body: a list of objects, or HTML in an outage."""
    first = content[0] if isinstance(content, list) and content else content
    if not isinstance(first, dict):
        return "", ""
    return str(first.get("errorCode", "")), str(first.get("message", ""))


def _date(header: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(header) if header else None
    except ValueError:
        return None
