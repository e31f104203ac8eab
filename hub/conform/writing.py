"""The rule on writing back: what is written can be read, twice is once, and nothing else moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.api import Change, Record, Stream, WriteBack
from hub.conform.ground import Ground
from hub.conform.rule import Broken, require, rule
from hub.engine.echo import is_echo
from hub.engine.incoming import body

FEW = 3
TEXT = "Watch since 2026-10-03, 63 of 100. Costs most: “Ünpaid” invoices -13."
LONGEST = 255


@rule(
    "written", "silver", "What can be written back is read again; twice is once, nothing else moves"
)
def written(ground: Ground) -> None:
    """A connector without a `write_back` promises nothing, and keeps it."""
    how = ground.connector.write_back
    if how is None:
        return
    here = str(ground.folder / "writing.py")
    require(how.create.strip(), "It does not say how an admin makes a field to write to.", here)
    stream = _stream(ground, how)
    client, field = ground.usual(), _field(ground, how, here)
    before = _some(ground, stream)
    for text in (TEXT, TEXT, "x" * LONGEST, ""):
        refusals = how.write(client, field, [(id, text) for id in before])
        require(not refusals, f"It refused {[r.native_id for r in refusals]}.", here)
        for id, record in _read(ground, stream, list(before)).items():
            _same(before[id], record, (field, *how.stamps), here)
            said = _at(record, field) or ""
            require(said == text, f"{field} of {id} holds {said!r} in place of {text!r}.", here)
    _refuses_one(how, client, field, list(before), here)


def _refuses_one(how: WriteBack, client: Any, field: str, ids: Sequence[str], here: str) -> None:
    """A record that is not there is told by its id, and keeps none of the others out."""
    gone = "".join("0" if c.isdigit() else c for c in ids[0][:-1]) + ids[0][-1]
    texts = [(id, TEXT) for id in (gone, *ids)]
    refused = [refusal.native_id for refusal in how.write(client, field, texts)]
    require(refused == [gone], f"Of {gone}, which is not there, it told {refused}.", here)
    how.write(client, field, [(id, "") for id in ids])


def _stream(ground: Ground, how: WriteBack) -> Stream:
    found = ground.connector
    stream = next((s for s in found.streams if s.object == how.object and s.fetch), None)
    if stream is None:
        raise Broken(f"No stream that can be read by id is of {how.object}.")
    entity = ground.mappings[how.object].entity
    require(entity == "account", f"{how.object} stands for {entity}, not for a customer.")
    return stream


def _field(ground: Ground, how: WriteBack, here: str) -> str:
    """The last that is offered: one that the mapping does not read."""
    lacks = list(how.lacks(ground.usual()))
    require(not lacks, f"With all rights it still lacks {lacks}.", here)
    read = set(ground.mappings[how.object].source_fields)
    found = [name for name, _ in how.fields(ground.usual()) if name not in read]
    require(found, "The sandbox has no field of its own to write to.", here)
    return found[-1]


def _some(ground: Ground, stream: Stream) -> dict[str, Record]:
    listed = next(page.records for page in ground.read(stream) if page.records)
    ids = [ground.native_id(stream, record) for record in listed]
    return dict(list(_read(ground, stream, ids).items())[:FEW])


def _read(ground: Ground, stream: Stream, ids: Sequence[str]) -> dict[str, Record]:
    assert stream.fetch is not None
    found = stream.fetch(ground.usual(), list(ids))
    records = [one for one in found if not isinstance(one, Change)]
    return {ground.native_id(stream, record): record for record in records}


def _same(before: Record, after: Record, own: tuple[str, ...], here: str) -> None:
    said = f"Writing moved more than {', '.join(own)}: name all in `stamps`."
    require(is_echo(body(before), body(after), own), said, here)


def _at(record: Any, path: str) -> Any:
    for name in path.split("."):
        record = record.get(name) if isinstance(record, Mapping) else None
    return record
