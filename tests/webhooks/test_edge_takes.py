"""What the edge takes: durable once, repeats counted, app scope for every tenant, fair limits."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from pydantic import SecretStr

from hub.bootstrap import Hub
from hub.embedded import Embedded, Services
from hub.sandbox import Sandbox
from hub.store import inbox
from tests.stage import Stage, build_hub, serving
from tests.webhooks.conftest import SECRET, Post, connected, event, sign

APP_SECRET = "the-app's-own-secret"


def test_the_same_delivery_twice_is_one_row_that_counts_two(post: Post) -> None:
    body = event()
    assert [post(body).status_code for _ in range(3)] == [200, 200, 200]
    [row] = post.rows()
    assert row["duplicates"] == 2
    book = inbox.ledger(post.stage.store, post.connection["_id"])["deliveries"]
    assert (book["received"], book["pending"], book["duplicate"]) == (3, 1, 2)


def test_a_retry_with_a_higher_attempt_number_is_the_same_delivery(post: Post) -> None:
    post(event(attemptNumber=0, occurredAt=1767607200000))
    post(event(attemptNumber=3, occurredAt=1767607200000))
    assert len(post.rows()) == 1


def test_a_b_a_is_three_edits(post: Post) -> None:
    """Where the key is only a hash, a repeat of a finished row makes it pending again."""
    a, b = event(eventId=1), event(eventId=2)
    post(a)
    post.stage.drain(post.connection)
    post(b)
    post.stage.drain(post.connection)
    assert [row["state"] for row in post.rows()] == ["done", "done"]
    post(a)
    assert sorted(row["state"] for row in post.rows()) == ["done", "pending"]


def test_many_at_once_share_a_commit_and_none_is_lost(post: Post) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: post(event(eventId=n)).status_code, range(200)))
    assert answers == [200] * 200
    assert len(post.rows()) == 200


def test_a_waiting_endpoint_becomes_active_with_its_first_delivery(post: Post) -> None:
    assert post.stage.endpoint(post.connection)["state"] == "waiting"
    post()
    shown = post.stage.endpoint(post.connection)
    assert shown["state"] == "active"
    assert shown["last_delivery_at"] is not None


@pytest.fixture(scope="module")
def app_hub(services: Services):
    hub = build_hub(services, apps={"hubspot": {"client_secret": SecretStr(APP_SECRET)}})
    yield hub
    hub.close()


def post_app(base: str, body: bytes, secret: str = APP_SECRET) -> requests.Response:
    url = f"{base}/webhooks/hubspot"
    stamp = int(time.time() * 1000)
    headers = {
        "X-HubSpot-Request-Timestamp": str(stamp),
        "X-HubSpot-Signature-v3": sign(secret, "POST", url, body, stamp),
    }
    return requests.post(url, data=body, headers=headers, timeout=10)


def test_one_app_delivery_reaches_both_tenants_on_its_portal(
    app_hub: Hub, sandbox: Sandbox
) -> None:
    first, second = Stage(app_hub, sandbox), Stage(app_hub, sandbox)
    with serving(app_hub) as base:
        connections = [stage.connect("hubspot") for stage in (first, second)]
        assert post_app(base, event()).status_code == 200
        assert post_app(base, event(), secret=SECRET).status_code == 401
    for stage, connection in zip((first, second), connections, strict=True):
        assert stage.store.inbox.count({"connection_id": connection["_id"]}) == 1


def test_a_listener_whose_tenant_is_gone_does_not_stop_the_others(
    app_hub: Hub, sandbox: Sandbox
) -> None:
    stage = Stage(app_hub, sandbox)
    with serving(app_hub) as base:
        connection = stage.connect("hubspot")
        app_hub.catalogue.control.listen("hubspot", "62515001", "ten_gone", "cnx_gone")
        assert post_app(base, event()).status_code == 200
    assert stage.store.inbox.count({"connection_id": connection["_id"]}) == 1


def test_a_portal_that_nobody_connected_is_200_and_stored_nowhere(app_hub: Hub) -> None:
    before = app_hub.catalogue.shard("default")["inbox"].count_documents({})
    with serving(app_hub) as base:
        assert post_app(base, event(portalId=1)).status_code == 200
    assert app_hub.catalogue.shard("default")["inbox"].count_documents({}) == before


def test_a_row_yields_only_its_own_connections_events(app_hub: Hub, sandbox: Sandbox) -> None:
    stage = Stage(app_hub, sandbox)
    with serving(app_hub) as base:
        connection = stage.connect("hubspot")
        mixed = event()[:-1] + b", " + event(portalId=4, eventId=2)[1:]
        assert post_app(base, mixed).status_code == 200
    stage.drain(connection)
    row = stage.store.inbox.find_one({"connection_id": connection["_id"]})
    assert row is not None
    assert sum(row["fates"].values()) == 1


def test_a_connection_over_its_rate_is_told_429_and_when_to_come_again(
    services: Services, sandbox: Sandbox
) -> None:
    hub = build_hub(services, connection_rate=3)
    with serving(hub):
        post = connected(Stage(hub, sandbox))
        answers = [post(event(eventId=n)) for n in range(8)]
    refused = [a for a in answers if a.status_code == 429]
    assert refused
    assert refused[0].headers["Retry-After"] == "1"
    assert len(post.rows()) == 8 - len(refused)
    hub.close()


def test_a_full_backlog_is_told_429_and_paused_connections_do_not_count(
    services: Services, sandbox: Sandbox
) -> None:
    hub = build_hub(services, connection_backlog=2)
    with serving(hub):
        post = connected(Stage(hub, sandbox))
        for n in range(2):
            post.stage.store.inbox.insert(
                {
                    "_id": f"x{n}{post.connection['_id']}",
                    "connection_id": post.connection["_id"],
                    "state": "pending",
                }
            )
        assert post().status_code == 429
        inbox.hold(post.stage.store, post.connection["_id"], "paused")
    with serving(hub):
        post.url = post.stage.endpoint(post.connection)["url"]
        assert post().status_code == 200
    hub.close()


def test_while_mongodb_is_frozen_the_answer_is_503_and_afterwards_all_is_well(
    embedded: Embedded, services: Services, sandbox: Sandbox
) -> None:
    hub = build_hub(services)
    with serving(hub):
        post = connected(Stage(hub, sandbox))
        assert post(event(eventId=1)).status_code == 200
        body = event(eventId=2)
        embedded.freeze("mongod")
        try:
            answer = post(body)
        finally:
            embedded.thaw("mongod")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert post(body).status_code == 200
        assert len(post.rows()) == 2
    hub.close()


def test_while_redis_is_frozen_deliveries_are_taken(
    embedded: Embedded, services: Services, sandbox: Sandbox
) -> None:
    """The bell is lost and the row is not: the sweep finds it."""
    hub = build_hub(services)
    with serving(hub):
        post = connected(Stage(hub, sandbox))
        embedded.freeze("redis")
        try:
            assert post().status_code == 200
        finally:
            embedded.thaw("redis")
    assert inbox.has_due(post.stage.store, post.connection["_id"], hub.now())
    hub.close()
