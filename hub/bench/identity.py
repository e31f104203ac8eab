"""Identity against a known truth: three vendors' records of a messy crowd, through the real engine.

Counted are living records of different systems. A pair is found when both belong to one account (or
one contact), and right when both are of one firm (or one person). Precision: right / found. Recall:
found and right / all pairs that are one. Only rules decide, no person. Tickets are right on an
account that holds a company record of their firm and of no other. "With review": recall after a
person has said yes to every candidate in the queue that is right, and no to the others.
"""

from __future__ import annotations

import base64
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from hub import bootstrap
from hub.bench import pairs
from hub.bench.crowd import CLEAN, NUMBERED, REFERRED, SHARES, Crowd
from hub.bench.crowd_bodies import OBJECTS, SETTINGS, Sent, sent
from hub.bench.pairs import Held, Score
from hub.bench.report import Report, Row
from hub.bench.sizes import Size
from hub.bootstrap import Hub
from hub.embedded import Embedded
from hub.engine import apply
from hub.engine.incoming import Source, from_record
from hub.engine.record import record
from hub.settings import Settings
from hub.store import migrate
from hub.store.client import Doc
from hub.store.control import new_id
from hub.store.tenant import TenantStore

FIXED = 7
FRESH = (101, 102, 103, 104, 105)
BATCH = 400
WANTED = (0.995, 0.95)
SHARES_NUMBERED = (0.5, 0.8, 0.9, NUMBERED)
MISKEYED = 0.01


@dataclass(slots=True)
class Result:
    """What became of a crowd. tickets: right, wrong, nowhere. mixed: accounts of several firms."""

    accounts: Score
    reviewed: Score
    contacts: Score
    tickets: Counter[str]
    mixed: int
    records: int
    seconds: float


def run(folder: Path, size: Size, report: Report) -> None:
    with Embedded(folder) as services:
        hub = _hub(services.mongodb_uri, services.redis_url)
        try:
            _run(hub, size.firms, report)
        finally:
            hub.close()


def _run(hub: Hub, firms: int, report: Report) -> None:
    report.say(" ".join((__doc__ or "").split()))
    report.say(f"Mess: {', '.join(f'{s:.0%} {m}' for m, s in SHARES.items())}.")
    report.say(
        f"Keys: the tenant's number on {NUMBERED:.0%} of the records unless said otherwise; "
        f"{REFERRED:.0%} of HubSpot's companies hold the id of Salesforce's."
    )
    report.add(_floor(Crowd(FIXED, firms)))
    for numbered in SHARES_NUMBERED:
        result = measure(hub, Crowd(FIXED, firms, numbered))
        case = f"fixed seed, customer number on {numbered:.0%}"
        report.add(_row(case, result, judged=numbered == NUMBERED))
        if numbered == NUMBERED:
            for line in table(result):
                report.say(line)
    mistaken = measure(hub, Crowd(FIXED, firms, miskeyed=MISKEYED))
    report.add(_row(f"fixed seed, {MISKEYED:.0%} of numbers are another's", mistaken, judged=False))
    fresh = [measure(hub, Crowd(seed, firms)) for seed in FRESH]
    worst = min(fresh, key=lambda r: (r.accounts.recall, r.accounts.precision))
    report.add(_row("recall: worst of five fresh seeds", worst, judged=True))
    worst = min(fresh, key=lambda r: (r.accounts.precision, r.accounts.recall))
    report.add(_row("precision: worst of five fresh seeds", worst, judged=True))


def _hub(mongodb_uri: str, redis_url: str) -> Hub:
    key = base64.b64encode(b"a key for measuring".ljust(96, b".")).decode()
    given: dict[str, Any] = {"mongodb_uri": mongodb_uri, "redis_url": redis_url, "master_key": key}
    hub = bootstrap.build(Settings(**given, public_url="http://127.0.0.1:1", disk_free_min=0))
    migrate.run(hub.catalogue)
    return hub


def measure(hub: Hub, crowd: Crowd) -> Result:
    """Send a crowd to a tenant of its own, settle it, and compare with the truth."""
    now = datetime.now(UTC).replace(microsecond=0)
    tenant_id = hub.catalogue.control.add_tenant("Crowd", hub.now())["_id"]
    store = hub.store(tenant_id)
    sources = {name: _connect(hub, store, name) for name in OBJECTS}
    everything = list(sent(crowd, now))
    start = time.monotonic()
    for system, source in sources.items():
        mine = [one for one in everything if one.system == system]
        for some in _batches(mine):
            _take(store, source, some, now)
    while not apply.settle(hub, tenant_id):
        pass
    seconds = time.monotonic() - start
    return _judge(store, crowd, sources, everything, seconds)


def _connect(hub: Hub, store: TenantStore, name: str) -> Source:
    connection: Doc = {
        "_id": new_id("cnx"),
        "connector": name,
        "name": name,
        "settings": SETTINGS[name],
        "account": {"id": name, "name": name},
        "facts": {},
        "state": "active",
    }
    store.connections.insert(connection)
    return hub.source(store, connection)


def _batches(sent: list[Sent]) -> Iterable[list[Sent]]:
    left = iter(sent)
    while some := list(islice(left, BATCH)):
        yield some


def _take(store: TenantStore, source: Source, some: list[Sent], now: datetime) -> None:
    origin = {"kind": "bench", "id": "1"}
    batch = [from_record(source, one.object, one.body, now, origin) for one in some]
    assert not [item.problem for item in batch if item.problem]
    store.transact(partial(record, source=source, batch=batch, now=now))


def _judge(
    store: TenantStore,
    crowd: Crowd,
    sources: dict[str, Source],
    everything: list[Sent],
    seconds: float,
) -> Result:
    homes = {
        doc["_id"]: doc
        for doc in store.records.find(
            {"life.deleted": False}, {"account_id": 1, "contact_id": 1, "entity": 1}
        )
    }
    mess = {str(firm.n): firm.mess for firm in crowd.firms}
    held: dict[str, list[Held]] = defaultdict(list)
    for one in everything:
        key = sources[one.system].key(one.object, _native_id(one))
        if key in homes:
            doc = homes[key]
            entity = doc["entity"]
            home = doc.get("contact_id" if entity == "contact" else "account_id") or ""
            kind = mess[one.truth.partition(".")[0]]
            held[entity].append(Held(key, one.system, one.truth, kind, home))
    firms_of: dict[str, set[str]] = defaultdict(set)
    for record_ in held["account"]:
        firms_of[record_.home].add(record_.truth)
    yes = pairs.joined(_right_candidates(store, firms_of))
    return Result(
        accounts=pairs.score(held["account"]),
        reviewed=pairs.score(held["account"], yes),
        contacts=pairs.score(held["contact"]),
        tickets=Counter(_hung(ticket, firms_of) for ticket in held["ticket"]),
        mixed=sum(len(firms) > 1 for firms in firms_of.values()),
        records=len(everything),
        seconds=seconds,
    )


def _native_id(one: Sent) -> str:
    return str(one.body.get("Id") or one.body["id"])


def _hung(ticket: Held, firms_of: dict[str, set[str]]) -> str:
    if not ticket.home:
        return "nowhere"
    return "right" if firms_of[ticket.home] == {ticket.truth} else "wrong"


def _right_candidates(
    store: TenantStore, firms_of: dict[str, set[str]]
) -> Iterable[tuple[str, str]]:
    """Accounts that the review queue offers to join and that are one firm."""
    for review in store.reviews.find({"state": "open", "kind": "candidate"}):
        a, b = (*review["accounts"], "", "")[:2]
        if len(firms_of[a] | firms_of[b]) == 1:
            yield a, b


def _row(case: str, result: Result, *, judged: bool) -> Row:
    precision, recall = WANTED
    met = result.accounts.precision >= precision and result.accounts.recall >= recall
    found = Row("identity", case, result.records, round(result.records / result.seconds, 1))
    found.notes = {
        "precision": round(result.accounts.precision, 4),
        "recall": round(result.accounts.recall, 4),
        "recall with review": round(result.reviewed.recall, 4),
        "mixed accounts": result.mixed,
        "contacts": [round(result.contacts.precision, 4), round(result.contacts.recall, 4)],
        "tickets": dict(result.tickets),
    }
    if judged:
        found.budget, found.met = f"precision >= {precision}, recall >= {recall}", met
    return found


def table(result: Result) -> list[str]:
    """A line for each kind of mess."""
    lines = [f"  {'':<16}{'precision':>10}{'recall':>10}{'with review':>13}{'pairs':>8}"]
    for mess in (*SHARES, CLEAN):
        precision, recall = result.accounts.of(mess)
        count = result.accounts.right[mess] + result.accounts.missed[mess]
        reviewed = result.reviewed.of(mess)[1]
        lines.append(f"  {mess:<16}{precision:>10.4f}{recall:>10.4f}{reviewed:>13.4f}{count:>8}")
    return lines


def _floor(crowd: Crowd) -> Row:
    """What a single line of SQL would do: equal website host, nothing else looked at."""
    start = time.monotonic()
    held = [
        Held(
            f"{system}:{firm.n}", system, str(firm.n), firm.mess, card.host or f"?{system}{firm.n}"
        )
        for firm in crowd.firms
        for system, card in firm.cards.items()
    ]
    naive = pairs.score(held)
    row = Row("identity", "floor: equal website host", len(held), 0.0)
    row.rate = round(len(held) / max(time.monotonic() - start, 1e-9), 1)
    row.notes = {"precision": round(naive.precision, 4), "recall": round(naive.recall, 4)}
    return row
