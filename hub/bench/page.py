"""Pages: the portfolio and an account, as API and as screens, over many stored documents.

Then the same pull as before into the large store: what a record costs must not grow with it.
"""

from __future__ import annotations

import http.client
import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from hub.bench.copies import multiply
from hub.bench.meter import percentile
from hub.bench.pull import pulled
from hub.bench.report import Report, Row, row, spread
from hub.bench.rig import Rig, rig, today_world, vendor
from hub.bench.sizes import Size

WORLDS = 50
PULLED = 2_000
CACHE_GB = 2.0
SORTS = ("", "name", "-open_tickets", "last_touch")


def run(folder: Path, size: Size, report: Report) -> None:
    accounts = max(2, size.accounts // WORLDS)
    tickets = max(size.stored // WORLDS - 6 * accounts, 2 * accounts)
    world = today_world("w000", accounts, tickets)
    with rig(folder, cache_gb=CACHE_GB) as made:
        with vendor(made, world) as port:
            connection = made.connect(world, port)
            for stream in ("companies", "people", "tickets"):
                made.pull(connection, stream)
        small = _fresh_pull(made, size, "s001", report, "growth: pull into a small store")
        multiply(made.store, "w000", WORLDS - 1)
        for listing in _pages(made, size.pages):
            report.add(listing)
        large = _fresh_pull(made, size, "s002", report, "growth: pull into the large store")
        large.notes["cost, large over small"] = _growth(small, large)
        large.budget, large.met = "cost within 1.3x", _growth(small, large) <= 1.3
        report.add(large)


def _fresh_pull(made: Rig, size: Size, name: str, report: Report, case: str) -> Row:
    """The tickets of a new world; its companies and people come first and are not counted."""
    count = min(PULLED, size.pulled)
    world = today_world(name, max(2, count // 100), count)
    with vendor(made, world) as port:
        connection = made.connect(world, port)
        made.pull(connection, "companies")
        made.pull(connection, "people")
        found = pulled(made, connection, "tickets", count)
    found.bench, _, found.case = case.partition(": ")
    found.notes["stored"] = made.store.records.count({})
    if name == "s001":
        report.add(found)
    return found


def _growth(small: Row, large: Row) -> float:
    """CPU per record of worker and MongoDB, which other work disturbs less than wall time."""
    cost = [sum(r.cpu_us.get(n, 0.0) for n in ("worker-1", "mongod")) for r in (small, large)]
    return round(cost[1] / max(cost[0], 1.0), 2)


def _pages(made: Rig, count: int) -> Iterator[Row]:
    ids = [doc["_id"] for doc in made.store.accounts.find({"listed": True}, {"_id": 1}).limit(500)]
    some, sorts = itertools.cycle(ids), itertools.cycle(SORTS)
    key = made.hub.catalogue.control.add_key(made.tenant_id, "bench", made.hub.now())[1]
    api = {"Authorization": f"Bearer {key}"}
    screen = {"Cookie": _signed_in(made)}
    yield _floor(made, count, some)
    yield _asked(made, "account, API", api, count, 50, lambda: f"/api/v1/accounts/{next(some)}")
    timeline = "account timeline, API"
    yield _asked(made, timeline, api, count, 50, lambda: f"/api/v1/accounts/{next(some)}/timeline")
    listed = "portfolio, API"
    yield _asked(made, listed, api, count, 150, lambda: f"/api/v1/accounts{_sort(next(sorts))}")
    yield _asked(made, "account, screen", screen, count, 0, lambda: f"/accounts/{next(some)}")
    yield _asked(made, "portfolio, screen", screen, count, 0, lambda: f"/{_sort(next(sorts))}")


def _sort(by: str) -> str:
    return f"?sort={by}" if by else ""


def _asked(
    made: Rig, case: str, headers: dict[str, str], count: int, most: int, path: Callable[[], str]
) -> Row:
    """One reader, one request after the other; `most` ms at p95 where there is a budget."""
    waits: list[float] = []
    statuses: set[int] = set()
    link = http.client.HTTPConnection("127.0.0.1", made.stack.settings.port)
    _get(link, path(), headers)
    with made.meter() as meter:
        began = time.monotonic()
        for _ in range(count):
            start = time.monotonic()
            statuses.add(_get(link, path(), headers))
            waits.append((time.monotonic() - start) * 1000)
        seconds = time.monotonic() - began
    link.close()
    found = row("page", case, count, meter, seconds, ms=spread(waits))
    found.notes = {"stored": made.store.records.count({}), "answers": sorted(statuses)}
    if most:
        found.budget = f"p95 < {most} ms"
        found.met = percentile(waits, 0.95) < most and statuses == {200}
    return found


def _get(link: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> int:
    link.request("GET", path, headers=headers)
    answer = link.getresponse()
    answer.read()
    return answer.status


def _signed_in(made: Rig) -> str:
    """A session cookie, got by a one-time link as a person would."""
    control, now = made.hub.catalogue.control, made.hub.now()
    user = control.add_user(made.tenant_id, "bench@example.com", "Bench", now)
    token = control.add_link(user["_id"], made.tenant_id, now)
    link = http.client.HTTPConnection("127.0.0.1", made.stack.settings.port)
    link.request("GET", f"/sign-in/{token}")
    answer = link.getresponse()
    answer.read()
    link.close()
    return answer.getheader("Set-Cookie", "").partition(";")[0]


def _floor(made: Rig, count: int, ids: Iterator[str]) -> Row:
    """The floor: the account's document and its latest 50 records, by index."""
    waits = []
    with made.meter() as meter:
        began = time.monotonic()
        for _ in range(count):
            start, account = time.monotonic(), next(ids)
            made.store.accounts.find_one({"_id": account})
            mine = made.store.records.find({"account_id": account}, {"raw": 0})
            list(mine.sort("moved_at", -1).limit(50))
            waits.append((time.monotonic() - start) * 1000)
        seconds = time.monotonic() - began
    return row("page", "floor: bare reads of an account", count, meter, seconds, ms=spread(waits))
