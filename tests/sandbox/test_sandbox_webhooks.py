from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter

import pytest
import requests

from hub.sandbox import Refused, Sandbox
from hub.sandbox.calls import Caller
from tests.sandbox.sink import Sink
from tests.sandbox.tiny import Tiny


def edit(tiny: Tiny, times: int) -> list[str]:
    table, ids = tiny.table("companies"), tiny.table("companies").ids()
    for n in range(times):
        table.patch(ids[n % len(ids)], {"name": f"Name {n}"})
    return [f"Name {n}" for n in range(times)]


def names(sink: Sink, status: int | None = None) -> list[str]:
    chosen = [got for got in sink.got if status in (None, got.answered)]
    bodies = [json.loads(got.body) for got in chosen]
    return [one["name"] for body in bodies for one in (body if isinstance(body, list) else [body])]


def test_an_edit_is_told_signed_with_the_subscribers_secret(tiny: Tiny, sink: Sink) -> None:
    tiny.subscribe(sink.url, "s3cret")
    edit(tiny, 1)
    assert tiny.settle(10)
    (got,) = sink.got
    expected = hmac.new(b"s3cret", got.body, hashlib.sha256).hexdigest()
    assert got.headers["x-signature"] == expected
    assert got.headers["x-attempt"] == "1"
    assert json.loads(got.body)["name"] == "Name 0"


def test_nobody_is_told_without_a_subscription_or_of_a_quiet_edit(tiny: Tiny, sink: Sink) -> None:
    edit(tiny, 3)
    tiny.subscribe(sink.url)
    tiny.table("companies").put("1", {"name": "hush"}, quiet=True)
    tiny.table("companies").delete("1", quiet=True)
    assert tiny.settle(10)
    assert sink.got == []


def test_a_subscription_gets_only_its_topics(tiny: Tiny, sink: Sink) -> None:
    tiny.subscribe(sink.url, events=["companies.delete"])
    edit(tiny, 2)
    tiny.table("companies").delete(tiny.table("companies").ids()[0])
    assert tiny.settle(10)
    assert [json.loads(got.body)["kind"] for got in sink.got] == ["delete"]


@pytest.mark.parametrize("status", [503, 401, 302, 0])
def test_what_is_not_acknowledged_is_sent_again_as_the_same_delivery(
    tiny: Tiny, sink: Sink, status: int
) -> None:
    tiny.subscribe(sink.url)
    sink.statuses = [status] if status else [0, 0]
    edit(tiny, 1)
    assert tiny.settle(10)
    assert len({got.headers["x-delivery"] for got in sink.got}) == 1
    assert [got.answered for got in sink.got][-1] == 200
    assert sink.got[-1].headers["x-attempt"] in ("2", "3")
    assert tiny.sent()["acked"] == 1
    assert [parcel.id for parcel, _ in tiny.acked()] == [sink.got[-1].headers["x-delivery"]]


def test_a_vendor_gives_up_after_its_last_attempt(tiny: Tiny, sink: Sink) -> None:
    tiny.subscribe(sink.url)
    sink.statuses = [500] * 4
    edit(tiny, 1)
    assert tiny.settle(10)
    assert len(sink.got) == 4
    sent = tiny.sent()
    assert (sent["gave_up"], sent["acked"], sent["refused"]) == (1, 0, 4)
    assert tiny.acked() == []


def test_a_receiver_that_is_down_is_tried_until_given_up(tiny: Tiny, sink: Sink) -> None:
    tiny.subscribe(sink.url)
    sink.close()
    edit(tiny, 1)
    assert tiny.settle(10)
    assert tiny.sent()["by_status"] == {"none": 4}


def test_a_regrouping_vendor_counts_attempts_per_event(sandbox: Sandbox, sink: Sink) -> None:
    batching = sandbox["batching"]
    batching.subscribe(sink.url)
    sink.statuses = [503]
    with batching.lock:
        told = edit(batching, 25)  # type: ignore[arg-type]
    assert batching.settle(10)
    assert Counter(names(sink, 200)) == Counter(told)
    assert max(len(json.loads(got.body)) for got in sink.got) <= 10
    attempts = {e.attempt for parcel, _ in batching.acked() for e in parcel.events}
    assert attempts == {1, 2}


def test_duplicates_have_the_same_delivery_id(tiny: Tiny, sink: Sink) -> None:
    tiny.subscribe(sink.url)
    tiny.faults.add("duplicate", count=3)
    edit(tiny, 5)
    assert tiny.settle(10)
    seen = Counter(got.headers["x-delivery"] for got in sink.got)
    assert len(sink.got) == 8
    assert len(seen) == 5


def test_reordering_loses_nothing(sink: Sink) -> None:
    with Sandbox([Tiny], accounts=30, senders=1) as sandbox:
        tiny = sandbox["tiny"]
        tiny.subscribe(sink.url)
        tiny.faults.add("reorder")
        with tiny.lock:
            told = edit(tiny, 40)  # type: ignore[arg-type]
        assert tiny.settle(10)
    assert sorted(names(sink)) == sorted(told)
    assert names(sink) != told


def test_one_sender_keeps_the_order(sink: Sink) -> None:
    with Sandbox([Tiny], accounts=30, senders=1) as sandbox:
        tiny = sandbox["tiny"]
        tiny.subscribe(sink.url)
        told = edit(tiny, 40)  # type: ignore[arg-type]
        assert tiny.settle(10)
    assert names(sink) == told


def test_an_attempt_that_never_leaves_is_made_good(tiny: Tiny, sink: Sink) -> None:
    tiny.subscribe(sink.url)
    tiny.faults.add("unsent", count=2)
    told = edit(tiny, 5)
    assert tiny.settle(10)
    assert sorted(names(sink)) == told
    assert tiny.sent()["by_status"] == {"none": 2, "200": 5}


def test_a_storm_sends_what_was_acknowledged_again(tiny: Tiny, sink: Sink) -> None:
    tiny.subscribe(sink.url)
    edit(tiny, 4)
    assert tiny.settle(10)
    assert tiny.storm(3) == 12
    assert tiny.settle(10)
    assert set(Counter(got.headers["x-delivery"] for got in sink.got).values()) == {4}
    assert {got.body for got in sink.got[4:]} == {got.body for got in sink.got[:4]}


def test_a_burst_reports_what_the_receiver_saw(tiny: Tiny, sink: Sink) -> None:
    tiny.subscribe(sink.url)
    sink.statuses = [200] * 50 + [503] * 7
    report = tiny.burst(400)
    assert report["settled"]
    assert (report["events"], report["acked"], report["refused"]) == (400, 400, 7)
    assert report["by_status"] == {"200": 400, "503": 7}
    assert len(sink.got) == 407
    acked = {parcel.id for parcel, _ in tiny.acked()}
    assert acked == {got.headers["x-delivery"] for got in sink.got if got.answered == 200}


def test_a_refused_handshake_leaves_no_subscription(
    tiny: Tiny, sink: Sink, client: requests.Session
) -> None:
    answer = client.post(f"{tiny.url}/api/hooks", json={"url": f"{sink.url}/refuses"})
    assert answer.status_code == 400
    assert tiny.subscriptions() == []


@pytest.mark.parametrize("url", ["http://example.com/x", "https://127.0.0.1/x", "ftp://127.0.0.1"])
def test_webhooks_go_to_this_machine_only(tiny: Tiny, url: str) -> None:
    with pytest.raises(Refused):
        tiny.subscribe(url)


def test_an_unsubscribed_receiver_gets_no_more(tiny: Tiny, sink: Sink) -> None:
    subscription = tiny.subscribe(sink.url)
    assert tiny.unsubscribe(subscription.id)
    edit(tiny, 2)
    assert tiny.settle(10)
    assert sink.got == []
    assert not tiny.unsubscribe(subscription.id)


def test_a_call_out_gets_status_headers_and_body(tiny: Tiny, sink: Sink) -> None:
    status, headers, body = tiny.post(sink.url, b"hello", {"X-One": "1"})
    assert (status, headers["content-length"], body) == (200, "2", b"ok")
    assert (sink.got[0].body, sink.got[0].headers["x-one"]) == (b"hello", "1")
    sink.close()
    assert tiny.post(sink.url, b"", {})[0] == 0


def test_a_kept_connection_that_was_closed_meanwhile_is_opened_again(sink: Sink) -> None:
    caller = Caller()
    sink.statuses = [200, 0]
    assert caller.post(sink.url, b"a", {})[0] == 200
    assert caller.post(sink.url, b"b", {})[0] == 200
    caller.close()
    assert [got.body for got in sink.got] == [b"a", b"b", b"b"]
