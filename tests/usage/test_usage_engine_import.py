"""History comes in from a file: once, on its own days, from where it was cut off."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.engine import usage_import
from hub.errors import CorrectInput
from tests.stage import Stage
from tests.usage.senders import Source, group, source, track

DAY = timedelta(days=1)


@pytest.fixture
def ours(stage: Stage) -> Source:
    return source(stage)


@pytest.fixture
def now(stage: Stage) -> datetime:
    return stage.hub.now()


def _bring(ours: Source, path: Path, **more: Any) -> usage_import.Report:
    stage = ours.stage
    given: dict[str, Any] = {"format": "csv" if path.suffix == ".csv" else "ndjson", **more}
    return usage_import.bring(stage.hub, stage.tenant_id, ours.id, path, **given)


def _file(folder: Path, calls: Sequence[Any], name: str = "history.ndjson") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(call) + "\n" for call in calls))
    return path


def test_history_lands_on_its_own_days_and_makes_nothing_fresh(
    stage: Stage, ours: Source, now: datetime, tmp_path: Path
) -> None:
    then = now - 100 * DAY
    sent = {"sentAt": then.isoformat()}
    path = _file(tmp_path, [group("u", "acme", then), track("u", "Opened", then, **sent)])
    report = _bring(ours, path)
    assert (report.counts["accepted"], report.counts["rejected"]) == (2, 0)
    ours.work()
    account = stage.store.accounts.find_one({"external_ids": "acme"})
    assert account is not None
    assert account["state"]["counters"]["last_active"] == {then.date().isoformat(): 1}
    stream = stage.store.streams.find_one({"_id": f"{ours.id}:usage"})
    assert stream is not None
    assert abs(stream["heard_at"] - then) < timedelta(seconds=1)


def test_a_file_again_and_rows_without_an_id_again_change_nothing(
    stage: Stage, ours: Source, now: datetime, tmp_path: Path
) -> None:
    calls = [{**track("u", f"E{n}", now - n * DAY), "messageId": ""} for n in range(5)]
    _bring(ours, _file(tmp_path, calls))
    assert _bring(ours, _file(tmp_path, calls)).counts["accepted"] == 5
    other = _bring(ours, _file(tmp_path, [*calls, track("u", "New", now)], "longer.ndjson"))
    assert (other.counts["accepted"], other.counts["duplicate"]) == (1, 5)
    assert stage.store.usage_events.count({}) == 6


@pytest.mark.parametrize("suffix", ["ndjson", "csv"])
def test_an_import_that_was_cut_off_goes_on_where_it_was(
    stage: Stage, ours: Source, now: datetime, tmp_path: Path, suffix: str
) -> None:
    count = usage_import.CHUNK * 2 + 10
    if suffix == "csv":
        path = tmp_path / "history.csv"
        rows = [f"i{n},Opened,u,{(now - DAY).isoformat()}\n" for n in range(count)]
        path.write_text("id,event,user,time\n" + "".join(rows))
    else:
        path = _file(tmp_path, [track("u", "Opened", now - DAY) for n in range(count)])

    class Cut(Exception):
        pass

    def cut(report: usage_import.Report) -> None:
        raise Cut

    with pytest.raises(Cut):
        _bring(ours, path, watch=cut)
    assert stage.store.usage_events.count({}) == usage_import.CHUNK
    seen: list[int] = []
    report = _bring(ours, path, watch=lambda now: seen.append(now.counts["accepted"]))
    assert seen == [usage_import.CHUNK * 2, count], "it began behind the first chunk"
    assert report.counts["duplicate"] == 0
    assert stage.store.usage_events.count({}) == count


def test_each_row_that_cannot_be_taken_is_told_with_its_line(
    stage: Stage, ours: Source, now: datetime, tmp_path: Path
) -> None:
    lines = [
        json.dumps(track("u", "Opened", now)),
        "{not json",
        "",
        json.dumps(track("u", "Opened", now + 2 * DAY)),
        json.dumps(track("", "Opened", now)),
        '["a list"]',
    ]
    path = tmp_path / "mixed.ndjson"
    path.write_text("\n".join(lines))
    report = _bring(ours, path)
    assert report.counts == {"accepted": 1, "rejected": 4}
    told = {(one["line"], one["reason"]) for one in report.told}
    assert told == {(2, "not_json"), (4, "future"), (5, "no_user"), (6, "not_json")}


def test_a_table_is_read_by_its_header_or_by_what_is_said_of_it(
    stage: Stage, ours: Source, tmp_path: Path
) -> None:
    path = tmp_path / "export.csv"
    path.write_text(
        "Action,userId,Company,Event Time,rows,note\n"
        'Exported,81,acme,2026-03-01 10:00:00,1200,"two\nlines"\n'
    )
    said = {"name": "Action", "group_id": "Company", "occurred_at": "Event Time"}
    report = _bring(ours, path, columns=said)
    assert report.counts == {"accepted": 1}, report.told
    [event] = stage.store.usage_events.find({})
    assert (event["name"], event["user"], event["group"]) == ("Exported", "81", "acme")
    assert event["at"] == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert json.loads(event["body"])["properties"] == {"rows": 1200, "note": "two\nlines"}


def test_a_column_or_field_that_is_not_there_is_named(ours: Source, tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("event,user\nOpened,u\n")
    with pytest.raises(CorrectInput, match="no column When; it has event, user"):
        _bring(ours, path, columns={"occurred_at": "When"})
    with pytest.raises(CorrectInput, match="no field when; there are event_id"):
        _bring(ours, path, columns={"when": "event"})
