"""Brings a file of events in: NDJSON in the words of the SDKs or of our API, or CSV with a header.

Each event passes the same checks as one that is posted. How far a file was read is remembered by
its content, so that an import that was cut off goes on; a row that is read twice is a duplicate by
its id, which for rows without one is made of the row itself.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from hub.bootstrap import Hub
from hub.engine.usage import IMPORT
from hub.errors import CorrectInput, Malformed
from hub.store import usage_intake
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from hub.store.usage_intake import EventArrival
from hub.usage import events, keeping, pieces
from hub.usage.pieces import Piece

Format = Literal["ndjson", "csv"]
CHUNK = 1000
TOLD = 200
"""So many rejected rows are told one by one; all are counted by reason."""
OURS = replace(events.OURS, needs_id=False)
OUR_WORDS = frozenset({"event_id", "occurred_at", "user_id", "anonymous_id", "group_id"})
CLOCK = "sentAt"
"""Of an old file it says when it was sent then, and not how wrong a clock is now."""
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "event_id": ("event_id", "messageid", "message_id", "id", "insert_id", "uuid"),
    "name": ("name", "event", "event_name", "event_type", "action"),
    "type": ("type", "kind"),
    "user_id": ("user_id", "userid", "user", "distinct_id"),
    "anonymous_id": ("anonymous_id", "anonymousid", "device_id"),
    "group_id": ("group_id", "groupid", "group", "account_id", "company_id"),
    "occurred_at": ("occurred_at", "timestamp", "time", "at", "date", "originaltimestamp"),
}


@dataclass(slots=True)
class Report:
    """What became of the rows. `line` counts from 1; `told` are the first rejected ones."""

    line: int = 0
    place: int = 0
    size: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    told: list[Doc] = field(default_factory=list)

    def refuse(self, line: int, reason: str, sentence: str, field: str = "") -> None:
        self.counts["rejected"] += 1
        self.reasons[reason] += 1
        if len(self.told) < TOLD:
            told = {"line": line, "reason": reason, "sentence": sentence, "field": field}
            self.told.append({key: value for key, value in told.items() if value})


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the file: its line, its event or why there is none, and where the next begins."""

    line: int
    piece: Piece | None
    after: int
    problem: str = ""


def bring(
    hub: Hub,
    tenant_id: str,
    connection_id: str,
    path: Path,
    *,
    format: Format,
    columns: Mapping[str, str] | None = None,
    watch: Callable[[Report], None] = lambda report: None,
) -> Report:
    """Import a file and ring for its counting. `columns`: our field -> the file's column.

    Raises CorrectInput for a file that cannot be read, or columns that are not there.
    """
    store = hub.store(tenant_id)
    source = hub.connection(store, connection_id)
    key = f"{tenant_id}:{IMPORT}{source['_id']}:{_fingerprint(path, format, columns or {})}"
    report = _resumed(store, key, path)
    parcel = events.Parcel(
        connection_id,
        f"{IMPORT}{key[-12:]}",
        hub.now(tenant_id),
        keeping.period(hub, tenant_id),
        events.SEGMENT,
    )
    rows = _lines(path, report) if format == "ndjson" else _table(path, report, columns or {})
    while chunk := list(islice(rows, CHUNK)):
        _take(hub, store, chunk, parcel, report)
        _remember(store, key, report, parcel.received_at)
        hub.bell.ring_usage(tenant_id)
        watch(report)
    return report


def _fingerprint(path: Path, format: str, columns: Mapping[str, str]) -> str:
    made = hashlib.blake2b(digest_size=12)
    made.update(json.dumps([format, sorted(columns.items())]).encode())
    try:
        with path.open("rb") as file:
            while part := file.read(1 << 20):
                made.update(part)
    except OSError as error:
        raise CorrectInput(f"{path} cannot be read ({error.strerror}).", field="file") from None
    return made.hexdigest()


def _resumed(store: TenantStore, key: str, path: Path) -> Report:
    known = store.tenant_state.find_one({"_id": key}) or {}
    report = Report(known.get("line", 0), known.get("place", 0), path.stat().st_size)
    report.counts.update(known.get("counts", {}))
    report.reasons.update(known.get("reasons", {}))
    return report


def _remember(store: TenantStore, key: str, report: Report, now: datetime) -> None:
    state = {"line": report.line, "place": report.place, "at": now}
    state |= {"counts": dict(report.counts), "reasons": dict(report.reasons)}
    store.tenant_state.update({"_id": key}, {"$set": state}, upsert=True)


def _take(
    hub: Hub, store: TenantStore, chunk: list[Row], parcel: events.Parcel, report: Report
) -> None:
    """Store one chunk; what is refused is told with its line."""
    before, arrivals = Counter(report.reasons), []
    for row in chunk:
        if row.piece is None:
            report.refuse(row.line, "not_json", row.problem)
            continue
        found = events.row(row.piece, replace(parcel, words=_words(row.piece)))
        if isinstance(found, events.Refused):
            report.refuse(row.line, found.reason, found.sentence, found.field)
        else:
            arrivals.append(EventArrival(store.tenant_id, found))
    usage_intake.commit(hub.catalogue, arrivals)
    fates = Counter("duplicate" if one.duplicate else "accepted" for one in arrivals)
    report.counts.update(fates)
    refused = {f"rejected.{reason}": n for reason, n in (report.reasons - before).items()}
    usage_intake.count(store, parcel.connection_id, {**fates, **refused})
    report.line, report.place = chunk[-1].line, chunk[-1].after


def _words(piece: Piece) -> events.Words:
    """Whose words the event uses; in ours one without a type is a track call."""
    if not isinstance(piece.value, dict) or OUR_WORDS.isdisjoint(piece.value):
        return events.SEGMENT
    piece.value.setdefault("type", "track")
    return OURS


def _lines(path: Path, report: Report) -> Iterator[Row]:
    """Each line of NDJSON from where the last import ended; empty lines are none."""
    with path.open("rb") as file:
        file.seek(report.place)
        line = report.line
        while text := file.readline():
            line += 1
            if text.strip():
                yield _row_of_line(text, line, file.tell())


def _row_of_line(text: bytes, line: int, after: int) -> Row:
    try:
        _, found = pieces.opened(text.strip(), None, alone=True)
    except Malformed as error:
        return Row(line, None, after, error.sentence)
    [piece] = found
    if isinstance(piece.value, dict):
        piece.value.pop(CLOCK, None)
    return Row(line, piece, after)


def _table(path: Path, report: Report, columns: Mapping[str, str]) -> Iterator[Row]:
    """Each row of CSV behind those that are done; a quoted field may span lines."""
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        reader = csv.reader(file)
        header = next(reader, [])
        places = _places(header, columns)
        for number, cells in enumerate(reader, 1):
            if number > report.place and any(cells):
                value = _event_of(header, cells, places)
                text = json.dumps(value, ensure_ascii=False).encode()
                _, [piece] = pieces.opened(text, None, alone=True)
                yield Row(reader.line_num, piece, number)


def _places(header: list[str], columns: Mapping[str, str]) -> dict[str, int]:
    """{our field: column}, as named by the caller, else by the usual names."""
    plain = [name.strip().casefold().replace(" ", "_") for name in header]
    found = {}
    for ours, usual in COLUMNS.items():
        if given := columns.get(ours):
            if given not in header:
                raise CorrectInput(
                    f"The file has no column {given}; it has {', '.join(header)}.", field="map"
                )
            found[ours] = header.index(given)
        elif place := [plain.index(name) for name in usual if name in plain]:
            found[ours] = place[0]
    unknown = sorted(columns.keys() - COLUMNS.keys())
    if unknown:
        known = ", ".join(COLUMNS)
        raise CorrectInput(f"There is no field {unknown[0]}; there are {known}.", field="map")
    return found


def _event_of(header: list[str], cells: list[str], places: Mapping[str, int]) -> Doc:
    """A row in the words of our API; columns without a meaning are properties, or traits."""
    event: Doc = {
        ours: cells[place]
        for ours, place in places.items()
        if place < len(cells) and cells[place] != ""
    }
    taken = set(places.values())
    rest = {
        name: _value(cell)
        for place, (name, cell) in enumerate(zip(header, cells, strict=False))
        if place not in taken and cell != ""
    }
    if rest:
        event["traits" if event.get("type") in ("identify", "group") else "properties"] = rest
    return event


def _value(cell: str) -> Any:
    """A number or true and false where the cell is one as JSON writes it."""
    if cell in ("true", "false"):
        return cell == "true"
    try:
        found = json.loads(cell)
    except ValueError:
        return cell
    return found if isinstance(found, int | float) and not isinstance(found, bool) else cell
