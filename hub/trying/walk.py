"""The way of one delivery: verify, delivery key, parse, fetch, map, and what profiles become.

The hub's own parts do the work (its plan of a batch, its reads by id, its mappings), so that what
passes here passes there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from hub.api import Change, Delivery, Registration, Webhook
from hub.engine import plan as planning
from hub.engine.incoming import Incoming, from_record
from hub.engine.reading import Read, read
from hub.errors import HubError, Malformed
from hub.trying import mapped
from hub.trying.footing import End, Footing
from hub.trying.picture import Against
from hub.trying.step import Step

ORIGIN = {"kind": "try", "id": ""}


def walk(
    footing: Footing,
    webhook: Webhook,
    delivery: Delivery,
    registration: Registration | None,
    against: Against,
) -> Iterator[Step]:
    """Every step until one refuses. Without a registration nothing can be verified."""
    for step in (_verify(webhook, delivery, registration), _key(webhook, delivery)):
        yield step
        if step.state == "refused":
            return
    changes, step = _parse(footing, webhook, delivery)
    yield step
    if step.state == "refused":
        return
    account = next((c.account for c in changes if c.account), None) or footing.account
    batch = planning.plan([_row(webhook, delivery)], footing.source, _one(webhook), account)
    (row,) = batch.rows
    if row.held:
        yield Step("map", "refused", f"It is held: {row.held}.")
        return
    at_hand = [o.incoming for o in row.outcomes if o.incoming]
    fetched: list[Incoming] = []
    if batch.wanted:
        step, fetched = _fetch(footing, batch)
        yield step
    for item in {(i.object, i.native_id): i for i in [*at_hand, *fetched]}.values():
        yield from mapped.tell(footing, item, against)


def _verify(webhook: Webhook, delivery: Delivery, registration: Registration | None) -> Step:
    if registration is None or not any(registration.secrets):
        why = "Its entry in index.yaml names no secret, so there is nothing to verify it with."
        return Step("verify", "skipped", why)
    try:
        webhook.verify(delivery, registration)
    except HubError as error:
        return Step("verify", "refused", _said(error))
    except Exception as error:
        return Step("verify", "refused", _raised("verify", error))
    return Step("verify", "passed", "The delivery proves who sent it.")


def _key(webhook: Webhook, delivery: Delivery) -> Step:
    try:
        key = webhook.delivery_key(delivery)
    except HubError as error:
        return Step("key", "refused", _said(error))
    except Exception as error:
        return Step("key", "refused", _raised("delivery_key", error))
    held = "the vendor's own; a repeat is dropped" if webhook.key_holds else "a repeat counts again"
    return Step("key", "passed", f"{key} ({held})", beside={"key": key})


def _parse(footing: Footing, webhook: Webhook, delivery: Delivery) -> tuple[list[Change], Step]:
    try:
        changes = list(webhook.parse(delivery))
    except Malformed as error:
        return [], Step("parse", "refused", _said(error))
    except Exception as error:
        return [], Step("parse", "refused", _raised("parse", error))
    rows = [_change(change) for change in changes]
    if not changes:
        return [], Step("parse", "passed", "No change: nobody could see that it came.")
    return changes, Step("parse", "passed", _count(len(changes), "change"), rows)


def _change(change: Change) -> dict[str, Any]:
    """One change as it is shown: what it is about, and whether it brings the record."""
    told = {k: v for k, v in asdict(change).items() if v not in (None, (), "")}
    told.pop("record", None)
    told["brings"] = "the record" if change.record is not None else "nothing, it is read by id"
    if change.rule:
        told["brings"] = f"nothing, it is ignored: {change.rule}"
    elif change.kind in ("delete", "privacy_delete", "merge", "gap"):
        told["brings"] = "its own evidence"
    return told


def _fetch(footing: Footing, batch: planning.Plan) -> tuple[Step, list[Incoming]]:
    """Read what is wanted; what the vendor here does not know is stood in for, aloud."""
    answer = Read(missing=set(batch.wanted))
    if footing.client is not None:
        answer = read(footing.source, footing.client, batch.wanted, footing.moment, ORIGIN)
    rows, found, bad = [], list(answer.found.values()), False
    for end in batch.wanted:
        refused = answer.refused.get(end) or answer.later.get(end)
        item = None
        if end in answer.missing:
            item, row = _instead(footing, end)
        elif refused is not None:
            row, bad = _read_row(end, "refused", refused.sentence), True
        else:
            row = _read_row(end, "read", "")
        rows.append(row)
        found += [item] if item else []
    sentence = f"{_count(len(rows), 'record')} asked for, {len(answer.found)} read"
    return Step("fetch", "refused" if bad else "passed", sentence, rows, trouble=bad), found


def _instead(footing: Footing, end: End) -> tuple[Incoming | None, dict[str, str]]:
    where = "The sandbox has none of this id" if footing.client else "No vendor answers here"
    found = footing.stand_in(*end)
    if found is None:
        return None, _read_row(end, "missing", f"{where}, and none is recorded.")
    record, file = found
    item = from_record(footing.source, end[0], record, footing.moment(), ORIGIN)
    return item, _read_row(end, "stood in", f"{where}; one of {file} stands in.")


def _read_row(end: End, state: str, why: str) -> dict[str, str]:
    return {"object": end[0], "native_id": end[1], "state": state, "why": why}


def _row(webhook: Webhook, delivery: Delivery) -> dict[str, Any]:
    return {"_id": "try", "webhook": webhook.name, **asdict(replace(delivery, headers={}))} | {
        "headers": dict(delivery.headers)
    }


def _one(webhook: Webhook) -> Mapping[str, Webhook]:
    return {webhook.name: webhook}


def _said(error: HubError) -> str:
    return f"{type(error).__name__}: {error.sentence}"


def _raised(what: str, error: Exception) -> str:
    """What must not happen: with the last line of the connector that was reached."""
    trace, last = error.__traceback__, ""
    while trace is not None:
        last = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{what} raised {type(error).__name__}: {str(error)[:200]} ({last})"


def _count(n: int, word: str) -> str:
    return f"{n} {word}" if n == 1 else f"{n} {word}s"


def refused(steps: Iterable[Step]) -> Sequence[Step]:
    """The steps that did not pass."""
    return [step for step in steps if step.state == "refused"]
