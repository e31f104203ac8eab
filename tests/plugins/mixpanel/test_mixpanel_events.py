"""Lines of the raw export: whose they are, on which day, and what they add up to."""

from __future__ import annotations

import hashlib
import json
import random
import tracemalloc
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.api import RetryLater
from plugins.mixpanel import sums
from plugins.mixpanel.events import Reading, Use, silent_names

EXPORT = (Path(__file__).parent / "payloads" / "export.jsonl").read_bytes()
READING = Reading(account_property="company_id", silent=silent_names("Login Failed, Ping"))
JAN_5 = 1767607200
"""2026-01-05T10:00:00Z."""


def line(time: Any = JAN_5, name: Any = "Opened", **said: Any) -> bytes:
    known = {"time": time, "distinct_id": "u-81", "company_id": "acme"}
    return json.dumps({"event": name, "properties": known | said}).encode()


def nameless(name: Any) -> bytes:
    return line(name=name)


def record_id(day: str, group: str, user: str) -> str:
    whose = f"{len(group)}/{group}/{user}".encode()
    return f"{day}/{hashlib.blake2b(whose, digest_size=12).hexdigest()}"


def uses(text: bytes, reading: Reading = READING) -> list[Use]:
    return list(reading.uses(text))


def added(
    lines: list[bytes], reading: Reading = READING, first: str = "", last: str = "9999"
) -> Any:
    with sums.opened() as found:
        found.fill(lines, reading, first, last, 60)
        return list(found.records())


def test_the_line_of_the_fact_sheet() -> None:
    """Fact sheet, section 2, word for word."""
    assert uses(EXPORT) == [Use("2026-01-05", "acme", "u-81", "Report Exported", 1767607200000)]
    assert added([EXPORT]) == [
        {
            "id": record_id("2026-01-05", "acme", "u-81"),
            "user": "u-81",
            "group": "acme",
            "active_days": ["2026-01-05"],
            "features": [{"feature": "Report Exported", "day": "2026-01-05"}],
            "first_seen_at": "2026-01-05T10:00:00.000+00:00",
            "last_active_on": "2026-01-05",
        }
    ]


@pytest.mark.parametrize(
    ("zone", "wall", "day", "utc"),
    [
        # 20:30 in New York (UTC-5) is 01:30 of the next day in UTC.
        ("America/New_York", 1767645000, "2026-01-05", "2026-01-06"),
        # 05:30 in Kolkata (UTC+5:30) is midnight in UTC; a minute before is the day before.
        ("Asia/Kolkata", 1767591000, "2026-01-05", "2026-01-05"),
        ("Asia/Kolkata", 1767590940, "2026-01-05", "2026-01-04"),
        # 00:30 in Paris on the 1st of July (UTC+2 in summer) is 22:30 in UTC.
        ("Europe/Paris", 1782865800, "2026-07-01", "2026-06-30"),
    ],
)
def test_an_old_project_writes_its_wall_clock(zone: str, wall: int, day: str, utc: str) -> None:
    """Fact sheet, section 2 and 7: before 2023 `time` is local time as if it were Unix time."""
    reading = Reading(ZoneInfo(zone), "company_id")
    [use] = uses(line(wall), reading)
    assert (use.day, sums.utc_day(use.at)) == (day, utc)
    [record] = added([line(wall)], reading)
    assert (record["id"][:10], record["active_days"]) == (day, [utc])
    [plain] = added([line(wall)])
    assert plain["active_days"] == [day]


def test_a_day_of_an_old_project_may_be_two_of_utc() -> None:
    reading = Reading(ZoneInfo("America/New_York"), "company_id")
    morning, evening = line(1767607200, "Opened"), line(1767645000, "Saved")
    [record] = added([evening, morning], reading)
    assert record["active_days"] == ["2026-01-05", "2026-01-06"]
    assert record["features"] == [
        {"feature": "Opened", "day": "2026-01-05"},
        {"feature": "Saved", "day": "2026-01-06"},
    ]
    assert record["first_seen_at"] == "2026-01-05T15:00:00.000+00:00"


def test_the_last_day_of_a_feature_does_not_hang_on_the_order() -> None:
    reading = Reading(ZoneInfo("America/New_York"), "company_id")
    days = [line(1767607200), line(1767645000)]
    for lines in (days, days[::-1]):
        [record] = added(lines, reading)
        assert record["features"] == [{"feature": "Opened", "day": "2026-01-06"}]
        assert record["active_days"] == ["2026-01-05", "2026-01-06"]


@pytest.mark.parametrize(
    "nobody",
    [
        *("", "  ", None, True, [], {}, "$device:18f3c2", "anon", "anonymous", "nil", "none"),
        *("null", "NULL", "n/a", "na", "undefined", "unknown", "<nil>", "0", 0, "-1", "true"),
        *("false", "[]", "{}", "00000000-0000-0000-0000-000000000000"),
    ],
)
def test_what_nobody_did_is_no_use(nobody: Any) -> None:
    """Fact sheet, section 4: refused ids; the empty one is "no user"; a device is no person."""
    assert uses(line(distinct_id=nobody)) == []


@pytest.mark.parametrize(
    ("id", "user"), [(81, "81"), (81.0, "81"), ("081", "081"), (2**60, str(2**60))]
)
def test_ids_are_text_whatever_json_holds(id: Any, user: str) -> None:
    assert [use.user for use in uses(line(distinct_id=id))] == [user]


@pytest.mark.parametrize(
    ("value", "groups"),
    [
        ("acme", ["acme"]),
        (42, ["42"]),
        (["acme", "umbrella", "acme", "", None], ["acme", "umbrella"]),
        (None, [""]),
        ("", [""]),
        ({"id": 1}, [""]),
        (True, [""]),
    ],
)
def test_an_event_names_one_account_or_several_or_none(value: Any, groups: list[str]) -> None:
    assert [use.group for use in uses(line(company_id=value))] == groups


def test_without_a_property_no_event_names_an_account() -> None:
    [record] = added([line()], Reading())
    assert (record["id"], record["alone"]) == (record_id("2026-01-05", "", "u-81"), "u-81")
    assert "group" not in record


@pytest.mark.parametrize(
    "name",
    ["Login Failed", "login_failed", "loginFailed", "PING", "$identify", "$create_alias", "$merge"],
)
def test_silent_events_make_nobody_active(name: str) -> None:
    assert uses(line(name=name)) == []


@pytest.mark.parametrize(
    "odd",
    [
        *(line(time=t) for t in (None, "1767607200", True, -1, 1e300)),
        *map(nameless, ("", None, {})),
        b'{"event": "Opened"}',
        b'{"event": "Opened", "properties": []}',
        b"{}",
    ],
)
def test_what_is_no_event_is_passed_over(odd: bytes) -> None:
    assert uses(odd) == []


@pytest.mark.parametrize(
    "broken", [b'{"event":"Report Exp', b"[]", b"null", b"\xff", b"[" * 100_000]
)
def test_a_line_that_is_no_object_is_a_cut_export(broken: bytes) -> None:
    with pytest.raises(RetryLater) as later:
        added([line(), broken])
    assert later.value.reason == "cut"


def test_events_of_other_days_do_not_make_half_a_record() -> None:
    days = [line(JAN_5 + n * 86_400) for n in (-1, 0, 1, 2)]
    found = added(days, first="2026-01-05", last="2026-01-06")
    assert [r["id"][:10] for r in found] == ["2026-01-05", "2026-01-06"]


def test_ids_of_records_name_nobody_and_differ() -> None:
    """An id cannot be blanked when a person asks to be forgotten."""
    pairs = [("a/b", "c"), ("a", "b/c"), ("", "a/b/c"), ("a/b/c", "x"), ("acme", "ana@acme.test")]
    found = added([line(company_id=group, distinct_id=user) for group, user in pairs])
    assert {r["id"] for r in found} == {record_id("2026-01-05", *pair) for pair in pairs}
    assert len(found) == len(pairs)
    assert not any("ana" in r["id"] or "acme" in r["id"] for r in found)
    [odd] = added([line(distinct_id="\ud800x\0", name="\udfff")])
    assert (odd["user"], odd["features"][0]["feature"]) == ("\ufffdx", "\ufffd")


def test_of_very_many_features_those_used_last_are_told() -> None:
    [record] = added([line(JAN_5 + n, f"f{n:03}") for n in range(250)])
    assert [f["feature"] for f in record["features"]] == [f"f{n:03}" for n in range(50, 250)]


EVENTS = st.tuples(
    st.integers(JAN_5, JAN_5 + 3 * 86_400),
    st.sampled_from(["Opened", "Saved", "Ping"]),
    st.sampled_from(["u-1", "u-2", ""]),
    st.sampled_from(["acme", "", "b/c"]),
    st.uuids(),
)


@settings(max_examples=40)
@given(st.lists(EVENTS, max_size=30), st.randoms(use_true_random=False))
def test_order_and_repeats_do_not_matter(events: list[Any], chance: random.Random) -> None:
    """The export has no order and is not deduplicated: (event, distinct_id, time, $insert_id)."""
    lines = [
        line(at, name, distinct_id=user, company_id=group, **{"$insert_id": str(id)})
        for at, name, user, group, id in events
    ]
    again = lines + lines[::2]
    chance.shuffle(again)
    assert added(again) == added(lines)
    wanted = {(str(at // 86_400), u, g) for at, n, u, g, _ in events if u and n != "Ping"}
    assert len(added(lines)) == len(wanted)


@settings(max_examples=40)
@given(st.lists(EVENTS, max_size=30), st.integers(0, 30))
def test_records_go_on_behind_any_of_them(events: list[Any], place: int) -> None:
    lines = [line(at, n, distinct_id=u, company_id=g) for at, n, u, g, _ in events]
    with sums.opened() as found:
        found.fill(lines, READING, "", "9999", 60)
        whole = list(found.records())
        for done in whole[place : place + 1]:
            assert list(found.records(done["id"])) == whole[place + 1 :]


def test_memory_stays_flat_over_a_long_day() -> None:
    """Six thousand people, and so as many records, of which Python never holds more than a part."""
    lines = (line(JAN_5 + n % 50_000, distinct_id=f"user-{n:08}") for n in range(6_000))
    with sums.opened() as found:
        tracemalloc.start()
        try:
            found.fill(lines, READING, "", "9999", 60)
            count = sum(1 for _ in found.records())
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert count == 6_000
    assert peak < 1_500_000
