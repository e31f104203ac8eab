"""Credentials, project, region, limits and refusals, over HTTP."""

from __future__ import annotations

import base64
import re
from datetime import date

import pytest
from requests.auth import HTTPBasicAuth

from hub.api import AccountInfo, CorrectInput, GiveUp, Reconnect, RetryLater
from hub.fields import check_fields
from hub.http import VendorHttp
from hub.sandbox import Request
from plugins.mixpanel import MIXPANEL
from plugins.mixpanel.client import FutureDay, Mixpanel
from plugins.mixpanel.sandbox import MixpanelSandbox
from tests.plugins.mixpanel.conftest import Opener

NEEDED = {"username": "hub.mp-service-account", "project_id": "220101"}


def opened(**settings: str) -> Mixpanel:
    given, secrets = check_fields(MIXPANEL, NEEDED | settings, {"secret": "s3cret"})
    client = MIXPANEL.open(given, secrets, VendorHttp(None, "c1"))
    assert isinstance(client, Mixpanel)
    return client


@pytest.mark.parametrize(
    ("region", "query", "data"),
    [
        ("US", "https://mixpanel.com", "https://data.mixpanel.com"),
        ("EU", "https://eu.mixpanel.com", "https://data-eu.mixpanel.com"),
        ("IN", "https://in.mixpanel.com", "https://data-in.mixpanel.com"),
    ],
)
def test_each_region_has_its_own_hosts(region: str, query: str, data: str) -> None:
    client = opened(region=region)
    assert (client.query, client.data) == (query, data)
    assert opened().query == "https://mixpanel.com"
    with pytest.raises(CorrectInput):
        opened(region="UK")


def test_the_account_is_the_project(client: Mixpanel, vendor: MixpanelSandbox) -> None:
    assert MIXPANEL.check(client) == AccountInfo("220101", "Mixpanel project 220101")
    assert vendor.calls == {"cohorts": 1}


def test_every_call_has_the_project_and_the_service_account(
    vendor: MixpanelSandbox, client: Mixpanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service account without project_id is refused with 400 or 401."""
    sent: list[Request] = []
    known = vendor.authorise

    def noting(request: Request) -> object:
        sent.append(request)
        return known(request)

    monkeypatch.setattr(vendor, "authorise", noting)
    client.ask("engage", {"distinct_ids": "[]"})
    list(client.lines(client.today(), client.today()))
    pair = base64.b64encode(f"hub.1a2b3c.mp-service-account:{vendor.token}".encode()).decode()
    assert [r.path for r in sent] == ["/api/query/engage", "/api/2.0/export"]
    assert {r.query["project_id"] for r in sent} == {"220101"}
    assert {r.headers["authorization"] for r in sent} == {f"Basic {pair}"}
    assert sent[0].headers["content-type"] == "application/x-www-form-urlencoded"
    assert sent[1].headers["accept"] == "text/plain"


def test_a_wrong_secret_is_to_be_replaced(connect: Opener) -> None:
    with pytest.raises(Reconnect):
        MIXPANEL.check(connect("wrong"))


@pytest.mark.parametrize("project", ["220102", "", "my project"])
def test_another_project_is_refused_at_its_field(connect: Opener, project: str) -> None:
    with pytest.raises(CorrectInput) as refused:
        MIXPANEL.check(connect(project_id=project))
    assert refused.value.field == "project_id"


def test_a_plan_without_the_query_api_is_named(vendor: MixpanelSandbox, client: Mixpanel) -> None:
    vendor.plan = False
    assert MIXPANEL.check(client).missing == ("Query API (part of a paid plan)",)
    with pytest.raises(GiveUp) as refused:
        client.ask("engage", {})
    assert refused.value.reason == "plan"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("time_zone", "Paris"),
        ("time_zone", "../etc/passwd"),
        ("history_days", "0"),
        ("history_days", "401"),
        ("history_days", "many"),
        ("base_url", "https://mixpanel.com.evil.example"),
        ("base_url", "https://mixpanel.com"),
    ],
)
def test_what_cannot_be_right_is_refused_at_its_field(
    connect: Opener, field: str, value: str
) -> None:
    with pytest.raises(CorrectInput) as refused:
        connect(**{field: value})
    assert refused.value.field == field


@pytest.mark.parametrize("retry_after", [None, "5"])
def test_a_limit_is_waited_for_a_minute_at_least(
    vendor: MixpanelSandbox,
    client: Mixpanel,
    monkeypatch: pytest.MonkeyPatch,
    retry_after: str | None,
) -> None:
    """429 comes without a documented Retry-After: wait 60 s or more."""
    limited = vendor.limited(1)
    limited.headers = {"Retry-After": retry_after} if retry_after else {}
    monkeypatch.setattr(vendor, "limited", lambda _: limited)
    vendor.faults.add("limit", count=2)
    for call in (lambda: client.ask("engage", {}), lambda: list(client.lines(DAY, DAY))):
        with pytest.raises(RetryLater) as later:
            call()
        assert later.value.retry_after == 60


DAY = date(2026, 1, 5)


def test_the_declared_limits_are_those_of_one_project() -> None:
    """60 an hour for the export, 60 for the query API; 3 a second, 5 at once; tools share them."""
    rates = MIXPANEL.limits.rates_of({})
    export = [r for r in rates if re.search(r.only, "GET /api/2.0/export")]
    query = [r for r in rates if re.search(r.only, "POST /api/query/engage")]
    assert [(r.calls, r.per_s) for r in export] == [(60, 3600), (3, 1)]
    assert [(r.calls, r.per_s) for r in query] == [(60, 3600)]
    assert MIXPANEL.limits.concurrent == 5
    assert MIXPANEL.limits.share({}) < 1


def test_a_day_that_has_not_begun_names_the_last_that_has(
    vendor: MixpanelSandbox, client: Mixpanel
) -> None:
    today = vendor.today()
    with pytest.raises(FutureDay) as future:
        list(client.lines(today, date(9999, 1, 1)))
    assert future.value.latest == today


def test_an_answer_that_is_not_json_is_tried_later(
    vendor: MixpanelSandbox, client: Mixpanel
) -> None:
    vendor.faults.add("half", count=1)
    with pytest.raises(RetryLater):
        client.ask("engage", {})


def test_the_secret_is_not_shown(client: Mixpanel, vendor: MixpanelSandbox) -> None:
    assert isinstance(client.auth, HTTPBasicAuth)
    assert vendor.token not in repr(client)
