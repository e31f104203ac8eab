"""What was known of an object's fields when it was last looked at. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mappings.described import Described
from mappings.survey import Seen, Survey


@dataclass(frozen=True, slots=True)
class Known:
    """One field as it was first known: its type and words as described ("" where nobody told),
    the kinds of its values, and the largest share of records that carried it."""

    path: str
    type: str = ""
    values: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    share: float = 0.0


def load(rows: Iterable[Mapping[str, Any]]) -> dict[str, Known]:
    return {
        row["path"]: Known(
            row["path"], row["type"], tuple(row["values"]), tuple(row["kinds"]), row["share"]
        )
        for row in rows
    }


def dump(known: Mapping[str, Known]) -> list[dict[str, Any]]:
    return [asdict(known[path]) for path in sorted(known)]


def learn(
    known: Mapping[str, Known],
    told: Mapping[str, Described],
    survey: Survey,
    news: Collection[str],
    read: Collection[str],
) -> dict[str, Known]:
    """What is known from now on. `news` are fields that somebody is told of: they stay unknown
    until they are mapped. `read` are those that a mapping reads, which are never forgotten."""
    present = {*told, *(path for path, seen in survey.seen.items() if seen.carried), *read}
    return {
        path: _learnt(known.get(path), path, told.get(path), survey)
        for path in present
        if path not in news
    }


def _learnt(before: Known | None, path: str, told: Described | None, survey: Survey) -> Known:
    """The first description and the first kinds stay, so that a change of them shows."""
    seen = survey.seen.get(path, Seen())
    old = before or Known(path)
    share = seen.carried / survey.of if survey.of else 0.0
    return Known(
        path,
        old.type or (told.type if told else ""),
        old.values or (told.values if told else ()),
        old.kinds or tuple(sorted(seen.kinds)),
        max(old.share, share),
    )
