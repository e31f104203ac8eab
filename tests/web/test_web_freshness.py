"""How fresh a source is: the furthest behind of what is read often and is the customer's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hub.web.screens import freshness
from tests.web.site import Site

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def read(**minutes_ago: int | None) -> list[dict]:
    """Streams of HubSpot that were last whole so many minutes before noon, or never."""
    return [
        {"stream": name, "fresh_at": None if ago is None else NOON - timedelta(minutes=ago)}
        for name, ago in minutes_ago.items()
    ]


def test_the_one_furthest_behind_counts(site: Site) -> None:
    streams = read(companies=3, tickets=7, contacts=1)

    found = freshness.oldest(site.stage.hub, "hubspot", streams)

    assert found == NOON - timedelta(minutes=7)


def test_staff_and_links_do_not_age_the_customer(site: Site) -> None:
    streams = read(companies=3, owners=50, associations=300)

    found = freshness.oldest(site.stage.hub, "hubspot", streams)

    assert found == NOON - timedelta(minutes=3)


def test_a_source_that_is_read_hourly_is_as_old_as_its_hourly_streams(site: Site) -> None:
    streams = read(users=50, usage=20, groups=300)

    found = freshness.oldest(site.stage.hub, "mixpanel", streams)

    assert found == NOON - timedelta(minutes=50)


def test_what_was_never_whole_has_no_age(site: Site) -> None:
    assert freshness.oldest(site.stage.hub, "hubspot", read(companies=3, tickets=None)) is None


def test_a_connector_that_is_not_loaded_has_no_age(site: Site) -> None:
    assert freshness.oldest(site.stage.hub, "gone", read(companies=3)) is None
