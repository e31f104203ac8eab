"""HubSpot in small tells the truth: its webhooks, its rules, and the vendor's own description."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from hubspot.utils.signature import Signature  # type: ignore[import-untyped]

from hub.api import Change, Delivery, Registration
from hub.conform import published
from hub.sandbox import Event
from hub.sandbox.serving import routes_of
from plugins.hubspot import ledger
from plugins.hubspot.client import Client
from plugins.hubspot.records import OBJECTS
from plugins.hubspot.sandbox import HubSpot
from plugins.hubspot.streams import fetch
from plugins.hubspot.webhook import delivery_key, parse, route, verify
from tests.plugins.hubspot.walks import walk
from tests.sandbox.sink import Got, Sink

SPECS = published.home()
KINDS = {word: kind for kind, word in OBJECTS.items()}
SECRET = "5ecre7-0f-the-app"


@pytest.fixture
def sink(vendor: HubSpot) -> Iterator[Sink]:
    found = Sink()
    vendor.subscribe(found.url, SECRET)
    yield found
    found.close()


def delivered(got: Got, sink: Sink) -> Delivery:
    return Delivery("POST", sink.url, got.headers, got.body, datetime.now(UTC))


def registration(sink: Sink) -> Registration:
    return Registration("e1", sink.url, (SECRET,))


def test_webhooks_are_signed_as_the_vendors_own_helper_wants(vendor: HubSpot, sink: Sink) -> None:
    vendor.table("contacts").patch(
        vendor.table("contacts").ids()[0], {"properties": {"jobtitle": 'Größe "1.0"'}}
    )
    assert vendor.settle(10)
    (got,) = sink.got
    verify(delivered(got, sink), registration(sink))
    assert Signature.is_valid(
        signature=got.headers["x-hubspot-signature-v3"],
        client_secret=SECRET,
        request_body=got.body.decode(),
        http_uri=sink.url,
        signature_version="v3",
        timestamp=got.headers["x-hubspot-request-timestamp"],
    )
    assert Signature.is_valid(
        signature=got.headers["x-hubspot-signature"],
        client_secret=SECRET,
        request_body=got.body.decode(),
        signature_version="v1",
    )


def test_a_body_holds_up_to_a_hundred_events_with_ids_that_come_again(
    vendor: HubSpot, sink: Sink
) -> None:
    with vendor.lock:
        vendor.stir_many(400)
    assert vendor.settle(20)
    sizes = [len(json.loads(got.body)) for got in sink.got]
    assert 1 < max(sizes) <= 100
    events = [event for got in sink.got for event in json.loads(got.body)]
    assert len({event["eventId"] for event in events}) <= 997
    assert {route(delivered(got, sink))[0] for got in sink.got} == {"62515001"}
    assert len({delivery_key(delivered(got, sink)) for got in sink.got}) == len(sink.got)


def test_a_refused_body_comes_again_with_a_higher_attempt(vendor: HubSpot, sink: Sink) -> None:
    sink.statuses = [500]
    one = vendor.table("deals").ids()[0]
    vendor.table("deals").patch(one, {"properties": {"dealname": "Again"}})
    assert vendor.settle(10)
    first, second = (json.loads(got.body)[0] for got in sink.got)
    assert (first["attemptNumber"], second["attemptNumber"]) == (0, 1)
    keys = {delivery_key(delivered(got, sink)) for got in sink.got}
    assert len(keys) == 1


def test_one_body_may_hold_several_portals(vendor: HubSpot, sink: Sink) -> None:
    data = {"objectId": 1, "occurredAt": 1790000000000}
    with vendor.lock:
        vendor.emit(
            [
                Event("contact.creation", {**data, "portalId": 48000002}),
                Event("contact.creation", data),
            ]
        )
    assert vendor.settle(10)
    portals = {portal for got in sink.got for portal in route(delivered(got, sink))}
    assert portals == {"48000002", "62515001"}


@pytest.mark.parametrize("trouble", [None, "duplicate", "reorder", "unsent"])
def test_what_webhooks_touch_and_fetch_brings_is_what_a_full_walk_brings(
    vendor: HubSpot, client: Client, sink: Sink, trouble: str | None
) -> None:
    mirror = everything(client)
    if trouble:
        vendor.faults.add(trouble, probability=0.3)
    vendor.stir_many(300)
    vendor.faults.clear()
    assert vendor.settle(30)
    changes = [change for got in sink.got for change in parse(delivered(got, sink))]
    assert {"upsert", "delete", "link", "unlink"} <= {change.kind for change in changes}
    for kind, touched in ends(changes).items():
        for one in touched:
            mirror.pop((kind, one), None)
        for found in fetch(client, kind, sorted(touched)):
            if not isinstance(found, Change):
                mirror[kind, found["id"]] = found
    assert mirror == everything(client)


def everything(client: Client) -> dict[tuple[str, str], Any]:
    return {(kind, r["id"]): r for kind in OBJECTS for r in walk(client, kind)[0]}


def ends(changes: list[Change]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for change in changes:
        assert change.rule is None
        for word, one in change.ends or ((change.object, change.native_id),):
            found[KINDS[word]].add(one)
        found[KINDS[change.object]].update(change.losers)
    return found


def test_a_merge_is_told_with_the_new_id(vendor: HubSpot, sink: Sink) -> None:
    into, loser = vendor.table("companies").ids()[:2]
    vendor.merge("companies", into, [loser])
    assert vendor.settle(10)
    changes = [change for got in sink.got for change in parse(delivered(got, sink))]
    (merge,) = [change for change in changes if change.kind == "merge"]
    assert merge.into in vendor.table("companies")
    assert merge.into not in (into, loser)
    assert set(merge.losers) == {into, loser}


def test_a_privacy_deletion_is_told_twice_and_leaves_nothing(vendor: HubSpot, sink: Sink) -> None:
    contact = vendor.table("contacts").ids()[0]
    answer = requests.post(
        f"{vendor.url}/crm/v3/objects/contacts/gdpr-delete",
        json={"objectId": contact},
        headers={"Authorization": f"Bearer {vendor.token}"},
        timeout=10,
    )
    assert answer.status_code == 204
    assert vendor.settle(10)
    changes = [change for got in sink.got for change in parse(delivered(got, sink))]
    kinds = {change.kind for change in changes if change.native_id == contact}
    assert {"delete", "privacy_delete"} <= kinds
    assert contact not in [row["id"] for row in ledger.archive(vendor, "contacts")]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("companies/search", {"limit": 201}),
        ("companies/search", {"limit": 200, "after": "9900"}),
        ("companies/search", {"properties": ["x" * 3000]}),
        ("companies/search", {"sorts": [{"propertyName": "a"}, {"propertyName": "b"}]}),
        ("companies/batch/read", {"inputs": [{"id": str(n)} for n in range(101)]}),
        ("wombats/search", {}),
    ],
)
def test_the_vendors_limits_are_kept(vendor: HubSpot, path: str, body: dict[str, Any]) -> None:
    answer = requests.post(
        f"{vendor.url}/crm/v3/objects/{path}",
        json=body,
        headers={"Authorization": f"Bearer {vendor.token}"},
        timeout=10,
    )
    assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")


def test_search_answers_carry_no_limit_headers(vendor: HubSpot) -> None:
    headers = {"Authorization": f"Bearer {vendor.token}"}
    base = f"{vendor.url}/crm/v3/objects/deals"
    listed = requests.get(base, headers=headers, timeout=10)
    found = requests.post(f"{base}/search", json={"limit": 1}, headers=headers, timeout=10)
    assert "X-HubSpot-RateLimit-Remaining" in listed.headers
    assert "X-HubSpot-RateLimit-Remaining" not in found.headers


@pytest.mark.skipif(
    not SPECS.joinpath("hubspot").is_dir(),
    reason="name the folder that has hubspot/v3 in HUB_VENDOR_SPECS; from "
    "https://github.com/HubSpot/HubSpot-public-api-spec-collection",
)
def test_every_path_is_one_of_the_vendors(vendor: HubSpot) -> None:
    described = set()
    for file in (SPECS / "hubspot").glob("*/*.json"):
        for path, methods in json.loads(file.read_bytes())["paths"].items():
            described |= {(method.upper(), _shape(path)) for method in methods}
    served = {(r.method, r.pattern.pattern) for r in routes_of(HubSpot)}
    unknown = [
        (method, pattern)
        for method, pattern in served
        if not any(m == method and re.match(pattern, shape) for m, shape in described)
    ]
    pages_for_people = [p for m, p in served if "authorize" in p]
    not_published = [p for m, p in served if "account" in p or "schemas" in p]
    assert sorted(unknown) == sorted(("GET", p) for p in (*not_published, *pages_for_people))


def _shape(path: str) -> str:
    return re.sub(r"\{\w+\}", "contacts", path).replace("/0-3", "/deals")
