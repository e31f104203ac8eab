"""Query jobs of Bulk API 2.0: the org works a large query off by itself, its rows come as CSV.

Facts: developer.salesforce.com, "Bulk API 2.0 and Bulk API Developer Guide", "Query".
The steps are asked for one by one: the library's own way waits for a job with the worker in hand,
and cannot go on with one that another worker began.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from hub.api import GiveUp, RetryLater
from plugins.salesforce.fields import NOT_A_VALUE

if TYPE_CHECKING:
    from plugins.salesforce.client import Client

Row = dict[str, Any]

ABOVE = 10_000
"""Rows above which a job is asked for. Salesforce advises one somewhere between 2,000 and 10,000;
up to here five pages are fewer calls than making a job, looking whether it is done, and reading."""
AT_ONCE = 10_000
"""Rows of one answer (50,000 are allowed): it is held in memory as text."""
PAGE = 2_000
"""Rows of one page for the hub, as many as a page of the REST API has."""
FIRST_LOOK_S, LAST_LOOK_S = 5.0, 60.0
LONGEST_S = 86_400.0
"""A job that took a whole day is not waited for any more."""
LAST = "null"
"""The locator behind the last row, as a word."""


class JobLost(GiveUp):
    """The job failed, was aborted, or is not known any more (jobs are kept for seven days)."""

    reason = "job_lost"


@dataclass(frozen=True, slots=True)
class Results:
    """One answer of a job's rows, as text, and the locator behind it (None at the end)."""

    text: str
    locator: str | None

    def rows(self, shape: Mapping[str, Any], skip: int) -> Iterator[list[Row]]:
        """Rows behind the first `skip` as the REST API would give them, page by page."""
        reader = csv.reader(io.StringIO(self.text, newline=""))
        names = next(reader, [])
        kinds = {field["name"]: field["type"] for field in shape["fields"]}
        lines = islice(reader, skip, None)
        while some := list(islice(lines, PAGE)):
            yield [_row(names, kinds, line) for line in some]


def fits(shape: Mapping[str, Any], columns: Sequence[str]) -> bool:
    """Whether a job may ask for these columns: addresses and files come by the REST API alone."""
    kinds = {field["name"]: field["type"] for field in shape["fields"]}
    return not any(kinds.get(name) in NOT_A_VALUE for name in columns)


def start(client: Client, soql: str) -> tuple[str, datetime | None]:
    """Make a job over deleted and archived rows too; returns its id and when it was made.

    Without ORDER BY the org splits the query by record ids and works on the parts at once. Raises
    GiveUp where the org makes no job of this query.
    """
    wish = {"operation": "queryAll", "query": soql, "contentType": "CSV"}
    form = {"columnDelimiter": "COMMA", "lineEnding": "LF"}
    made = client.send("POST", "jobs/query", json=wish | form).json()
    return str(made["id"]), client.server_time


def wait(client: Client, job: str, made: datetime | None) -> None:
    """Return once the job is done. Raises RetryLater (preparing) until then, and JobLost."""
    state = _asked(client, f"jobs/query/{job}", "application/json").json()["state"]
    if state == "JobComplete":
        return
    now = client.server_time
    passed = (now - made).total_seconds() if now and made else 0.0
    if state in ("Failed", "Aborted") or passed > LONGEST_S:
        raise JobLost("Salesforce did not finish its query job.")
    pause = min(max(passed / 2, FIRST_LOOK_S), LAST_LOOK_S)
    raise RetryLater("Salesforce is preparing the rows.", retry_after=pause, reason="preparing")


def results(client: Client, job: str, locator: str | None) -> Results:
    """The rows behind a locator (None: from the first). Raises JobLost, and RetryLater where the
    answer holds other than as many rows as it says."""
    behind = f"&locator={locator}" if locator else ""
    path = f"jobs/query/{job}/results?maxRecords={AT_ONCE}{behind}"
    answer = _asked(client, path, "text/csv")
    text = answer.content.decode("utf-8-sig")
    said = answer.headers.get("Sforce-NumberOfRecords", "")
    held = sum(1 for _ in csv.reader(io.StringIO(text, newline=""))) - 1
    if said != str(max(held, 0)):
        raise RetryLater("Salesforce did not answer in full.", reason="network")
    following = answer.headers.get("Sforce-Locator", LAST)
    if following == locator:
        raise GiveUp("Salesforce repeats one page for ever.", reason="cursor_stuck")
    return Results(text, None if following == LAST else following)


def _asked(client: Client, path: str, kind: str) -> Any:
    try:
        return client.send("GET", path, headers={"Accept": kind})
    except GiveUp as refused:
        raise JobLost(refused.sentence) from refused


def _row(names: Sequence[str], kinds: Mapping[str, str], line: Sequence[str]) -> Row:
    """A line as a row of the REST API; a column hidden since the job was made is left out."""
    return {n: _value(kinds[n], text) for n, text in zip(names, line, strict=True) if n in kinds}


def _value(kind: str, text: str) -> Any:
    """An empty cell is null; the REST API writes UTC as +0000, and numbers without quotes."""
    if text == "":
        return None
    if kind == "boolean":
        return text.lower() == "true"
    if kind in ("int", "long"):
        return int(text)
    if kind in ("double", "currency", "percent"):
        return float(text)
    if kind == "datetime" and text.endswith("Z"):
        return f"{text[:-1]}+0000"
    return text
