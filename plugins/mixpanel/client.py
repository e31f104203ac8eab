"""Mixpanel over plain requests: the query API for profiles, the raw export for events.

Facts: developer.mixpanel.com (reference: service accounts, raw event export, query API, rate
limits) and docs.mixpanel.com (EU and India residency). The vendor's own Python client only sends.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo

import requests
from requests.auth import AuthBase

from hub.api import AccountInfo, CorrectInput, GiveUp, Http, RetryLater, VendorError
from hub.api.rest import Answers, base_url, basic
from plugins.mixpanel.events import Reading, silent_names

Json = dict[str, Any]

HOSTS = {
    "US": ("https://mixpanel.com", "https://data.mixpanel.com"),
    "EU": ("https://eu.mixpanel.com", "https://data-eu.mixpanel.com"),
    "IN": ("https://in.mixpanel.com", "https://data-in.mixpanel.com"),
}
"""Per data residency: where profiles are queried, and where events are exported."""
NOBODY = "(?!)"
MOST_DAYS = 400
WAIT_S = 60.0
"""No Retry-After is documented; shorter waits than a minute are in vain."""
CHUNK = 1 << 16
PATIENCE_S = 90.0
"""The longest that one export may take to read: the run's lease is renewed by pages alone."""
ANSWERS = Answers("Mixpanel")
ISO_DAY = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")


class FutureDay(Exception):
    """The export was asked for a day that has not begun; `latest` is the last that it allows."""

    def __init__(self, latest: date) -> None:
        super().__init__(latest)
        self.latest = latest


@dataclass(slots=True)
class Mixpanel:
    """One project. `now` is Mixpanel's own time, as its last answer told it.

    query, data: hosts without a trailing slash. only: names to export, empty for all.
    """

    http: Http
    query: str
    data: str
    auth: AuthBase
    project: str
    reading: Reading
    data_group: str = ""
    history_days: int = 90
    only: tuple[str, ...] = ()
    patience_s: float = PATIENCE_S
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def today(self) -> date:
        """The project's day."""
        return self.now.astimezone(self.reading.zone or UTC).date()

    def ask(self, path: str, form: Mapping[str, Any]) -> Json:
        """One answer of the query API. Raises GiveUp by status, RetryLater for no JSON object."""
        answer = self._request("POST", f"{self.query}/api/query/{path}", data=dict(form))
        _refuse(answer)
        try:
            body = answer.json()
        except ValueError:
            body = None
        if not isinstance(body, dict | list):
            raise RetryLater("Mixpanel answered with something that is not JSON.")
        return body if isinstance(body, dict) else {"results": body}

    def lines(self, first: date, last: date) -> Iterator[bytes]:
        """The events of these days of the project, one JSON object a line, in no order.

        Raises RetryLater (reason cut) when the body breaks off, and FutureDay.
        """
        asked = {"from_date": first.isoformat(), "to_date": last.isoformat()}
        if self.only:
            asked["event"] = json.dumps(self.only)
        way = {"headers": {"Accept": "text/plain"}, "stream": True, "hooks": {"response": _whole}}
        answer = self._request("GET", f"{self.data}/api/2.0/export", asked, **way)
        with closing(answer):
            if answer.status_code == 400:
                _refuse_future(answer, last)
            _refuse(answer)
            try:
                yield from filter(None, answer.iter_lines(CHUNK))
            except requests.RequestException:
                raise cut() from None

    def _request(
        self, method: str, url: str, params: Mapping[str, str] | None = None, **options: Any
    ) -> requests.Response:
        asked = {"project_id": self.project, **(params or {})}
        try:
            answer = self.http.session.request(
                method, url, params=asked, auth=self.auth, allow_redirects=False, **options
            )
        except RetryLater as later:
            raise _patient(later) from None
        self._note(answer.headers)
        return answer

    def _note(self, headers: Mapping[str, str]) -> None:
        try:
            self.now = parsedate_to_datetime(headers.get("Date", "")).astimezone(UTC)
        except (ValueError, TypeError):
            self.now = datetime.now(UTC)


def cut() -> RetryLater:
    """What a body is that ends in the middle: the days in it are to be exported again."""
    return RetryLater("Mixpanel's export broke off before its end.", reason="cut")


def _patient(later: RetryLater) -> VendorError:
    if later.reason != "limited":
        return later
    wait = max(later.retry_after or 0.0, WAIT_S)
    return RetryLater(later.sentence, retry_after=wait, reason=later.reason)


def _whole(answer: requests.Response, **options: Any) -> None:
    """Read a refusal at once: the session raises by its status, and then nobody closes it."""
    if answer.status_code != 200:
        _ = answer.content


def _refuse(answer: requests.Response) -> None:
    if not 200 <= answer.status_code < 300:
        raise ANSWERS.refusal(answer.status_code)


def _refuse_future(answer: requests.Response, last: date) -> None:
    """The message of a refused `to_date` names the latest that is allowed."""
    for text in ISO_DAY.findall(answer.text[:2000]):
        try:
            latest = date.fromisoformat(text)
        except ValueError:
            continue
        if latest < last:
            raise FutureDay(latest)


def open_client(settings: Mapping[str, str], secrets: Mapping[str, str], http: Http) -> Mixpanel:
    """Makes no call. Raises CorrectInput, naming the field."""
    query, data = _hosts(settings)
    user = settings.get("username", "").strip()
    reading = Reading(
        zone=_zone(settings.get("time_zone", "").strip()),
        account_property=settings.get("account_property", "").strip(),
        silent=silent_names(settings.get("ignored_events", "")),
    )
    return Mixpanel(
        http,
        query,
        data,
        basic(user, secrets.get("secret", "").strip()),
        settings.get("project_id", "").strip(),
        reading,
        settings.get("data_group_id", "").strip(),
        _days(settings.get("history_days", "").strip() or "90"),
        _names(settings.get("only_events", "")),
    )


def _hosts(settings: Mapping[str, str]) -> tuple[str, str]:
    if given := settings.get("base_url", "").strip():
        near = base_url(given, host=NOBODY, example="http://127.0.0.1:8000", field="base_url")
        return near, near
    region = settings.get("region") or "US"
    if region not in HOSTS:
        raise CorrectInput(f"The data lies in {', '.join(HOSTS)}.", field="region")
    return HOSTS[region]


def _zone(name: str) -> ZoneInfo | None:
    if name.upper() in ("", "UTC"):
        return None
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise CorrectInput(
            "Give the time zone as in Europe/Paris.", field="time_zone", reason="no_zone"
        ) from None


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST_DAYS):
        raise CorrectInput(f"Give 1 to {MOST_DAYS} days.", field="history_days")
    return int(text)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def check(client: Mixpanel) -> AccountInfo:
    """The project, if the service account may read it; wrong credentials are a Reconnect.

    402 means a plan without the query API: no profiles, and so nobody whose use could count.
    """
    if not (client.project.isascii() and client.project.isdigit()):
        raise CorrectInput("The project id is a number.", field="project_id")
    name = f"Mixpanel project {client.project}"
    try:
        client.ask("cohorts/list", {})
    except GiveUp as refused:
        if refused.reason == "plan":
            return AccountInfo(client.project, name, ("Query API (part of a paid plan)",))
        if refused.reason not in ("bad_request", "forbidden", "not_found"):
            raise
        raise CorrectInput(
            "Mixpanel does not show this project to this service account: look at the project id, "
            "the data residency, and the account's role in the project.",
            field="project_id",
            reason="no_project",
        ) from None
    return AccountInfo(client.project, name)


def array(values: Sequence[str]) -> str:
    """A list as Mixpanel's forms take it."""
    return json.dumps(list(values))
