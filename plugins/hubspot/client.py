"""HubSpot over HTTP: the only file that knows its SDK, and the place where errors are translated.

Reads go through the typed calls of hubspot-api-client, which know paths, parameters and
authorisation. They are asked not to decode (`_preload_content=False`), so that records stay the
vendor's JSON and answers keep their headers. Account details are a plain request: the SDK has no
typed call for them, and its `api_request` takes no time-out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

import hubspot  # type: ignore[import-untyped]
from urllib3.exceptions import HTTPError
from urllib3.util.retry import Retry

from hub.api import CorrectInput, GiveUp, Http, Json, RetryLater
from hub.api.rest import base_url as checked
from plugins.hubspot.records import following, gather, ordered, unsaved
from plugins.hubspot.refusals import refusal

API_VERSION = "2026-09"
"""The dated version of the paths that the SDK has no typed call for."""

BASE_URL = "https://api.hubapi.com"
HOSTS = r"api(-[a-z0-9]+)?\.hubapi\.com"
"""The portal that an answer names decides whose pushed events a connection gets."""
TIMEOUT = (5, 30)
"""Seconds to connect and to read; the SDK has none of its own."""

LIST_LIMIT = 100
SEARCH_LIMIT = 200
BATCH_LIMIT = 100
URL_ROOM = 4_000
"""How many characters of property names a list call may carry before the URL gets too long."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One decoded answer, and when HubSpot gave it by its own clock."""

    data: Any
    at: datetime


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list: raw records and the cursor behind them, None at the end."""

    records: list[Json]
    after: str | None
    at: datetime


class Client:
    """One HubSpot account. Makes no request until asked; safe for one thread."""

    def __init__(self, token: str, http: Http, base_url: str = "", extra: Sequence[str] = ()):
        if not token.isascii() or not token.isprintable() or not token.strip():
            raise CorrectInput("The access token holds odd characters.", field="access_token")
        self._token = token.strip()
        self._url = checked(base_url or BASE_URL, host=HOSTS, example=BASE_URL, field="base_url")
        self._http = http
        self._apis: dict[str, Any] = {}
        self._custom: dict[str, tuple[str, ...]] = {}
        self.extra = tuple(extra)

    @cached_property
    def _sdk(self) -> Any:
        return hubspot.HubSpot(
            access_token=self._token,
            host=self._url,
            retry=Retry(total=0, respect_retry_after_header=False),
        )

    def page(
        self,
        kind: str,
        after: str | None,
        properties: Sequence[str],
        archived: bool = False,
        limit: int = LIST_LIMIT,
    ) -> Listing:
        """One page of live or archived records of `kind` (plural, such as "companies")."""
        asked = {"after": after} if after else {}
        answer = self._ask(
            f"{kind}.list",
            self._api(f"{kind}.basic_api").get_page,
            limit=limit,
            archived=archived,
            properties=list(properties),
            **asked,
        )
        return _listing(answer, after)

    def owners(self, after: str | None, archived: bool, limit: int = LIST_LIMIT) -> Listing:
        """One page of owners; people who left are in the archived ones."""
        asked = {"after": after} if after else {}
        api = self._api("owners.owners_api")
        answer = self._ask("owners.list", api.get_page, limit=limit, archived=archived, **asked)
        return _listing(answer, after)

    def owner(self, owner_id: str) -> Json | None:
        """One owner, also of those who left; None if there is none."""
        api = self._api("owners.owners_api")
        for archived in (False, True):
            found = self._find("owners.read", api.get_by_id, owner_id, archived=archived)
            if found is not None:
                return found
        return None

    def search(self, kind: str, filters: Sequence[Json], limit: int = SEARCH_LIMIT) -> Answer:
        """The first records that match, by rising id; `total` counts all that match.

        Never pages by offset, which HubSpot ends at 10,000: the caller asks again for ids above
        the last one.
        """
        body = {
            "filterGroups": [{"filters": list(filters)}] if filters else [],
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            "properties": ["hs_object_id"],
            "limit": limit,
            "after": "0",
        }
        return self._ask(f"{kind}.search", self._api(f"{kind}.search_api").do_search, body)

    def read(
        self, kind: str, ids: Sequence[str], properties: Sequence[str], archived: bool = False
    ) -> list[Json]:
        """The records of up to 100 ids; those that are not there are left out."""
        body = {
            "inputs": [{"id": one} for one in ids],
            "properties": list(properties),
            "propertiesWithHistory": [],
        }
        call = self._api(f"{kind}.batch_api").read
        answer = self._ask(f"{kind}.read", call, body, archived=archived)
        _refuse_partial(answer.data)
        return _results(answer.data)

    def update(self, kind: str, inputs: Sequence[Json]) -> list[tuple[str, str]]:
        """Save up to 100 records; (id, category of the error) of those that were not saved."""
        call = self._api(f"{kind}.batch_api").update
        answer = self._ask(f"{kind}.update", call, {"inputs": list(inputs)})
        return unsaved(answer.data)

    def read_one(self, kind: str, native_id: str) -> Json | None:
        """One live record; an id that was merged away answers with its survivor's id."""
        return self._find(f"{kind}.read", self._api(f"{kind}.basic_api").get_by_id, native_id)

    def associations(self, kind: str, to: str, ids: Sequence[str]) -> dict[str, list[Json]]:
        """What up to 100 records are associated with: id -> [{"id", "primary"}], primary first.

        Follows the pages inside each record's list. A record without any is missing from the
        answer, or is an error of it; both mean none.
        """
        found: dict[str, dict[str, bool]] = {one: {} for one in ids}
        inputs: list[Json] = [{"id": one} for one in ids]
        while inputs:
            call = self._api("associations.v4.batch_api").get_page
            answer = self._ask("associations.read", call, kind, to, {"inputs": inputs})
            _refuse_partial(answer.data)
            rest = [gather(found, result) for result in _results(answer.data)]
            inputs = [one for one in rest if one is not None]
        return {one: ordered(ends) for one, ends in found.items()}

    def properties(self, kind: str) -> Sequence[Json]:
        """The definitions of all properties of `kind`, the tenant's own included."""
        api = self._api("properties.core_api")
        return _results(self._ask("properties.list", api.get_all, kind, archived=False).data)

    def custom_properties(self, kind: str) -> Sequence[str]:
        """Names of the tenant's own properties, read once; none where the scope is missing."""
        if kind not in self._custom:
            try:
                found = self.properties(kind)
            except GiveUp as error:
                if error.reason != "missing_scope":
                    raise
                found = ()
            self._custom[kind] = tuple(
                sorted(one["name"] for one in found if not one.get("hubspotDefined"))
            )
        return self._custom[kind]

    def pipelines(self, kind: str) -> Sequence[Json]:
        """The pipelines of "deals" or "tickets" with their stages."""
        api = self._api("pipelines.pipelines_api")
        return _results(self._ask("pipelines.list", api.get_all, kind).data)

    def schemas(self) -> Sequence[Json]:
        """The account's own kinds of records."""
        api = self._api("schemas.core_api")
        return _results(self._ask("schemas.list", api.get_all, archived=False).data)

    def account(self) -> Json:
        """Account details: portalId, companyCurrency, timeZone, uiDomain."""
        for version in (API_VERSION, "v3"):
            response = self._http.session.get(
                f"{self._url}/account-info/{version}/details",
                headers={"Authorization": f"Bearer {self._token}"},
                timeout=TIMEOUT,
            )
            if response.status_code != 404:
                break
        if not response.ok:
            raise refusal(response.status_code, response.text, response.headers)
        return _decoded(response.content)

    def _api(self, path: str) -> Any:
        if path not in self._apis:
            found = self._sdk.crm
            for name in path.split("."):
                found = getattr(found, name)
            self._apis[path] = found
        return self._apis[path]

    def _find(self, operation: str, function: Callable[..., Any], *args: Any, **kw: Any) -> Any:
        try:
            return self._ask(operation, function, *args, **kw).data
        except GiveUp as error:
            if error.reason == "not_found":
                return None
            raise

    def _ask(self, operation: str, function: Callable[..., Any], *args: Any, **kw: Any) -> Answer:
        def call() -> Answer:
            return _translated(function, args, kw, self._http.note)

        return self._http.call(f"hubspot.{operation}", call)


def _translated(
    function: Callable[..., Any],
    args: Sequence[Any],
    kw: Mapping[str, Any],
    note: Callable[[Mapping[str, str]], None],
) -> Answer:
    try:
        response = function(*args, **kw, _preload_content=False, _request_timeout=TIMEOUT)
        note(response.headers)
        body = response.data
    except HTTPError as error:
        raise RetryLater("HubSpot did not answer in time.", reason="unreachable") from error
    except UnicodeDecodeError as error:
        raise RetryLater("HubSpot answered with an error that is not text.") from error
    except Exception as error:
        status = getattr(error, "status", None)
        if not isinstance(status, int):
            raise
        found = getattr(error, "body", None), getattr(error, "headers", None)
        note(found[1] or {})
        raise refusal(status, found[0] or "", found[1] or {}) from error
    return Answer(_decoded(body), _said_at(response.headers.get("Date")))


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise RetryLater("HubSpot's answer was cut off or is not JSON.") from error


def _said_at(date: str | None) -> datetime:
    try:
        return parsedate_to_datetime(date or "").astimezone(UTC)
    except (TypeError, ValueError):
        return datetime.now(UTC)


def _listing(answer: Answer, asked: str | None) -> Listing:
    after = following(answer.data)
    if after is not None and after == (asked or ""):
        raise GiveUp("HubSpot gave the same page cursor again.", reason="cursor_stuck")
    return Listing(_results(answer.data), after, answer.at)


def _results(data: Any) -> list[Json]:
    results = data.get("results") if isinstance(data, dict) else None
    if not isinstance(results, list):
        raise RetryLater("HubSpot's answer has no results.", reason="odd_answer")
    return results


def _refuse_partial(data: Any) -> None:
    for error in (data.get("errors") if isinstance(data, dict) else None) or ():
        if error.get("category") != "OBJECT_NOT_FOUND":
            raise RetryLater("HubSpot answered only a part of a batch.", reason="partial_batch")


def chunks(ids: Sequence[str], size: int = BATCH_LIMIT) -> Iterator[Sequence[str]]:
    """`ids` in pieces that one batch call takes."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
