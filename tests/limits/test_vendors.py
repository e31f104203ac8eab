"""What each vendor's answers say of its limits, from the vendors' own documented headers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from hub.api import Connector, Left
from hub.api.limits import Purpose
from hub.http import VendorHttp
from hub.plugin_host import load_plugins
from hub.sandbox import Sandbox, Window
from tests.limits.conftest import Account

CONNECTORS = load_plugins().connectors
DAY = 86_400.0
LISTS = r"GET /api/v2/(tickets|contacts)$"
JIRA_QUOTA = '"global-app-quota";q=65000;w=3600'
HUBSPOT = {
    "X-HubSpot-RateLimit-Daily": "625000",
    "X-HubSpot-RateLimit-Daily-Remaining": "624000",
    "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
    "X-HubSpot-RateLimit-Max": "190",
    "X-HubSpot-RateLimit-Remaining": "180",
}
HUBSPOT_OAUTH = {key.lower(): value for key, value in HUBSPOT.items() if "Daily" not in key}


def usage(header: str) -> dict[str, str]:
    return {"Sforce-Limit-Info": header}


@pytest.mark.parametrize(
    ("vendor", "headers", "says"),
    [
        ("salesforce", usage("api-usage=10018/100000; api-bursts=1/750"),
         [Left(DAY, 89_982, 100_000)]),
        ("salesforce", usage("api-usage=18/5000"), [Left(DAY, 4982, 5000)]),
        ("salesforce", usage("api-usage=25/5000; per-app-api-usage=17/250(appName=csh)"),
         [Left(DAY, 233, 250)]),
        ("salesforce", usage("per-app-api-usage=17/250(appName=csh); api-usage=4990/5000"),
         [Left(DAY, 10, 5000)]),
        ("salesforce", usage("api-usage=5100/5000"), [Left(DAY, 0, 5000)]),
        ("salesforce", usage("api-bursts=1/750"), []),
        ("hubspot", HUBSPOT, [Left(10, 180, 190), Left(DAY, 624_000, 625_000)]),
        ("hubspot", HUBSPOT_OAUTH, [Left(10, 180, 190)]),
        ("hubspot", {}, []),
        ("freshdesk", {"x-ratelimit-total": "400", "X-RateLimit-Remaining": "399"},
         [Left(60, 399, 400), Left(60, None, 100, only=LISTS)]),
        ("freshdesk", {"X-Ratelimit-Total": "200", "X-Ratelimit-Remaining": "0"},
         [Left(60, 0, 200), Left(60, None, 20, only=LISTS)]),
        ("freshdesk", {"X-RateLimit-Total": "many", "X-RateLimit-Remaining": "1"}, []),
        ("jira", {"X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "99"}, [Left(1, 99, 100)]),
        ("jira", {"RateLimit-Policy": JIRA_QUOTA}, [Left(3600, None, 65_000)]),
        ("jira", {"RateLimit-Policy": JIRA_QUOTA, "RateLimit": '"global-app-quota";r=900;t=1200'},
         [Left(3600, 900, 65_000, 1200)]),
        ("jira", {"Beta-RateLimit-Policy": JIRA_QUOTA}, []),
        ("asana", {"Retry-After": "30"}, []),
        ("stripe", {"Stripe-Rate-Limited-Reason": "global-rate"}, []),
    ],
)  # fmt: skip
def test_an_answer_says_what_is_left(
    vendor: str, headers: Mapping[str, str], says: list[Left]
) -> None:
    assert list(CONNECTORS[vendor].limits.left(headers)) == says


NAMES = [
    "Sforce-Limit-Info",
    "X-HubSpot-RateLimit-Remaining",
    "X-RateLimit-Total",
    "X-RateLimit-Remaining",
    "X-RateLimit-Limit",
    "RateLimit",
    "RateLimit-Policy",
]
PIECES = st.sampled_from(
    ["api-usage=", "/", "1", "99999999999999999999", '"a";', "q=", ";w=0", "٣"]
)
ODD = st.text() | st.lists(PIECES).map("".join)


@settings(max_examples=40)
@given(st.dictionaries(st.sampled_from(NAMES), ODD))
def test_no_header_however_odd_breaks_a_reader(headers: dict[str, str]) -> None:
    for connector in CONNECTORS.values():
        for left in connector.limits.left(headers):
            assert left.per_s > 0
            assert left.calls is None or left.calls >= 0


@pytest.mark.parametrize(
    ("vendor", "windows"),
    [
        ("salesforce", {"86400": 900}),
        ("hubspot", {"10": 50, "86400": 900}),
        ("freshdesk", {"60": 50, f"60 {LISTS}": 20}),
        ("jira", {"1": 50, "3600": 900}),
    ],
)
def test_what_the_answers_say_reaches_the_budget(
    redis: Redis, tmp_path: Path, vendor: str, windows: dict[str, int]
) -> None:
    """Through plain requests and the vendors' own clients alike."""
    connector = CONNECTORS[vendor]
    account = Account(redis, connector.limits)
    with Sandbox(vendors=[vendor], accounts=2, data_dir=tmp_path) as sandbox:
        served = sandbox[vendor]
        served.quota.enforce([Window(n, float(w)) for w, n in windows.items() if " " not in w])
        budget = account.budget(assumed=False)
        http = VendorHttp(redis, account.name, str(served.ca or ""), budget)
        known = served.credentials()
        client = connector.open(known["settings"], known["secrets"], http)
        next(iter(connector.streams[0].pages(client, None, ())))
    seen = {w["name"]: w["limit"] for w in budget.look()["windows"]}
    assert seen == windows


@pytest.mark.parametrize(
    ("plan", "calls"), [({}, 150), ({"plan": "free"}, 150), ({"plan": "paid"}, 1500)]
)
def test_asanas_plan_is_the_tenants_to_name(plan: dict[str, str], calls: int) -> None:
    minute, search = CONNECTORS["asana"].limits.rates_of(plan)
    assert (minute.calls, minute.per_s, search.calls) == (calls, 60, 60)


@pytest.mark.parametrize(("percent", "calls"), [("", 80), ("30", 30), ("half", 80), ("900", 100)])
def test_the_hub_stops_at_its_share_of_an_orgs_day(redis: Redis, percent: str, calls: int) -> None:
    org: Connector = CONNECTORS["salesforce"]
    account = Account(redis, org.limits)
    budget = account.budget(settings={"quota_percent": percent})
    taken = budget.take()
    budget.give(taken, usage(f"api-usage={calls * 1000 - 1}/100000"))  # type: ignore[arg-type]
    assert account_room(account, {"quota_percent": percent}) == 1


def account_room(account: Account, settings: Mapping[str, str]) -> int:
    purpose: Purpose = "first"
    budget, count = account.budget(purpose, settings=settings), 0
    while count < 9 and not hasattr(taken := budget.take(), "seconds"):
        budget.give(taken)
        count += 1
    return count
