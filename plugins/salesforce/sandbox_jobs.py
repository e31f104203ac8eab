"""The sandbox's Bulk API 2.0: query jobs that take their time, and their rows as CSV.

Facts: developer.salesforce.com, "Bulk API 2.0 and Bulk API Developer Guide", "Query".
"""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub.sandbox import Request, Response, route
from plugins.salesforce import seeding, soql
from plugins.salesforce.catalogue import OBJECTS
from plugins.salesforce.sandbox_refusing import refusal

JOBS = "/services/data/v67.0/jobs/query"
KEPT = timedelta(days=7)
MOST = 50_000
REFUSED = frozenset({"CaseStatus", "CaseHistory", "Organization"})
"""Objects of which no job is made; the vendor has a list of its own."""
COMPOUND = ("address", "location", "base64")
OPEN = ("UploadComplete", "InProgress")


@dataclass(slots=True)
class Job:
    """One query job; `looks` is how often it is still asked for before it is complete."""

    id: str
    operation: str
    query: soql.Query
    rows: list[seeding.Row]
    made: datetime
    looks: int
    state: str = "UploadComplete"


class Jobs:
    """Mixed into the sandbox's org. `job_looks`: how often a new job answers that it is under way;
    `job_end`: what becomes of it then (JobComplete, Failed or Aborted)."""

    clock: Any
    next_id: Any
    next_cursor: Any
    not_found: Callable[[Request], Response]
    found: Callable[[soql.Query, bool], list[seeding.Row]]
    job_looks = 1
    job_end = "JobComplete"

    def open_jobs(self) -> None:
        self.jobs: dict[str, Job] = {}

    @route("POST", JOBS)
    def make_job(self, request: Request) -> object:
        wish = request.json or {}
        operation = wish.get("operation")
        if operation not in ("query", "queryAll") or wish.get("contentType", "CSV") != "CSV":
            return refusal(400, "INVALIDJOB", "This job cannot be made")
        try:
            query = soql.parse(str(wish.get("query", "")), OBJECTS)
        except soql.Refusal as error:
            return refusal(400, error.code, str(error))
        kinds = [OBJECTS[query.object][column] for column in query.columns]
        if query.object in REFUSED or any(kind in COMPOUND for kind in kinds):
            return refusal(400, "INVALIDENTITY", "The query cannot be used in the Bulk API")
        rows = self.found(query, operation == "queryAll")[: query.limit]
        id = f"750{self.next_id():015d}"
        self.jobs[id] = Job(id, operation, query, rows, self.clock.now(), self.job_looks)
        return _shown(self.jobs[id])

    @route("GET", f"{JOBS}/<id>")
    def look_at_job(self, request: Request) -> object:
        job = self._job(request)
        if job is None:
            return self.not_found(request)
        if job.state in OPEN:
            job.state = "InProgress" if job.looks > 0 else self.job_end
            job.looks -= 1
        return _shown(job)

    @route("PATCH", f"{JOBS}/<id>")
    def abort_job(self, request: Request) -> object:
        job = self._job(request)
        if job is None:
            return self.not_found(request)
        job.state = "Aborted"
        return _shown(job)

    @route("DELETE", f"{JOBS}/<id>")
    def delete_job(self, request: Request) -> object:
        found = self.jobs.pop(request.params["id"], None)
        return None if found else self.not_found(request)

    @route("GET", f"{JOBS}/<id>/results")
    def job_results(self, request: Request) -> object:
        job = self._job(request)
        if job is None or job.state != "JobComplete":
            return self.not_found(request)
        asked = request.query.get("locator", "")
        start = int(base64.urlsafe_b64decode(asked)) if asked else 0
        end = start + min(int(request.query.get("maxRecords", MOST)), MOST)
        rows, there = job.rows[start:end], base64.urlsafe_b64encode(str(end).encode()).decode()
        locator = self.next_cursor(request, asked or there, there)
        told = {
            "Sforce-NumberOfRecords": str(len(rows)),
            "Sforce-Locator": locator if end < len(job.rows) else "null",
            "Content-Type": "text/csv",
        }
        return Response(_csv(job.query, rows), 200, told)

    def _job(self, request: Request) -> Job | None:
        job = self.jobs.get(request.params["id"])
        return job if job and self.clock.now() - job.made < KEPT else None


def _shown(job: Job) -> dict[str, Any]:
    told: dict[str, Any] = {"id": job.id, "operation": job.operation, "object": job.query.object}
    told |= {"createdDate": seeding.stamp(job.made), "state": job.state, "apiVersion": 67.0}
    form = {"contentType": "CSV", "lineEnding": "LF", "columnDelimiter": "COMMA"}
    error = {"errorMessage": "QUERY_TIMEOUT"} if job.state == "Failed" else {}
    count = {"numberRecordsProcessed": len(job.rows)} if job.state == "JobComplete" else {}
    return told | {"concurrencyMode": "Parallel"} | form | error | count


def _csv(query: soql.Query, rows: list[seeding.Row]) -> bytes:
    kinds = OBJECTS[query.object]
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(query.columns)
    for row in rows:
        writer.writerow([_cell(kinds[name], row.get(name)) for name in query.columns])
    return out.getvalue().encode()


def _cell(kind: str, value: Any) -> str:
    """Nulls are empty, booleans small words; a moment ends in Z, unlike in the REST API."""
    if value is None:
        return ""
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "datetime":
        return str(value).replace("+0000", "Z")
    return str(value)
