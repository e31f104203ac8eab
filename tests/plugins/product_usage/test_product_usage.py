"""The connector of product usage: a source is its name, and traits in the SDKs' words are read."""

from __future__ import annotations

from typing import Any

import pytest

from hub.errors import CorrectInput
from hub.fields import check_fields
from mappings import language
from mappings.language import Context, Link, Mapped
from plugins.product_usage import PRODUCT_USAGE, check, open_source

MAPPINGS = language.load(
    PRODUCT_USAGE.mapping.read_text(encoding="utf-8"),
    "product_usage/mapping.yaml",
    PRODUCT_USAGE.conversions,
)


def _mapped(object: str, record: dict[str, Any], **settings: str) -> Mapped:
    return MAPPINGS[object].apply(record, Context(settings, {}))


@pytest.mark.parametrize(
    ("name", "account"),
    [("Web app", "web-app"), ("  WEB  App!", "web-app"), ("iOS 17", "ios-17")],
)
def test_a_source_is_its_name(name: str, account: str) -> None:
    settings, _ = check_fields(PRODUCT_USAGE, {"source": name}, {})
    assert check(open_source(settings, {}, None)).id == account  # type: ignore[arg-type]


def test_a_name_without_a_letter_is_refused_at_its_field() -> None:
    with pytest.raises(CorrectInput) as refused:
        check(open_source({"source": "!!!"}, {}, None))  # type: ignore[arg-type]
    assert refused.value.field == "source"


def test_there_is_nothing_to_pull() -> None:
    for stream in PRODUCT_USAGE.streams:
        [page] = stream.pages(None, None, ())
        assert list(page.records) == []


def test_the_reserved_traits_of_a_person() -> None:
    """The example of the tracking specification's identify call, with its own words."""
    traits = {
        "name": "Peter Gibbons",
        "firstName": "Peter",
        "lastName": "Gibbons",
        "email": "Peter@Example.COM",
        "title": "Programmer",
        "plan": "premium",
        "logins": 5,
    }
    made = _mapped("user", {"id": "97980cfea0067", "user_ids": ["97980cfea0067"], "traits": traits})
    assert made.external_id == "97980cfea0067"
    assert made.values == {
        "full_name": "Peter Gibbons",
        "first_name": "Peter",
        "last_name": "Gibbons",
        "emails": ["peter@example.com"],
        "title": "Programmer",
        "user_ids": ["97980cfea0067"],
    }


def test_the_reserved_traits_of_a_group() -> None:
    traits = {
        "name": "Initech",
        "industry": "Technology",
        "employees": "1,329",
        "plan": "enterprise",
        "website": "https://www.initech.example/about",
    }
    made = _mapped("group", {"id": "0e8c78ea9d97a7b8185e8632", "traits": traits})
    assert made.external_id == "0e8c78ea9d97a7b8185e8632"
    assert made.values["name"] == "Initech"
    assert made.values["employees"] == 1329
    assert made.values["tier"] == "enterprise"


@pytest.mark.parametrize(
    "traits",
    [
        {"email": 5, "name": {"first": "A"}, "employees": "50-100", "website": 7, "title": []},
        {"email": "no address", "website": [None, {}, "nowhere"], "employees": True},
        {"internal": "perhaps", "name": None},
    ],
)
def test_traits_of_any_shape_make_a_record_all_the_same(traits: dict[str, Any]) -> None:
    """Nobody checks what a sender calls a trait, so nothing of it may cost the person."""
    for object in ("user", "group"):
        made = _mapped(object, {"id": "1", "traits": traits})
        assert not {"emails", "domains", "employees", "is_internal"} & made.values.keys()


@pytest.mark.parametrize(
    ("traits", "settings", "internal"),
    [
        ({"email": "boss@Ours.test"}, {"internal_domains": "other.test, ours.test"}, True),
        ({"email": "boss@not-ours.test"}, {"internal_domains": "ours.test"}, None),
        ({"internal": True}, {}, True),
        ({"is_internal": "yes"}, {}, True),
        ({"internal": False, "email": "boss@ours.test"}, {"internal_domains": "@ours.test"}, True),
    ],
)
def test_who_is_staff(
    traits: dict[str, Any], settings: dict[str, str], internal: bool | None
) -> None:
    made = _mapped("user", {"id": "1", "traits": traits}, **settings)
    assert made.values.get("is_internal") is internal


def test_use_in_a_group_hangs_on_the_group_and_use_in_none_on_its_person() -> None:
    use = {"id": "acme/u", "user": "u", "active_days": ["2026-03-01"], "features": []}
    assert set(_mapped("usage", {**use, "group": "acme"}).links) == {
        Link("account", "external_id", "acme"),
        Link("user", "record", "user:u"),
    }
    assert set(_mapped("usage", {**use, "alone": "u"}).links) == {
        Link("contact", "record", "user:u"),
        Link("user", "record", "user:u"),
    }
