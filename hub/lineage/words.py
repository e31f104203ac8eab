"""Lineage as an indented tree of sentences, for the command line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from hub.store.client import Doc

STEP = "  "
RULES = {
    "source_order": "the first that says something, in the order",
    "most_recent": "the latest change counts; between equals the order is",
    "union": "the lists of all sources together, in the order",
}


def of_value(found: Doc) -> list[str]:
    """A field of a profile or record; `found` as `hub.lineage.values` makes it."""
    lines = [f"{found['field']} = {_said(found['value'])}"]
    if found.get("rule"):
        order = ", ".join(found["order"])
        lines.append(f"{STEP}rule: {RULES.get(found['rule'], found['rule'])} {order}".rstrip())
    lines += _indented(_chain(found["chosen"], "taken from"), 1)
    for other in found.get("others", ()):
        word = "also said by" if found["rule"] == "union" else "not taken:"
        lines += _indented(_chain(other, word), 1)
    return lines


def of_point(found: Doc) -> list[str]:
    """A health point; `found` as `hub.lineage.points` makes it."""
    value = "nothing is known" if found["value"] is None else f"{found['value']:g} {found['unit']}"
    points = "no points"
    if found["points"] is not None:
        points = f"{found['points']:.2f} of {found['max_points']:.2f} points"
    lines = [
        f"{found['title']} ({found['measure']}): {points}, {found['state']}",
        f"{STEP}counts: {found['definition']}",
        f"{STEP}value: {value} ({found['text']})",
    ]
    lines += [STEP + line for line in _scored(found)]
    if found["source"]:
        fresh = f", last read whole {_at(found['fresh_at'])}" if found["fresh_at"] else ""
        lines.append(f"{STEP}source: {found['source']}{fresh}")
    return lines + _indented(_evidence(found["evidence"]), 1)


def _scored(found: Doc) -> Iterator[str]:
    curve, weight = found["curve"], found["weight"]
    if found["score"] is None:
        yield f"weight: none in {found['scorecard']}"
        return
    if curve is None or weight is None:
        yield f"score: {found['score']:.2f} by {found['scorecard']}, which is no longer kept"
        return
    if found["value"] is None:
        yield f"score: {found['score']:.2f}, the reference value of {found['scorecard']}"
    else:
        between = " and ".join(f"({x:g}, {y:g})" for x, y in curve["between"])
        yield f"score: {found['score']:.2f}, on the curve of {found['scorecard']} at {between}"
    share = (
        f"{weight['measure']:g} of 100 in {found['dimension']}, which has {weight['dimension']:g}"
    )
    yield f"weight: {share}"


def _evidence(evidence: Doc) -> Iterator[str]:
    span = f" from {evidence['since']} to {evidence['until']}" if evidence["since"] else ""
    n = len(evidence["records"])
    found = "none" if not n else f"{n:,}"
    counts = "count" if n > 1 else "counts"
    yield f"evidence: {found} of the {evidence['looked_at']:,} records looked at {counts}{span}"
    for one in evidence["records"]:
        day = f" on {one['day']}" if one["day"] else ""
        yield f"{STEP}{one['title'] or one['record']['native_id']}: counts {one['counts']}{day}"
        yield from _indented(_record(one["record"], one["brought_by"]), 2)
        for fact in one["values"]:
            line = _line(fact["mapping"])
            yield f"{STEP * 2}{fact['field']} = {_said(fact['value'])}, made by {line}"
        for event in one["events"]:
            yield f"{STEP * 2}event {event['name'] or event['kind']}, {_at(event['at'])}"
    if evidence["more"]:
        yield f"{STEP}and {evidence['more']} more"
    for other in evidence["others"]:
        yield f"{STEP}{other['kind']}: {other['words']}"


def _chain(chain: Doc, word: str) -> Iterator[str]:
    record = chain["record"]
    if record is None:
        yield f"{word} {chain.get('said_by')}: {_said(chain['value'])}; the record is gone"
        return
    yield f"{word} {record['source']}: {_said(chain['value'])}"
    yield from _indented(_record(record, chain["brought_by"]), 1)
    if not chain["version"]["current"]:
        at = chain["version"]["replaced_at"]
        yield f"{STEP}since replaced{f', {_at(at)}' if at else ''}"
    yield from _indented(_mapping(chain["mapping"], chain["raw"]), 1)
    for one in chain["former"]:
        yield f"{STEP}until {_at(one['replaced_at'])} it said {_said(one['value'])}"


def _record(record: Doc, bringer: Doc) -> Iterator[str]:
    gone = " (deleted there)" if record["deleted"] else ""
    where = record["connection"] or "a connection that was removed"
    changed = f", changed {_at(record['modified_at'])}" if record["modified_at"] else ""
    yield f"record: {record['object']} {record['native_id']} of {where}{changed}{gone}"
    if record["url"]:
        yield f"{STEP}at the vendor: {record['url']}"
    yield f"brought by: {bringer_words(bringer)}"


def bringer_words(bringer: Mapping[str, Any]) -> str:
    """A delivery with its fate, a run with its counts, or why it is gone."""
    name = f"{bringer['words']} {bringer['id'] or ''}".strip()
    if bringer["gone"]:
        return f"{name}. {bringer['gone']}"
    known = [bringer[n] for n in ("stream", "webhook", "name", "state") if bringer.get(n)]
    counts = bringer.get("counts") or bringer.get("fates") or {}
    known += [f"{n} {fate}" for fate, n in counts.items() if n]
    at = bringer.get("at") or bringer.get("received_at") or bringer.get("started_at")
    known += [_at(at)] if at else []
    erased = bringer.get("erased")
    known += [f"its body was {erased['how']} by a privacy request"] if erased else []
    return f"{name} ({', '.join(known)})" if known else name


def _mapping(mapping: Doc, raw: Doc) -> Iterator[str]:
    if raw["missing"]:
        yield f"body: {raw['missing']}"
    for look in mapping["reads"]:
        held = "" if look["value"] is None else f" = {_said(look['value'])}"
        note = "" if look["used"] else " (not used)"
        place = "" if look["of"] == "record" else f" of the connection's {look['of']}"
        yield f"reads: {look['path']}{held}{place}{note}"
    yield f"mapping: {_line(mapping)}"
    if mapping["missing"]:
        return
    yield from _indented(_details(mapping), 1)


def _line(mapping: Doc) -> str:
    if mapping["missing"] or mapping["line"] is None:
        return mapping["missing"] or "a line that is not known"
    text = " ".join(mapping["text"].split())
    return f"{mapping['file']}:{mapping['line']}: {text}"


def _details(mapping: Doc) -> Iterator[str]:
    over = mapping["overlay"]
    if over:
        by = f" by {over['author']}" if over["author"] else ""
        yield f"overlay {over['version'] or ''}{by}, over the connector's own line".replace(
            "  ", " "
        )
    conversion = mapping["conversion"]
    if conversion:
        yield f"conversion: {conversion['name']} ({conversion['module']})"
    if mapping["translated"]:
        yield "the vendor's word is translated by the table in that line"
    for line in mapping["then"]:
        text = " ".join(line["text"].split())
        yield f"when the value was made: {line['file']}:{line['line']}: {text}"
    now = "still today's" if mapping["current"] else f"today's is {mapping['revision_now']}"
    again = {
        "same": "mapping the body again gives the same value",
        "differs": "mapping the body again gives another value",
    }.get(mapping["again"], "there is no body to map again")
    yield f"revision {mapping['revision']}, {now}; {again}"


def _indented(lines: Iterable[str], depth: int) -> list[str]:
    return [STEP * depth + line for line in lines]


def _said(value: Any) -> str:
    if isinstance(value, datetime):
        return _at(value)
    return json.dumps(value, ensure_ascii=False, default=str)


def _at(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
