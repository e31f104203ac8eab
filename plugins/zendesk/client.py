"""Zendesk Support's API, version 2, over plain requests: exports, lists, and records by id.

Facts: developer.zendesk.com (/api-reference/introduction/pagination, /api-reference/ticketing/
ticket-management/incremental_exports, /documentation/api-basics/authentication/oauth-migration).
The session raises RetryLater for 429 and 5xx and Reconnect for 401; every other status is
translated here, once. Addresses of next pages are never followed, only their cursors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from hub.api import GiveUp, Http, RetryLater
from hub.api.rest import Answers, Rest, base_url, basic, bearer

Json = dict[str, Any]

HOST = r"[a-z0-9][a-z0-9-]*\.zendesk\.com"
EXAMPLE = "https://acme.zendesk.com"
ANSWERS = Answers("Zendesk")
"""Bodies of refusals are not read: their `error` is a word here and an object there."""
LIMIT = 100
"""The most rows of a page of a list, and the most ids of a read by ids."""
SEVERAL = "several"


@dataclass(slots=True)
class ZendeskClient:
    """One Zendesk account. `date` is Zendesk's own time of the last answer.

    several: end users may belong to more than one organization.
    """

    rest: Rest
    site: str
    with_token: bool
    email: str = ""
    several: bool = False
    date: datetime = field(default_factory=lambda: datetime.now(UTC))
    _others: dict[str, list[str]] | None = field(default=None, repr=False)

    def export(self, path: str, params: Mapping[str, Any]) -> Json:
        """One page of an incremental export."""
        return self._object(f"incremental/{path}", params)

    def page(
        self, path: str, rows: str, params: Mapping[str, Any], after: str | None
    ) -> tuple[list[Json], str | None]:
        """One page of a list, and the cursor of the next one, None at the end.

        Raises RetryLater where the cursor does not move.
        """
        asked = {**params, "page[size]": LIMIT} | ({"page[after]": after} if after else {})
        body = self._object(path, asked)
        meta = body.get("meta") or {}
        following = meta.get("after_cursor") if meta.get("has_more") else None
        if following is not None and following == after:
            raise stuck(path)
        return self.rows(body, rows, path), following

    def all(self, path: str, rows: str, params: Mapping[str, Any] | None = None) -> list[Json]:
        """Every row of a list."""
        found, after = self.page(path, rows, params or {}, None)
        while after:
            more, after = self.page(path, rows, params or {}, after)
            found += more
        return found

    def many(self, path: str, ids: Sequence[str], params: Mapping[str, Any]) -> Json:
        """The body of a read by ids, at most a hundred; what is not there is left out of it."""
        known = [native_id for native_id in ids if native_id.isascii() and native_id.isdecimal()]
        if not known:
            return {}
        return self._object(f"{path}/show_many.json", {**params, "ids": ",".join(known)})

    def others(self, ids: Sequence[str]) -> Mapping[str, list[str]]:
        """User id -> ids of all its organizations, where users may have several.

        There is no feed of what changed here: few users are asked for one by one, many by a walk
        over all memberships, once for this client.
        """
        if not self.several:
            return {}
        if self._others is None and len(ids) <= LIMIT // 5:
            return {one: self._of(f"users/{one}/organization_memberships.json")[one] for one in ids}
        if self._others is None:
            self._others = self._of("organization_memberships.json")
        return self._others

    def _of(self, path: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = Homes()
        for row in self.all(path, "organization_memberships"):
            found[str(row.get("user_id"))].append(str(row.get("organization_id")))
        for homes in found.values():
            homes.sort()
        return found

    def count(self, rows: str) -> int | None:
        """How many users or organizations there are, of many about as many; None where it is not
        told."""
        try:
            found = self._object(f"{rows}/count.json", {}).get("count")
        except GiveUp:
            return None
        number = found.get("value") if isinstance(found, Mapping) else found
        return number if isinstance(number, int) else None

    def rows(self, body: Json, name: str, path: str) -> list[Json]:
        """The rows of an answer; raises RetryLater where it has none."""
        found = body.get(name)
        if not isinstance(found, list):
            raise RetryLater(f"Zendesk did not answer {path} with {name}.")
        return found

    def note(self, headers: Mapping[str, str]) -> None:
        """Keep Zendesk's time, behind which a run may not begin."""
        try:
            self.date = parsedate_to_datetime(headers.get("Date", "")).astimezone(UTC)
        except (ValueError, TypeError):
            self.date = datetime.now(UTC)

    def _object(self, path: str, params: Mapping[str, Any]) -> Json:
        body = self.rest.get(path, params)
        if not isinstance(body, dict):
            raise RetryLater(f"Zendesk did not answer {path} with an object.")
        return body


class Homes(dict[str, list[str]]):
    """A user without a membership has no organizations."""

    def __missing__(self, key: str) -> list[str]:
        return self.setdefault(key, [])


def stuck(path: str) -> RetryLater:
    """The error for a cursor that leads back to where it came from."""
    return RetryLater(f"Zendesk gave the same page of {path} twice.", reason="cursor_stuck")


def site_of(settings: Mapping[str, str]) -> str:
    """The account's address. Raises CorrectInput for one that is not Zendesk's."""
    return base_url(settings.get("site", ""), host=HOST, example=EXAMPLE)


def open_client(
    settings: Mapping[str, str], secrets: Mapping[str, str], http: Http
) -> ZendeskClient:
    """Makes no call. Granted access goes before an API token."""
    site, email = site_of(settings), settings.get("email", "").strip()
    granted = secrets.get("access_token", "")
    token = secrets.get("api_token", "").strip()
    auth = bearer(granted) if granted else basic(f"{email}/token", token)
    rest = Rest(http, f"{site}/api/v2", ANSWERS, auth)
    several = settings.get("organizations_of_a_user") == SEVERAL
    client = ZendeskClient(rest, site, not granted, email, several)
    rest.notice = client.note
    return client
