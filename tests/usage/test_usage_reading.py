"""Reading a body apart, held against the standard library, and against garbage."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from hub.errors import Malformed, TooLarge
from hub.usage import events, moment, pieces
from hub.usage.events import OURS, SEGMENT, Parcel

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5
)
OBJECTS = st.dictionaries(st.text(), JSON, max_size=3)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@settings(max_examples=40)
@given(st.lists(OBJECTS, max_size=3), OBJECTS, st.sampled_from([None, 0, 3]), st.booleans())
def test_each_event_is_what_the_standard_library_reads_and_keeps_its_bytes(
    some: list[dict[str, Any]], outer: dict[str, Any], indent: int | None, ascii_only: bool
) -> None:
    outer.pop("batch", None)
    whole = {**outer, "batch": some}
    body = json.dumps(whole, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "replace")
    wanted = json.loads(body)
    rest, found = pieces.opened(body, "batch", most=10)
    assert rest == {name: value for name, value in wanted.items() if name != "batch"}
    assert [piece.value for piece in found] == wanted["batch"]
    assert [json.loads(piece.raw) for piece in found] == wanted["batch"]
    assert all(piece.raw in body for piece in found)


@settings(max_examples=60)
@given(st.binary(max_size=200) | st.text(alphabet='{}[]",:\\ \n1eabtch', max_size=60))
@example(b'{"batch":[')
@example(b'{"batch":[{"a":"\\ud800"}]}')
@example(b'{"batch":[1,]}')
@example(b'{"a":1}}')
def test_garbage_is_refused_or_read_as_the_standard_library_reads_it(given_: bytes | str) -> None:
    body = given_ if isinstance(given_, bytes) else given_.encode()
    try:
        whole = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        whole = None
    try:
        _, found = pieces.opened(body, "batch", most=100)
    except (Malformed, TooLarge):
        assert not (isinstance(whole, dict) and isinstance(whole.get("batch"), list))
    else:
        assert all(piece.reason or json.loads(piece.raw) == piece.value for piece in found)


@given(JSON | st.floats() | st.integers() | st.text(alphabet="0123456789-:TZ+./ ", max_size=30))
@settings(max_examples=60)
def test_whatever_is_given_as_a_time_is_a_time_in_utc_or_none(value: Any) -> None:
    found = moment.read(value)
    assert found is None or found.utcoffset() == timedelta()


@given(OBJECTS, st.sampled_from([SEGMENT, OURS]), st.sampled_from(["", "track", "group", "alias"]))
@settings(max_examples=60)
def test_whatever_an_event_holds_it_is_stored_or_refused_with_a_reason(
    parts: dict[str, Any], words: events.Words, kind: str
) -> None:
    names = [words.id, words.type, words.user, words.group, *words.at, "context", "event", "name"]
    event = dict(zip(names, parts.values(), strict=False)) | parts
    body = json.dumps(event).encode()
    [piece] = pieces.opened(body, None, alone=True)[1]
    parcel = Parcel("cnx_1", "b", NOW, timedelta(days=400), words, kind)
    found = events.row(piece, parcel)
    if isinstance(found, events.Refused):
        assert found.sentence
    else:
        assert found["day"] == found["at"].date().isoformat()
        assert found["_id"].startswith("cnx_1:")
        assert all(found[name] for name in ("user", "anonymous", "group") if name in found)
        found["_id"].encode()
