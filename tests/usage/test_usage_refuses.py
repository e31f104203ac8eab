"""Bad input: each event is answered by itself, the rest is taken; a request that cannot be is said
so clearly, in the words of who sent it, and stores nothing."""

from __future__ import annotations

import gzip
import http.client
import io
import json
import time
import tracemalloc
from datetime import timedelta
from typing import Any

import pytest

from hub import write_keys
from hub.errors import TooLarge
from tests.usage.sending import Sender, ours, stamp, track
from webhooks import usage_body


def deep(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = {"a": value}
    return value


EVENT_TROUBLE = {
    "no id": (ours(event_id=""), "no_event_id", "event_id"),
    "id is a list": (ours(event_id=["x"]), "not_text", "event_id"),
    "long id": (ours(event_id="x" * 201), "too_long", "event_id"),
    "nobody": (ours(user_id=None), "no_user", "user_id"),
    "empty user": (ours(user_id=" "), "no_user", "user_id"),
    "user is true": (ours(user_id=True), "not_text", "user_id"),
    "unknown type": (ours(type="purchase"), "unknown_type", "type"),
    "type is a list": (ours(type=[]), "unknown_type", "type"),
    "group without group": (ours(type="group"), "no_group", "group_id"),
    "alias of nobody": (ours(type="alias"), "no_previous", "previous_id"),
    "long name": (ours(name="x" * 301), "too_long", "name"),
    "too large": (ours(properties={"a": "x" * 33_000}), "too_large", None),
    "too deep": (ours(properties=deep(20)), "too_deep", None),
    "deeper than Python": (ours(properties=deep(900)), "too_deep", None),
    "many keys": (ours(properties={str(n): 1 for n in range(1001)}), "too_many_keys", None),
    "long key": (ours(properties={"k" * 301: 1}), "long_key", None),
    "no object": (7, "not_an_object", None),
}


@pytest.mark.parametrize("name", EVENT_TROUBLE)
def test_one_bad_event_is_named_and_its_neighbours_are_taken(sender: Sender, name: str) -> None:
    bad, reason, field = EVENT_TROUBLE[name]
    answer = sender.events({"events": [ours(event_id="a"), bad, ours(event_id="b")]})
    assert answer.status_code == 202
    first, refused, last = answer.json()["results"]
    assert (first["status"], last["status"]) == ("accepted", "accepted")
    assert (refused["index"], refused["status"]) == (1, "rejected")
    assert (refused["reason"], refused.get("field")) == (reason, field)
    assert len(sender.rows()) == 2
    assert sender.book()["rejected"] == {reason: 1}


RAW_TROUBLE = {
    "too_large": b'{"event_id":"x","user_id":"u","p":"' + "ä".encode() * 17_000 + b'"}',
    "not_utf8": b'{"event_id":"x","user_id":"\xff"}',
    "long_number": b'{"event_id":"x","user_id":"u","p":' + b"7" * 5000 + b"}",
    "too_deep": b'{"event_id":"x","p":' + b"[" * 15_000 + b"]" * 15_000 + b"}",
}


@pytest.mark.parametrize("reason", RAW_TROUBLE)
def test_bytes_that_cannot_be_read_spoil_only_their_own_event(sender: Sender, reason: str) -> None:
    good = json.dumps(ours()).encode()
    answer = sender.events(b'{"events":[' + RAW_TROUBLE[reason] + b"," + good + b"]}")
    first, second = answer.json()["results"]
    assert (first["status"], first["reason"]) == ("rejected", reason)
    assert second["status"] == "accepted"


@pytest.mark.parametrize(
    ("raw", "flag"),
    [
        (b'{"event_id":"x","user_id":"u","name":"A","properties":{"n":NaN}}', "bad_number"),
        (b'{"event_id":"x","user_id":"u","name":"A\\ud83d","properties":{}}', "bad_text"),
    ],
)
def test_what_is_no_json_but_can_be_understood_is_mended_and_flagged(
    sender: Sender, raw: bytes, flag: str
) -> None:
    assert sender.events(raw).json()["results"][0]["flags"] == [flag]
    json.loads(bytes(sender.row()["body"]).decode())


def test_of_500_with_one_bad_499_are_taken(sender: Sender) -> None:
    some = [ours(event_id=str(n)) for n in range(500)]
    some[321] = {"name": "No id", "user_id": "u"}
    found = sender.events({"events": some}).json()
    assert (found["accepted"], found["rejected"]) == (499, 1)
    assert found["results"][321]["field"] == "event_id"
    assert len(sender.rows()) == 499


def test_more_than_an_hour_in_the_future_is_refused_and_the_past_never(sender: Sender) -> None:
    now = sender.hub.now()
    times = [now + timedelta(minutes=61), now + timedelta(minutes=59), now - timedelta(days=9000)]
    some = [ours(event_id=str(n), occurred_at=stamp(at)) for n, at in enumerate(times)]
    found = sender.events({"events": some}).json()["results"]
    assert [r["status"] for r in found] == ["rejected", "accepted", "accepted"]
    assert (found[0]["reason"], found[0]["field"]) == ("future", "occurred_at")
    assert found[2]["flags"] == ["late"]


def test_sdks_see_success_while_a_tenant_sees_what_was_refused(sender: Sender) -> None:
    secret = "a-value-that-nobody-agreed-to-keep"
    bad = track(userId="", properties={"card": secret, "rows": 7})
    answer = sender.post("/v1/batch", {"batch": [bad, track(messageId="m-2")]})
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    [kept] = sender.store.refused.find({"endpoint_id": sender.key_doc["_id"]})
    assert (kept["reason"], kept["field"], kept["event_id"]) == ("no_user", "userId", "m-1")
    assert json.loads(kept["shape"])["properties"] == {"card": "text", "rows": "number"}
    assert secret not in repr(kept)
    assert sender.book() == {
        "received": 2,
        "accepted": 1,
        "duplicate": 0,
        "rejected": {"no_user": 1},
    }


def test_kept_refusals_are_bounded(sender: Sender) -> None:
    sender.events({"events": [7] * 200})
    assert sender.store.refused.count({}) == write_keys.REFUSED_KEPT
    assert sender.book()["rejected"] == {"not_an_object": 200}


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b'{"batch":', b'{"batch":[{]}', b'{"batch":[{}],}', b'{"batch":{}}'],
)
def test_a_body_that_is_no_json_is_refused_as_a_whole(sender: Sender, body: bytes) -> None:
    answer = sender.post("/v1/batch", body)
    assert answer.status_code == 400
    assert answer.json()["code"] in ("invalid_json", "no_events")
    assert answer.json()["message"]


@pytest.mark.parametrize("packed", [b"plain", gzip.compress(b'{"batch":[]}', mtime=0)[:-9]])
def test_a_body_that_is_no_gzip_is_refused(sender: Sender, packed: bytes) -> None:
    answer = sender.post("/v1/batch", packed, headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json()["code"]) == (400, "encoding")


def test_a_small_body_that_unpacks_to_a_huge_one_is_refused(sender: Sender) -> None:
    bomb = gzip.compress(b" " * (16 * 1024 * 1024))
    answer = sender.post("/v1/batch", bomb, headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json()["code"]) == (400, "payload_too_large")


def test_such_a_body_is_not_unpacked_to_its_end() -> None:
    bomb = gzip.compress(b" " * (16 * 1024 * 1024))
    environ = {
        "HTTP_CONTENT_ENCODING": "gzip",
        "CONTENT_LENGTH": str(len(bomb)),
        "wsgi.input": io.BytesIO(bomb),
    }
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            usage_body.read(environ, 1024 * 1024)
        assert tracemalloc.get_traced_memory()[1] < 4 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_a_body_of_ten_megabytes_is_answered_before_it_is_sent(sender: Sender) -> None:
    """The sender announces it and sends none of it: the answer comes all the same."""
    for path, status in (("/v1/batch", 400), ("/api/v1/events", 413)):
        host = sender.url.removeprefix("http://")
        line = http.client.HTTPConnection(host, timeout=10)
        line.putrequest("POST", path)
        line.putheader("Authorization", f"Bearer {sender.key}")
        line.putheader("Content-Length", str(10 * 1024 * 1024))
        line.endheaders()
        answer = line.getresponse()
        assert answer.status == status
        assert "4194304" in answer.read().decode()
        line.close()


def test_the_501st_event_is_said_to_be_too_many(sender: Sender) -> None:
    answer = sender.events({"events": [ours()] * 501})
    assert (answer.status_code, answer.headers["Content-Type"]) == (413, "application/problem+json")
    assert "More than 500 events" in answer.json()["detail"]
    assert sender.rows() == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"batch":[' + b"1," * 2_000_000 + b"1]}", "payload_too_large"),
        (b"{" + b",".join(b'"k%d":1' % n for n in range(300_000)) + b"}", "too_many_keys"),
    ],
)
def test_a_stranger_cannot_keep_us_busy_with_millions_of_nothings(
    sender: Sender, body: bytes, reason: str
) -> None:
    """Without a key, and before one is looked for: it ends at the first event or field too many."""
    before = time.process_time()
    answer = sender.post("/v1/batch", body, key="")
    assert (answer.status_code, answer.json()["code"]) == (400, reason)
    assert time.process_time() - before < 0.5
