"""What our clients send and our sandboxes answer is as the vendors' own descriptions say.

A part of it: `python3 dev.py prove --only descriptions` compares everything a check does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from hub import grants, removal
from hub.conform import noting, published, suite
from hub.conform.noting import Note
from hub.embedded import Services
from hub.plugin_host import load_plugins
from hub.sandbox import Request, Response, Sandbox, Vendor
from plugins.hubspot import CONNECTOR as HUBSPOT
from plugins.jira import JIRA
from tests.descriptions.stripe_objects import differences
from tests.granted import Granted

HOST = load_plugins()
DESCRIBED = ("asana", "hubspot", "jira")
PART = ("connect", "schema", "list", "fetch", "subscribed", "limit")
FIXTURES = published.home() / "stripe" / "fixtures3.json"
MET = {
    "asana": {"GET /tasks", "GET /tasks/{task_gid}", "POST /webhooks", "GET /webhooks"},
    "hubspot": {
        "POST /crm/v3/objects/companies/search",
        "POST /crm/v3/objects/0-3/batch/read",
        "POST /crm/v4/associations/{fromObjectType}/{toObjectType}/batch/read",
        "GET /crm/v3/owners",
    },
    "jira": {"GET /rest/api/3/field", "GET /rest/api/3/user/bulk", "POST /rest/api/3/webhook"},
}
Exchange = tuple[Request, Response]


def lacking(name: str) -> str:
    """Why there is nothing to compare with; "" where there is."""
    named = published.read(HOST.connector(name).mapping.parent)
    assert named is not None
    return noting.lacking(named)


def only_where_at_hand(name: str) -> None:
    if lacking(name):
        pytest.skip(lacking(name))


def judged(name: str, seen: list[Exchange], whole: bool = False) -> Note:
    found = noting.note(HOST.connector(name).mapping.parent, seen, whole)
    assert found is not None
    return found


@pytest.mark.parametrize("name", DESCRIBED)
def test_a_whole_listing_and_its_set_up_are_as_the_vendor_describes(name: str) -> None:
    only_where_at_hand(name)
    seen: list[Exchange] = []
    outcomes = suite.check(HOST, name, PART, lambda *exchange: seen.append(exchange))
    assert [o for o in outcomes if not o.counts] == []
    from hub.conform import agreeing

    named = published.read(HOST.connector(name).mapping.parent)
    assert named is not None
    found = agreeing.compare(named, seen)
    assert found.differences == set()
    assert found.unused == (), "it differs no more: take it out of description.yaml"
    assert found.operations >= MET[name]


def watched(vendor: Vendor) -> list[Exchange]:
    """Everything but the pages where people sign in, which no description has."""
    seen: list[Exchange] = []

    def witness(request: Request, response: Response) -> None:
        if "/authorize" not in request.path:
            seen.append((request, response))

    vendor.witness = witness
    return seen


@pytest.fixture
def granted(request: pytest.FixtureRequest, services: Services) -> Iterator[Granted]:
    """A tenant that signs in at the vendor which the test names."""
    only_where_at_hand(request.param)
    with Sandbox([request.param], seed=7, accounts=4) as sandbox:
        found = Granted(services, sandbox, request.param)
        yield found
        found.hub.close()


@pytest.mark.parametrize("granted", ["hubspot"], indirect=True)
def test_hubspots_tokens_and_what_is_written_are_as_it_describes(granted: Granted) -> None:
    assert HUBSPOT.write_back is not None
    seen = watched(granted.vendor)
    connection = granted.connected()
    granted.age(connection, minutes=25)
    grants.access_token(granted.hub, granted.stored(connection))
    client = granted.hub.client(granted.stored(connection))
    field, _ = HUBSPOT.write_back.fields(client)[0]
    first, second, third = granted.vendor.table("companies").ids()[:3]
    person = granted.vendor.table("contacts").ids()[0]
    texts = [(first, "62, at risk"), (second, ""), ("999999999", "nobody")]
    HUBSPOT.write_back.write(client, field, texts)
    merge = {"primaryObjectId": first, "objectIdToMerge": third}
    send(granted.vendor, "companies/merge", merge)
    send(granted.vendor, "contacts/gdpr-delete", {"objectId": person})
    removal.remove(granted.hub, granted.tenant_id, connection["_id"], erase=False)
    assert "\n".join(judged("hubspot", seen).differences) == ""
    paths = {request.path for request, _ in seen}
    assert {"/oauth/2026-09/token", "/oauth/2026-09/token/revoke"} < paths
    assert "/crm/v3/objects/companies/batch/update" in paths


def send(vendor: Vendor, path: str, body: Any) -> None:
    headers = {"Authorization": f"Bearer {vendor.token}"}
    requests.post(f"{vendor.url}/crm/v3/objects/{path}", json=body, headers=headers, timeout=10)


@pytest.mark.parametrize("granted", ["jira"], indirect=True)
def test_jiras_webhooks_are_renewed_and_comments_read_as_it_describes(granted: Granted) -> None:
    webhook = next(webhook for webhook in JIRA.webhooks if webhook.renew)
    assert webhook.register is not None
    assert webhook.renew is not None
    assert webhook.targets is not None
    connection = granted.connected()
    client = granted.hub.client(granted.stored(connection))
    seen = watched(granted.vendor)
    [target] = webhook.targets(client)
    made = webhook.register(client, "http://127.0.0.1:9/hooks", target, "")
    assert made.vendor_id
    webhook.renew(client, made.vendor_id)
    client.comments(granted.vendor.table("issues").ids()[0])
    assert judged("jira", seen).differences == ()
    assert {"PUT", "POST", "GET"} <= {request.method for request, _ in seen}


KNOWN = {
    "customer.business_name is unknown": "newer than the fixtures",
    "customer.individual_name is unknown": "newer than the fixtures",
    "price.tiers is unknown": "only where it is expanded, as we ask it to be",
    "event.account is unknown": "only in events of accounts that are connected to an app",
}


@pytest.mark.skipif(
    not FIXTURES.is_file(),
    reason="name the folder that has stripe/fixtures3.json in HUB_VENDOR_SPECS; "
    "from https://github.com/stripe/openapi",
)
def test_stripes_objects_have_the_fields_and_types_of_its_own() -> None:
    fixtures = json.loads(FIXTURES.read_bytes())["resources"]
    seen: list[Exchange] = []
    rules = ("connect", "list", "incremental", "subscribed")
    suite.check(HOST, "stripe", rules, lambda *exchange: seen.append(exchange))
    answers = [json.loads(response.encoded()[0]) for _, response in seen if response.status == 200]
    found = {text for answer in answers for text in differences(answer, fixtures)}
    assert found == set(KNOWN)
    kinds = {value["object"] for answer in answers for value in objects(answer)}
    wanted = {"account", "customer", "subscription", "subscription_item", "price", "invoice"}
    assert kinds >= wanted | {"event", "coupon", "discount"}


def objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if isinstance(value.get("object"), str):
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from objects(part)


def test_another_field_or_type_of_stripes_is_told() -> None:
    theirs = {
        "customer": {
            "object": "customer",
            "id": "cus_1",
            "balance": 0,
            "address": {"city": "Rome"},
        },
        "invoice": {"object": "invoice", "customer": "cus_1", "paid": True},
    }
    customer = {"object": "customer", "id": 7, "balance": None, "address": {"town": "Rome"}}
    answer = {"object": "list", "data": [{"object": "invoice", "customer": customer, "paid": 1}]}
    assert set(differences(answer, theirs)) == {
        "customer.id is number, not str",
        "customer.address.town is unknown",
        "invoice.paid is number, not bool",
    }
    assert list(differences({"object": "clock"}, theirs)) == ["clock is no object of Stripe's"]
