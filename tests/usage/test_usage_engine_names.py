"""The catalogue: names, types and volumes as they came, drift, and nobody's data in it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from hub.engine import usage_names
from hub.store.client import Doc
from tests.stage import Stage
from tests.usage.senders import Source, identify, source, track

DAY = timedelta(days=1)


@pytest.fixture
def ours(stage: Stage) -> Source:
    return source(stage)


@pytest.fixture
def now(stage: Stage) -> datetime:
    return stage.hub.now()


def _entry(stage: Stage, name: str) -> Doc:
    found = stage.store.event_names.find_one({"name": name})
    assert found is not None
    return found


def _types(entry: Doc) -> dict[str, dict[str, int]]:
    return {p["name"]: {t["type"]: t["count"] for t in p["types"]} for p in entry["properties"]}


def test_names_types_and_volumes_are_exact_over_batches(
    stage: Stage, ours: Source, now: datetime
) -> None:
    ours.send(
        track("u", "Exported", now, properties={"rows": 1200, "format": "csv"}),
        track("u", "Exported", now - 2 * DAY, properties={"rows": 3, "wide": True}),
    )
    ours.work()
    ours.send(track("u", "Exported", now, properties={"rows": None, "tags": [1], "by": {}}))
    ours.work()
    entry = _entry(stage, "Exported")
    assert (entry["volume"], entry["version"]) == (3, 2)
    assert _types(entry) == {
        "rows": {"number": 2, "empty": 1},
        "format": {"text": 1},
        "wide": {"true or false": 1},
        "tags": {"list": 1},
        "by": {"object": 1},
    }
    days = {d["day"]: d["count"] for d in stage.store.usage_days.find({"name_id": entry["_id"]})}
    assert days == {now.date().isoformat(): 2, (now - 2 * DAY).date().isoformat(): 1}


def test_a_property_that_changes_its_type_is_drift_and_an_empty_one_is_not(
    stage: Stage, ours: Source, now: datetime
) -> None:
    ours.send(track("u", "Exported", now, properties={"rows": 1, "note": None}))
    ours.work()
    ours.send(track("u", "Exported", now, properties={"rows": "1", "note": "x"}))
    ours.work()
    [drift] = _entry(stage, "Exported")["drift"]
    assert (drift["property"], drift["had"], drift["now"]) == ("rows", ["number"], "text")
    ours.send(track("u", "Exported", now, properties={"rows": "2"}))
    ours.work()
    assert len(_entry(stage, "Exported")["drift"]) == 1


def test_the_catalogue_holds_nobodys_words(stage: Stage, ours: Source, now: datetime) -> None:
    ours.send(
        identify("u", now, email="ana@acme.test", phone=491701234567, name="Ana Ruiz"),
        track("u", "Invited", now, properties={"who": "bea@brick.test"}),
    )
    ours.work()
    text = json.dumps(list(stage.store.event_names.find({})), default=str)
    for word in ("ana@", "Ruiz", "491701234567", "bea@"):
        assert word not in text


def test_names_behind_the_cap_are_counted_together_and_said(
    stage: Stage, ours: Source, now: datetime
) -> None:
    most = usage_names.NAMES
    names = [f"Name {n:04d}" for n in range(most + 7)]
    ours.send(*(track("u", name, now) for name in names))
    ours.work()
    known = {d["name"]: d["volume"] for d in stage.store.event_names.find({})}
    assert len(known) == most + 1
    assert known[usage_names.OTHER] == 7
    behind, within = next(n for n in names if n not in known), next(n for n in names if n in known)
    ours.send(track("u", behind, now), track("u", within, now))
    ours.work()
    assert _entry(stage, usage_names.OTHER)["volume"] == 8
    assert _entry(stage, within)["volume"] == 2


def test_a_body_with_names_as_the_store_uses_them_is_kept_as_it_came(
    stage: Stage, ours: Source, now: datetime
) -> None:
    ours.send(track("u", "$set", now, group="a.b/$c", properties={"a.b": 1, "$inc": 2}))
    ours.work()
    assert _types(_entry(stage, "$set")) == {"a.b": {"number": 1}, "$inc": {"number": 1}}
    [record] = stage.store.records.find({"entity": "usage"})
    assert record["native_id"] == "a.b%2F$c/u"
    assert record["values"]["features"] == [{"feature": "$set", "day": now.date().isoformat()}]
