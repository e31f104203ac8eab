"""Deliveries and quarantine: what came, what became of it, and doing it again."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from bson.binary import Binary

from hub.store.client import Doc
from tests.web.site import Browser, Site, words


@pytest.fixture
def row(site: Site) -> Doc:
    """A failed delivery with an endpoint key in its address."""
    connection = site.connection["_id"]
    now = site.stage.hub.now()
    doc = {
        "_id": f"{connection}:feedbeef00",
        "connection_id": connection,
        "endpoint_id": "end_1",
        "webhook": "private",
        "key": "k1",
        "state": "failed",
        "error": "it cannot be parsed: odd",
        "received_at": now,
        "due_at": now + timedelta(days=1),
        "method": "POST",
        "url": "http://hub.example/webhooks/hubspot/very-secret-key?x=1",
        "headers": {"x-odd": "marked", "authorization": "(hidden)"},
        "body": Binary(b'[{"eventId": 7, "odd": "Gr\\u00fc\\u00dfe"}]'),
        "fates": {"failed": 1},
    }
    site.stage.store.inbox.delete({"_id": doc["_id"]})
    site.stage.store.inbox.insert(doc)
    return doc


@pytest.mark.parametrize("wish", ["feedbeef00", "feed", "{whole}"])
def test_a_delivery_is_found_by_its_id(row: Doc, ada: Browser, wish: str) -> None:
    page = ada.page(f"/deliveries?q={wish.replace('{whole}', row['_id'])}")

    assert f'href="/deliveries/{row["_id"]}"' in page


def test_filters_leave_the_others_out(row: Doc, ada: Browser) -> None:
    mark = f'href="/deliveries/{row["_id"]}"'
    connection = row["connection_id"]

    assert mark in ada.page(f"/deliveries?state=failed&connection={connection}")
    assert mark not in ada.page("/deliveries?state=held")
    assert mark not in ada.page("/deliveries?until=2020-01-01T00:00")
    assert mark not in ada.page("/deliveries?q=nosuch")


def test_a_delivery_shows_body_headers_and_error_but_not_the_key(row: Doc, ada: Browser) -> None:
    page = ada.page(f"/deliveries/{row['_id']}")

    text = words(page)
    assert "it cannot be parsed: odd" in text
    assert "Grüße" in text
    assert "Gr\\u00fc\\u00dfe" in text
    assert "x-odd: marked" in text
    assert "very-secret-key" not in page


def test_a_preview_changes_nothing(site: Site, row: Doc, ada: Browser) -> None:
    text = ada.words(f"/deliveries/{row['_id']}?preview=1")

    assert "A replay would" in text
    assert site.stage.store.inbox.find_one({"_id": row["_id"]})["state"] == "failed"


def test_a_replay_makes_it_pending_again(site: Site, row: Doc, ada: Browser) -> None:
    ada.post(f"/deliveries/{row['_id']}/replay")

    assert site.stage.store.inbox.find_one({"_id": row["_id"]})["state"] == "pending"


def test_a_record_in_quarantine_says_why_and_is_mended_by_a_good_mapping(
    site: Site, ada: Browser
) -> None:
    stage = site.stage
    record = stage.store.records.find_one({"object": "company", "raw": {"$exists": True}})
    key, now = record["_id"], stage.hub.now()
    good = bytes(record["raw"])
    entry = {
        "connection_id": record["connection_id"],
        "source": "hubspot",
        "object": "company",
        "native_id": record["native_id"],
        "path": "properties.name",
        "sentence": "text is due, not a number",
        "raw": Binary(good),
        "origin": record["origin"],
        "state": "open",
        "at": now,
    }
    stage.store.quarantine.insert({"_id": key, **entry})
    text = ada.words("/quarantine")
    assert "text is due, not a number" in text
    assert json.loads(good)["id"] in text

    answer = ada.post("/quarantine/replay", id=key)

    assert "1 mended" in words(answer.text)
    assert stage.store.quarantine.find_one({"_id": key})["state"] == "mended"


def test_empty_pages_say_what_to_do(site: Site) -> None:
    tenant = site.stage.hub.catalogue.control.add_tenant("Empty", site.stage.hub.now())
    eve = site.browser(site.person(tenant["_id"], "eve@empty.example"))

    assert "Set one up at the vendor" in eve.words("/deliveries")
    assert "Nothing is in quarantine" in eve.words("/quarantine")
    assert "Connect a vendor" in eve.words("/connections")
