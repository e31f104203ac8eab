"""Profiles of people and groups: paging by session, what changed, and what they map to."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hub.api import GiveUp, RetryLater
from mappings import language
from mappings.language import Context, Link, Mapped
from plugins.mixpanel import MIXPANEL, profiles
from plugins.mixpanel.client import Mixpanel
from plugins.mixpanel.profiles import GROUP, USER
from plugins.mixpanel.sandbox import MixpanelSandbox
from tests.plugins.mixpanel.conftest import Opener

ENGAGE = json.loads((Path(__file__).parent / "payloads" / "engage.json").read_text())
MAPPINGS = language.load(
    MIXPANEL.mapping.read_text(encoding="utf-8"), "mixpanel/mapping.yaml", MIXPANEL.conversions
)
users, groups = partial(profiles.pages, USER), partial(profiles.pages, GROUP)


def mapped(object: str, record: dict[str, Any], **settings: str) -> Mapped:
    return MAPPINGS[object].apply(record, Context(settings, {}))


def person(id: str = "u-81", **said: Any) -> dict[str, Any]:
    return {"id": id, "properties": said, "groups": []}


def ids(pages: Any) -> list[str]:
    return [record["id"] for page in pages for record in page.records]


def test_the_profile_of_the_fact_sheet(client: Mixpanel) -> None:
    """Fact sheet, section 3, word for word; `$created` carries no zone and is read as UTC."""
    [record] = profiles._records(USER, client, ENGAGE["results"])
    made = mapped("user", dict(record))
    assert (made.native_id, made.external_id, made.version) == ("u-81", "u-81", None)
    assert made.created_at == datetime(2025, 2, 1, 10, tzinfo=UTC)
    assert made.values == {
        "full_name": "Ana Ruiz",
        "emails": ["ana@acme.test"],
        "user_ids": ["u-81"],
    }
    assert made.links == (Link("account", "external_id", "acme"),)


def test_a_profile_field_by_field() -> None:
    said: dict[str, Any] = {
        "$first_name": "Ana",
        "$last_name": "Ruiz",
        "$email": "Ana@Acme.TEST",
        "$phone": "+33 6 12 34 56 78",
        "title": "Buyer",
        "internal": "yes",
        "a.b": 1,
    }
    assert mapped("user", person(**said)).values == {
        "full_name": "Ana Ruiz",
        "first_name": "Ana",
        "last_name": "Ruiz",
        "emails": ["ana@acme.test"],
        "phones": ["+33612345678"],
        "title": "Buyer",
        "user_ids": ["u-81"],
        "is_internal": True,
    }


def test_a_group_field_by_field() -> None:
    said = {
        "$name": "Acme",
        "$created": "2025-02-01T10:00:00",
        "website": "https://www.acme.test/en",
        "domain": "acme.example",
        "industry": "Steel",
        "plan": "pro",
        "employees": "1,200",
        "seats": 50,
    }
    made = mapped("group", {"id": "acme", "properties": said}, time_zone="America/New_York")
    assert (made.native_id, made.external_id) == ("acme", "acme")
    assert made.created_at == datetime(2025, 2, 1, 15, tzinfo=UTC)
    assert made.values == {
        "name": "Acme",
        "website": "https://www.acme.test/en",
        "domains": ["acme.test", "acme.example"],
        "industry": "Steel",
        "tier": "pro",
        "employees": 1200,
        "seats": 50,
    }


@pytest.mark.parametrize(
    ("id", "said", "emails"),
    [
        ("u-81", {"$email": "a@acme.test"}, ["a@acme.test"]),
        ("a@acme.test", {}, ["a@acme.test"]),
        ("a@acme.test", {"$email": "b@acme.test"}, ["b@acme.test"]),
        ("u-81", {"$email": "none"}, None),
        ("u-81", {"$email": ["a@acme.test"]}, None),
        ("u-81", {"$email": "a@"}, None),
    ],
)
def test_a_distinct_id_may_be_an_address(id: str, said: Any, emails: Any) -> None:
    assert mapped("user", person(id, **said)).values.get("emails") == emails


@pytest.mark.parametrize(
    ("said", "internal"),
    [
        ({"internal": True}, True),
        ({"internal": False}, None),
        ({"internal": 1}, True),
        ({"$email": "me@our-company.com"}, True),
        ({"$email": "me@not-our-company.com"}, None),
        ({}, None),
    ],
)
def test_staff_is_known_by_property_or_address(said: Any, internal: Any) -> None:
    own = {"internal_domains": " Other.io, @Our-Company.com"}
    assert mapped("user", person(**said), **own).values.get("is_internal") is internal


@pytest.mark.parametrize("odd", [{"x": 1}, [], True, None, "", 10**40])
def test_properties_of_any_shape_are_left_out(odd: Any) -> None:
    names = ("$name", "$first_name", "$last_name", "$phone", "$created", "$email", "title")
    made = mapped("user", person(**dict.fromkeys(names, odd)))
    assert set(made.values) <= {
        "user_ids",
        "full_name",
        "first_name",
        "last_name",
        "title",
        "phones",
    }
    for name in ("$name", "name", "website", "domain", "industry", "plan", "employees", "seats"):
        mapped("group", {"id": "acme", "properties": {name: odd}})


def test_a_record_of_use_field_by_field() -> None:
    record = {
        "id": "2026-01-05/d0e941cc4b93d3a626eba880",
        "user": "u-81",
        "group": "acme",
        "active_days": ["2026-01-05"],
        "features": [{"feature": "Report Exported", "day": "2026-01-05"}],
        "first_seen_at": "2026-01-05T10:00:00.000+00:00",
        "last_active_on": "2026-01-05",
    }
    made = mapped("usage", record)
    at = datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert made.created_at == at
    assert made.values == {
        "user_key": "u-81",
        "group_key": "acme",
        "active_days": ["2026-01-05"],
        "features": [{"feature": "Report Exported", "day": "2026-01-05"}],
        "first_seen_at": at,
        "last_active_on": "2026-01-05",
    }
    assert set(made.links) == {
        Link("account", "external_id", "acme"),
        Link("user", "record", "user:u-81"),
    }
    del record["group"]
    assert set(mapped("usage", {**record, "alone": "u-81"}).links) == {
        Link("contact", "record", "user:u-81"),
        Link("user", "record", "user:u-81"),
    }


def test_all_pages_of_one_session_are_read(vendor: MixpanelSandbox, client: Mixpanel) -> None:
    vendor.page_size = 5
    pages = list(users(client, None))
    real = [id for id in vendor.table("users").ids() if not id.startswith("$")]
    assert sorted(ids(pages)) == sorted(real)
    assert len(pages) == len(vendor.table("users")) // 5 + 1
    assert pages[-1].total == len(real)
    assert pages[0].cursor["session"] == pages[1].cursor["session"]
    rest = list(users(client, json.loads(json.dumps(pages[1].cursor))))
    assert ids(rest) == ids(pages[2:])


@pytest.mark.parametrize("size", [1, 4])
def test_a_full_last_page_is_followed_by_an_empty_one(
    vendor: MixpanelSandbox, client: Mixpanel, size: int
) -> None:
    rows = len(vendor.table("groups"))
    vendor.page_size = rows if size == 1 else 4
    pages = list(groups(client, None))
    assert sorted(ids(pages)) == sorted(vendor.table("groups").ids())
    assert len(pages) == rows // vendor.page_size + 1


def test_a_page_that_comes_twice_is_an_error(vendor: MixpanelSandbox, client: Mixpanel) -> None:
    vendor.page_size = 5
    vendor.faults.add("repeat_cursor")
    with pytest.raises(RetryLater) as later:
        list(users(client, None))
    assert later.value.reason == "cursor_stuck"


def test_a_session_that_ended_fails_the_run(vendor: MixpanelSandbox, client: Mixpanel) -> None:
    vendor.page_size = 5
    cursor = next(iter(users(client, None))).cursor
    with pytest.raises(GiveUp):
        list(users(client, {**cursor, "session": "gone"}))


def test_the_next_run_asks_for_who_was_seen_since_and_a_day(
    vendor: MixpanelSandbox, client: Mixpanel
) -> None:
    cursor = list(users(client, None))[-1].cursor
    one, other, quiet = [i for i in vendor.table("users").ids() if not i.startswith("$")][:3]
    now = vendor.clock.now()
    vendor.stamp = lambda *given: None  # type: ignore[method-assign]
    for user in vendor.table("users").ids():
        vendor.table("users").patch(user, {"properties": {"$last_seen": "2020-01-01T00:00:00"}})
    for user, ago in ((one, 0), (other, 23), (quiet, 25)):
        seen = f"{now - timedelta(hours=ago):%Y-%m-%dT%H:%M:%S}"
        vendor.table("users").patch(user, {"properties": {"$last_seen": seen}})
    pages = list(users(client, cursor))
    assert set(ids(pages)) == {one, other}
    assert pages[-1].cursor["turn"] == 2
    since = datetime(2026, 1, 5, tzinfo=UTC)
    assert profiles.seen_since(since) == 'properties["$last_seen"] >= "2026-01-05T00:00:00"'


def test_an_edit_without_activity_comes_with_the_full_listing(
    vendor: MixpanelSandbox, client: Mixpanel
) -> None:
    cursor = list(users(client, None))[-1].cursor
    vendor.stamp = lambda *given: None  # type: ignore[method-assign]
    user = next(i for i in vendor.table("users").ids() if not i.startswith("$"))
    old = {"title": "By a server", "$last_seen": "2020-01-01T00:00:00"}
    vendor.table("users").patch(user, {"properties": old})
    assert user not in ids(users(client, cursor))
    found = {r["id"]: r["properties"]["title"] for p in users(client, None) for r in p.records}
    assert found[user] == "By a server"


def test_devices_and_refused_ids_are_no_people(vendor: MixpanelSandbox, client: Mixpanel) -> None:
    for id in ("undefined", "null"):
        vendor.table("users").put(id, {"id": id, "properties": {}})
    number = {"$distinct_id": 81, "$properties": {}}
    assert [r["id"] for r in profiles._records(USER, client, [number])] == ["81"]
    assert not {"undefined", "null", "$device:18f3c2"} & set(ids(users(client, None)))


def test_profiles_are_read_by_id(vendor: MixpanelSandbox, client: Mixpanel) -> None:
    listed = {r["id"]: r for page in users(client, None) for r in page.records}
    some = sorted(listed)[:3]
    found = list(profiles.fetch(USER, client, [*some, "nobody", "$device:18f3c2"]))
    assert {r["id"]: r for r in found} == {id: listed[id] for id in some}


def test_a_merged_profile_that_answers_for_another_is_left_to_the_list(
    vendor: MixpanelSandbox, client: Mixpanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Merged ids change `$distinct_id`: the survivor is not the record that was asked for."""
    survivor = {"$distinct_id": "u-82", "$properties": {}}
    monkeypatch.setattr(vendor, "_profiles", lambda asked: [survivor])
    assert list(profiles.fetch(USER, client, ["u-81"])) == []
    assert [r["id"] for r in profiles.fetch(USER, client, ["u-82"])] == ["u-82"]


def test_without_a_data_group_nothing_is_asked_about_groups(
    vendor: MixpanelSandbox, connect: Opener
) -> None:
    client = connect(data_group_id="")
    [page] = groups(client, None)
    assert (list(page.records), page.cursor["turn"]) == ([], 1)
    assert list(profiles.fetch(GROUP, client, ["acme"])) == []
    assert vendor.calls == {}


@pytest.mark.parametrize("body", [{"error": "slow down", "status": 429}, {"results": None}, []])
def test_an_answer_without_profiles_is_no_empty_list(
    vendor: MixpanelSandbox, client: Mixpanel, monkeypatch: pytest.MonkeyPatch, body: Any
) -> None:
    """The shape of errors varies, and some come with status 200."""
    monkeypatch.setattr(vendor, "engage", lambda request: body)
    if body == []:
        assert ids(users(client, None)) == []
        return
    with pytest.raises(RetryLater):
        list(users(client, None))
