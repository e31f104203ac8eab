"""Large windows by query jobs: the same records as by pages, from any place on, whatever fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.api import GiveUp, Page, RetryLater
from hub.sandbox import Request, Sandbox
from mappings.language import load
from plugins.salesforce import CONNECTOR, bulk, memory, seeding, soql
from plugins.salesforce.catalogue import OBJECTS, describe
from plugins.salesforce.client import Client
from plugins.salesforce.sandbox import Org, create
from plugins.salesforce.sandbox_jobs import _csv
from plugins.salesforce.sandbox_refusing import refusal

Opener = Callable[..., Client]
STREAMS = {stream.object: stream for stream in CONNECTOR.streams}
MAPPINGS = load(CONNECTOR.mapping.read_text(), "salesforce/mapping.yaml", CONNECTOR.conversions)
PAGED = 1_000_000


@pytest.fixture(scope="module")
def served() -> Iterator[Org]:
    with Sandbox(vendors=[create], seed=7, accounts=12, retry_scale=1 / 60_000) as sandbox:
        found = sandbox["salesforce"]
        assert isinstance(found, Org)
        yield found


@pytest.fixture
def org(served: Org) -> Org:
    """One org for all tests, without the jobs and the manners of the test before."""
    memory.KEPT.clear()
    served.jobs.clear()
    served.faults.clear()
    served.job_looks, served.job_end, served.page_size = 1, "JobComplete", 2000
    return served


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty rows are many, ten come in one answer and four of them in one page."""
    monkeypatch.setattr(bulk, "ABOVE", 20)
    monkeypatch.setattr(bulk, "AT_ONCE", 10)
    monkeypatch.setattr(bulk, "PAGE", 4)


def read(client: Client, name: str = "Contact", cursor: Any = None) -> Iterator[Page]:
    """Pages as the hub asks for them, which waits and asks again where it is told to."""
    fields, cursor = MAPPINGS[name].source_fields, json.loads(json.dumps(cursor))
    for _ in range(20):
        try:
            for page in STREAMS[name].pages(client, cursor, fields):
                cursor = json.loads(json.dumps(page.cursor))
                yield page
        except RetryLater as wait:
            if wait.reason != "preparing":
                raise
        else:
            return
    raise AssertionError("the job never ended")


def by_id(pages: list[Page]) -> dict[str, str]:
    return {str(r["Id"]): json.dumps(r, sort_keys=True) for page in pages for r in page.records}


def whole(org: Org, name: str = "Contact") -> set[str]:
    return {*org.table(name).ids(), *org.table(name).tombstones}


@pytest.mark.parametrize("name", list(STREAMS))
def test_a_job_brings_the_very_records_that_pages_bring(
    name: str, client: Client, org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_job = list(read(client, name))
    jobs = len(org.jobs)
    monkeypatch.setattr(bulk, "ABOVE", PAGED)
    by_pages = list(read(client, name))
    assert by_id(by_job) == by_id(by_pages)
    assert sum(len(page.records) for page in by_job) == len(by_id(by_pages))
    assert by_job[-1].cursor == by_pages[-1].cursor
    assert by_job[-1].total == len(whole(org, name))
    assert (jobs, len(org.jobs)) == ((1, 1) if len(whole(org, name)) > 20 else (0, 0))


TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\r\t,\"'"), min_size=1
)
WHEN = st.datetimes(datetime(1999, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "boolean": st.booleans(),
    "int": st.none() | st.integers(-(2**31), 2**31 - 1),
    "double": st.none() | st.floats(allow_nan=False, allow_infinity=False),
    "datetime": st.none() | WHEN.map(seeding.stamp),
    "date": st.none() | WHEN.map(lambda at: at.date().isoformat()),
}
VALUES |= dict.fromkeys(("currency", "percent"), VALUES["double"])
KINDS = {n: k for n, k in OBJECTS["Account"].items() if k != "address"} | {"IsDeleted": "boolean"}
ROWS = st.fixed_dictionaries({n: VALUES.get(k, st.none() | TEXT) for n, k in KINDS.items()})


@settings(max_examples=25, deadline=None)
@given(st.lists(ROWS, max_size=9), st.integers(0, 9))
def test_any_row_is_read_from_csv_as_json_has_it(rows: list[dict[str, Any]], skip: int) -> None:
    query = soql.Query("Account", tuple(KINDS), (), (), None)
    read = bulk.Results(_csv(query, rows).decode(), None).rows(describe("Account"), skip)
    assert _text(one for some in read for one in some) == _text(rows[skip:])


def _text(rows: Iterable[dict[str, Any]]) -> str:
    return json.dumps(list(rows), sort_keys=True)


def test_the_cells_of_the_published_notation_are_read() -> None:
    """Written by hand: CSV of a job and the REST API's JSON of the same record."""
    text = (
        '"Id","Name","AnnualRevenue","NumberOfEmployees","IsDeleted","SystemModstamp","Phone"\n'
        '"001XX000003DHPhYAO","Acme, ""Nord""\nGmbH","3.5E8","12","false",'
        '"2026-01-02T17:38:59.000Z",""\n'
    )
    (rows,) = bulk.Results(text, None).rows(describe("Account"), 0)
    assert json.dumps(rows) == json.dumps([{
        "Id": "001XX000003DHPhYAO", "Name": 'Acme, "Nord"\nGmbH', "AnnualRevenue": 350000000.0,
        "NumberOfEmployees": 12, "IsDeleted": False,
        "SystemModstamp": "2026-01-02T17:38:59.000+0000", "Phone": None,
    }])  # fmt: skip


def test_from_any_place_another_worker_reads_the_rest(connect: Opener, org: Org) -> None:
    pages = list(read(connect()))
    assert len(pages) > 5
    for stop, page in enumerate(pages[:-1], 1):
        rest = list(read(connect(), cursor=page.cursor))
        assert by_id(pages[:stop]).keys() & by_id(rest).keys() == set()
        assert by_id(pages[:stop]) | by_id(rest) == by_id(pages)
        assert rest[-1].cursor == pages[-1].cursor
    assert len(org.jobs) == 1


def test_while_the_org_works_nobody_waits_for_it(client: Client, org: Org) -> None:
    """The place is kept before the first look, so that whoever comes back finds the same job."""
    org.job_looks = 1000
    pages = STREAMS["Contact"].pages(client, None, ())
    first = next(iter(pages))
    assert (list(first.records), list(org.jobs)) == ([], [first.cursor["job"]["id"]])
    pauses = []
    for passed in (0, 60, 60):
        org.clock.advance(passed)
        with pytest.raises(RetryLater) as wait:
            list(STREAMS["Contact"].pages(client, first.cursor, ()))
        assert wait.value.reason == "preparing"
        pauses.append(round(wait.value.retry_after or 0))
    assert pauses == [5, 30, 60]
    assert len(org.jobs) == 1


@pytest.mark.parametrize("end", ["Failed", "Aborted"])
def test_jobs_that_fail_are_tried_twice_and_then_pages_are_read(
    end: str, client: Client, org: Org
) -> None:
    org.job_end, org.page_size = end, 17
    pages = list(read(client))
    assert by_id(pages).keys() == whole(org)
    assert [job.state for job in org.jobs.values()] == [end, end]


def test_a_job_that_the_org_has_forgotten_is_made_anew(connect: Opener, org: Org) -> None:
    """They live seven days; the new one brings every row, those already read too."""
    walk = read(connect())
    cursor = [next(walk) for _ in range(4)][-1].cursor
    org.jobs.clear()
    rest = list(read(connect(), cursor=cursor))
    assert by_id(rest).keys() == whole(org)
    assert len(org.jobs) == 1


def test_a_job_that_never_ends_is_left(client: Client, org: Org) -> None:
    org.job_looks = 1000
    first = next(iter(STREAMS["Contact"].pages(client, None, ())))
    org.clock.advance(bulk.LONGEST_S + 1)
    again = next(iter(STREAMS["Contact"].pages(client, first.cursor, ())))
    assert again.cursor["job"]["id"] != first.cursor["job"]["id"]


def test_where_no_job_can_be_made_pages_are_read(
    client: Client, org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugins.salesforce.sandbox_jobs.REFUSED", {"Contact"})
    assert by_id(list(read(client))).keys() == whole(org)
    assert not org.jobs


def _too_long(self: Org, request: Request, with_deleted: bool) -> object:
    """An org that cannot sort so many rows in two minutes."""
    if "ORDER BY" in request.query["q"]:
        return refusal(400, "QUERY_TIMEOUT", "Your query request was running for too long.")
    return ANSWER(self, request, with_deleted)


ANSWER = Org._answer


def test_a_window_that_takes_too_long_is_brought_by_a_job(
    client: Client, org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "ABOVE", PAGED)
    monkeypatch.setattr(Org, "_answer", _too_long)
    pages = list(read(client))
    assert by_id(pages).keys() == whole(org)
    assert len(org.jobs) == 1
    assert pages[-1].cursor["since"] <= max(r["SystemModstamp"] for p in pages for r in p.records)


def test_where_no_job_helps_a_query_that_takes_too_long_waits(
    client: Client, org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Org, "_answer", _too_long)
    monkeypatch.setattr("plugins.salesforce.sandbox_jobs.REFUSED", {"Contact"})
    with pytest.raises(RetryLater) as caught:
        list(read(client))
    assert (caught.value.reason, caught.value.retry_after) == ("query_timeout", 300)


def test_an_address_comes_by_pages_for_a_job_may_not_bring_it(client: Client, org: Org) -> None:
    pages = list(STREAMS["Account"].pages(client, None, ["BillingAddress"]))
    assert by_id(pages).keys() == whole(org, "Account")
    assert "BillingAddress" in pages[0].records[0]
    assert not org.jobs


def test_an_answer_with_fewer_rows_than_it_says_is_asked_for_again(
    client: Client, org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = read(client)
    next(walk)
    monkeypatch.setattr("plugins.salesforce.sandbox_jobs._csv", lambda q, rows: _csv(q, rows[1:]))
    with pytest.raises(RetryLater) as caught:
        list(walk)
    assert caught.value.reason == "network"


def test_a_locator_that_repeats_is_an_error_and_no_loop(client: Client, org: Org) -> None:
    org.faults.add("repeat_cursor", path="/results")
    with pytest.raises(GiveUp) as caught:
        list(read(client))
    assert caught.value.reason == "cursor_stuck"


def test_what_changes_while_a_job_runs_is_found_by_the_next_window(
    client: Client, org: Org
) -> None:
    walk = read(client)
    next(walk)
    org.clock.advance(3600)
    changed = org.table("Contact").ids()[2]
    org.table("Contact").patch(changed, {"Title": "CEO"})
    pages = list(walk)
    assert by_id(pages).keys() == whole(org)
    assert changed in by_id(list(read(client, cursor=pages[-1].cursor)))
