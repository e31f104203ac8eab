"""What is taken of events, and how it is stored: once, durable, with its own time and people."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest
import requests

from hub import connections
from tests.usage.sending import Sender, ours, stamp, track

KINDS = {
    "track": {"event": "Report Exported"},
    "identify": {"traits": {"email": "ana@acme.test"}},
    "group": {"groupId": "acme"},
    "page": {"name": "Home"},
    "screen": {"name": "Start"},
    "alias": {"previousId": "a-1"},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("short", [False, True])
def test_each_call_has_an_address_and_is_answered_as_sdks_want_it(
    sender: Sender, kind: str, short: bool
) -> None:
    call = {"userId": "u-81", "messageId": "m-1", **KINDS[kind]}
    answer = sender.post(f"/v1/{kind[0] if short else kind}", call)
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert sender.row()["kind"] == kind


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/b", "/v1/import"])
def test_a_batch_is_stored_event_by_event_with_its_own_bytes(sender: Sender, path: str) -> None:
    first = b'{"type":"track","event":"A",  "userId":1e2, "messageId":"1", "x":1.10}'
    body = b'{"sentAt":"2026-01-05T10:00:00Z","batch":[' + first + b',{"type":"page"'
    body += b',"anonymousId":"a-1","messageId":"2"}]}'
    assert sender.post(path, body).status_code == 200
    one, two = sender.rows()
    assert (one["_id"], bytes(one["body"])) == (f"{sender.source['_id']}:1", first)
    assert (one["name"], one["user"], one["due"]) == ("A", "100", 1)
    assert (two["kind"], two["anonymous"], "name" in two, "user" in two) == (
        "page",
        "a-1",
        False,
        False,
    )
    assert one["batch"] == two["batch"]


def test_our_own_address_answers_202_with_a_result_for_each_event(sender: Sender) -> None:
    answer = sender.events({"events": [ours(), ours(event_id="e-2", type="page", name="")]})
    assert answer.status_code == 202
    assert answer.json() == {
        "results": [
            {"index": 0, "event_id": "e-1", "status": "accepted"},
            {"index": 1, "event_id": "e-2", "status": "accepted"},
        ],
        "accepted": 2,
        "duplicate": 0,
        "rejected": 0,
    }
    assert [row["kind"] for row in sender.rows()] == ["track", "page"]


def test_a_single_event_needs_no_array(sender: Sender) -> None:
    body = ours(user_id=81, group_id="acme", occurred_at=1_767_607_200)
    assert sender.events(body).json()["accepted"] == 1
    row = sender.row()
    assert (row["user"], row["group"], row["at"]) == (
        "81",
        "acme",
        datetime(2026, 1, 5, 10, tzinfo=UTC),
    )


def test_what_is_sent_again_counts_once_also_within_a_batch(sender: Sender) -> None:
    batch = {"events": [ours(), ours(event_id="e-2"), ours()]}
    fates = [r["status"] for r in sender.events(batch).json()["results"]]
    assert fates == ["accepted", "accepted", "duplicate"]
    again = sender.events(batch).json()
    assert (again["accepted"], again["duplicate"]) == (0, 3)
    assert len(sender.rows()) == 2
    assert sender.book() == {"received": 6, "accepted": 2, "duplicate": 4, "rejected": {}}


def test_the_same_id_of_another_source_or_tenant_is_another_event(
    sender: Sender, address: str
) -> None:
    other = Sender(sender.hub, address)
    assert [s.events(ours()).json()["accepted"] for s in (sender, other)] == [1, 1]


def test_an_event_without_an_id_is_known_again_by_its_bytes_and_time(sender: Sender) -> None:
    call = track(messageId="", timestamp="2026-01-05T10:00:00Z")
    later = track(messageId="", timestamp="2026-01-05T10:00:01Z")
    for body in (call, call, later):
        sender.post("/v1/track", body)
    assert len(sender.rows()) == 2
    assert all(row["flags"] == ["no_id"] for row in sender.rows())


@pytest.mark.parametrize(
    ("place", "group"),
    [
        ({"context": {"groupId": "acme"}}, "acme"),
        ({"context": {"groupId": 7}}, "7"),
        ({"groupId": "acme"}, "acme"),
        ({"context": {"groupId": "acme"}, "groupId": "other"}, "acme"),
        ({}, None),
    ],
)
def test_the_group_of_a_call_is_that_of_its_context(
    sender: Sender, place: dict[str, object], group: str | None
) -> None:
    sender.post("/v1/track", track(**place))
    assert sender.row().get("group") == group


def test_the_context_of_a_batch_counts_for_each_event_that_says_nothing_else(
    sender: Sender,
) -> None:
    own = track(messageId="m-2", context={"groupId": "beta"})
    sender.post("/v1/batch", {"batch": [track(), own], "context": {"groupId": "acme", "ip": "x"}})
    assert [row["group"] for row in sender.rows()] == ["acme", "beta"]
    assert json.loads(sender.rows()[1]["body"])["context"] == {"groupId": "beta", "ip": "x"}


def test_a_clock_that_is_wrong_is_put_right_by_the_time_of_sending(sender: Sender) -> None:
    """received - (sent - happened): a clock three days ahead, an event one hour old."""
    now = sender.hub.now()
    wrong = now + timedelta(days=3)
    batch = {"batch": [track(timestamp=stamp(wrong - timedelta(hours=1)))], "sentAt": stamp(wrong)}
    assert sender.post("/v1/batch", batch).status_code == 200
    assert abs(sender.row()["at"] - (now - timedelta(hours=1))) < timedelta(seconds=20)


@pytest.mark.parametrize(
    ("given", "at", "flags"),
    [
        ("2026-01-05T10:00:00.123Z", datetime(2026, 1, 5, 10, 0, 0, 123000, UTC), []),
        ("2026-01-05T23:30:00-02:00", datetime(2026, 1, 6, 1, 30, tzinfo=UTC), []),
        ("2026-01-05 10:00:00", datetime(2026, 1, 5, 10, tzinfo=UTC), []),
        ("2026-2-02T17:00:00.000Z", datetime(2026, 2, 2, 17, tzinfo=UTC), []),
        ("1767607200000", datetime(2026, 1, 5, 10, tzinfo=UTC), []),
        (1767607200000, datetime(2026, 1, 5, 10, tzinfo=UTC), []),
        (1767607200.5, datetime(2026, 1, 5, 10, 0, 0, 500000, UTC), []),
        ("1999-12-31T23:59:59Z", datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC), ["late"]),
        ("yesterday", None, ["bad_time"]),
        (1e300, None, ["bad_time"]),
        (True, None, ["bad_time"]),
        ({"no": "time"}, None, ["bad_time"]),
        (None, None, []),
    ],
)
def test_times_are_read_leniently_and_belong_to_their_own_day(
    sender: Sender, given: object, at: datetime | None, flags: list[str]
) -> None:
    sender.events(ours(occurred_at=given))
    row = sender.row()
    assert row["at"] == (at or row["received_at"])
    assert (row["day"], row["flags"]) == (row["at"].date().isoformat(), flags)


def test_a_raw_event_ends_when_the_tenant_has_said(sender: Sender) -> None:
    sender.events(ours(occurred_at="1999-12-31"))
    row = sender.row()
    assert row["expires_at"] - row["received_at"] == timedelta(days=400)


def test_gzip_and_what_a_beacon_sends_are_taken(sender: Sender) -> None:
    packed = gzip.compress(json.dumps({"batch": [track()]}).encode())
    headers = {"Content-Encoding": "gzip"}
    assert sender.post("/v1/batch", packed, headers=headers).status_code == 200
    plain = {"Content-Type": "text/plain;charset=UTF-8"}
    beacon = track(messageId="m-2", writeKey=sender.key)
    assert sender.post("/v1/t", beacon, key="", headers=plain).status_code == 200
    assert len(sender.rows()) == 2


def test_the_key_of_a_single_event_is_not_stored_with_it(sender: Sender) -> None:
    sender.post("/v1/track", track(writeKey=sender.key), key="")
    assert sender.key not in repr(sender.row())


def test_who_sends_is_read_as_every_sdk_writes_it(sender: Sender) -> None:
    body = track(writeKey=sender.key)
    alone = {"Authorization": f"Bearer {sender.key}"}
    foreign = {"Authorization": "Bearer a.token.of-somebody-else"}
    bare = {"Authorization": requests_basic(sender.key)}
    for given, headers in ((body, {}), (track(), alone), (body, foreign), (track(), bare)):
        answer = sender.post("/v1/track", given, key="", headers=headers)
        assert answer.status_code == 200, (given, headers)


def requests_basic(text: str) -> str:
    """Without the colon, as old clients send it."""
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_a_paused_source_still_keeps_its_events(sender: Sender) -> None:
    connections.pause(sender.hub, sender.tenant_id, sender.source["_id"])
    assert sender.events(ours()).json()["accepted"] == 1
    assert sender.row()["due"] == 1


def test_other_addresses_and_methods_go_to_the_rest_of_the_site(sender: Sender) -> None:
    for method, path in (("GET", "/api/v1/events"), ("POST", "/api/v1/accounts"), ("GET", "/v10")):
        answer = requests.request(method, sender.url + path, timeout=10)
        assert answer.headers.get("X-Behind") == "yes"
