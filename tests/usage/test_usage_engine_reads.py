"""Raw events by whom they concern, the catalogue with advice, by the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.bootstrap import Hub
from hub.engine.usage_advice import Named, advise, style_of_most, written
from tests.api.conftest import Api
from tests.stage import Stage
from tests.usage.senders import Source, group, identify, source, track

DAY = timedelta(days=1)
Get = Callable[..., Any]


@pytest.fixture
def ours(stage: Stage) -> Source:
    return source(stage)


@pytest.fixture
def now(stage: Stage) -> datetime:
    return stage.hub.now()


@pytest.fixture
def get(stage: Stage) -> Get:
    return Api(stage.hub, stage.tenant_id).get


def _world(ours: Source, now: datetime) -> None:
    ours.send(
        group("ana", "acme", now - 9 * DAY),
        group("", "brick", now - 9 * DAY),
        identify("ana", now - 9 * DAY, anonymous="cookie", email="ana@acme.test"),
        track("", "Looked", now - 10 * DAY, anonymousId="cookie"),
        track("ana", "Opened", now - 2 * DAY),
        track("bea", "Opened", now - DAY, group="brick"),
    )
    ours.work()


def test_events_of_an_account_and_of_a_contact(
    stage: Stage, ours: Source, now: datetime, get: Get
) -> None:
    _world(ours, now)
    acme = stage.store.accounts.find_one({"external_ids": "acme"})
    ana = stage.store.contacts.find_one({"flat.emails": "ana@acme.test"})
    assert acme is not None
    assert ana is not None
    of_account = get("/events", account_id=acme["_id"], kind="track")
    assert [e["name"] for e in of_account["items"]] == ["Opened"]
    of_contact = get("/events", contact_id=ana["_id"], kind="track")
    assert [e["name"] for e in of_contact["items"]] == ["Opened", "Looked"]
    assert of_contact["items"][0]["counted"] is True
    get("/events", expect=404, account_id="acc_none")


def test_raw_events_come_in_pages_latest_first(ours: Source, now: datetime, get: Get) -> None:
    ours.send(*(track("u", f"E{n}", now - n * DAY) for n in range(5)))
    first = get("/events", limit=3)
    rest = get("/events", limit=3, cursor=first["next"])
    names = [e["name"] for page in (first, rest) for e in page["items"]]
    assert names == ["E0", "E1", "E2", "E3", "E4"]
    assert rest["next"] is None
    some = get("/events", since=(now - 3 * DAY).isoformat(), until=now.isoformat())
    assert [e["name"] for e in some["items"]] == ["E1", "E2", "E3"]


def test_the_catalogue_is_listed_and_one_name_is_shown(
    ours: Source, now: datetime, get: Get
) -> None:
    ours.send(
        track("u", "Report Exported", now, properties={"rows": 1}),
        track("u", "Report Exported", now - 3 * DAY, properties={"rows": "1"}),
        track("u", "report_exported", now),
    )
    ours.work()
    busiest, twin = get("/event-names")["items"]
    assert (busiest["name"], busiest["volume"]) == ("Report Exported", 2)
    assert twin["warnings"][0]["suggestion"] == "Report Exported"
    shown = get(f"/event-names/{busiest['id']}")
    assert [t["type"] for t in shown["properties"][0]["types"]] == ["number", "text"]
    assert [d["count"] for d in shown["days"]][-4:] == [1, 0, 0, 1]
    get("/event-names/none", expect=404)


def test_another_tenant_sees_nothing_of_it(hub: Hub, now: datetime, get: Get) -> None:
    other = source(Stage(hub))
    other.send(track("u", "Opened", now))
    other.work()
    assert get("/events")["items"] == []
    assert get("/event-names")["items"] == []


NAMES = ["Report Exported", "Report Viewed", "Invite Sent", "report_exported", "Viewed 48291"]


def test_advice_says_what_is_wrong_with_a_name_and_what_would_be_right() -> None:
    named = [Named(n, "track", n, 10 - place) for place, n in enumerate(NAMES)]
    found = {key: [(a.rule, a.suggestion) for a in advice] for key, advice in advise(named).items()}
    assert found == {
        "Report Exported": [("twin", "")],
        "report_exported": [("twin", "Report Exported"), ("style", "Report Exported")],
        "Viewed 48291": [("varying", "Viewed")],
    }


@pytest.mark.parametrize(
    ("names", "manner", "example"),
    [
        (["a_b", "c_d", "e_f", "G H"], "snake_case", "report_exported"),
        (["aB", "cD", "eF"], "camelCase", "reportExported"),
        (["a-b", "c-d", "e-f"], "kebab-case", "report-exported"),
        (["Report exported", "Page seen", "Mail sent"], "Sentence case", "Report exported"),
        (["a_b"], "Title Case", "Report Exported"),
    ],
)
def test_the_manner_of_most_names_is_the_tenants_own(
    names: list[str], manner: str, example: str
) -> None:
    assert style_of_most(names) == manner
    assert written("ReportExported", manner) == example
