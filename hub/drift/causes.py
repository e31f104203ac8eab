"""What is unlike what was known of an object's fields: each a cause for a notice. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from hub.drift.known import Known
from mappings.described import Described
from mappings.language import ObjectMapping
from mappings.survey import Place, Seen, Survey, is_own, readers

Kind = Literal["appeared", "vanished", "absent", "type_changed", "unknown_value"]
KINDS: Final[tuple[Kind, ...]] = Kind.__args__  # type: ignore[attr-defined]
USUAL: Final = 0.5
"""A field that half of the records carried is missed when none of the newest has it."""
FEWEST: Final = 5
"""Records from which on their silence says something."""
KEPT: Final = 3


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that is unlike before.

    name: the field of the mapping whose table lacks a word. was, now: types or kinds. words: those
    that are unknown. examples: places in the sample of records that show it.
    """

    kind: Kind
    path: str
    places: tuple[Place, ...] = ()
    name: str = ""
    was: str = ""
    now: str = ""
    words: tuple[str, ...] = ()
    carried: int = 0
    examples: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Ground:
    """All that is compared: a mapping, what the vendor tells, what was known, what records say."""

    mapping: ObjectMapping
    told: Mapping[str, Described]
    known: Mapping[str, Known]
    survey: Survey
    sampled_before: bool

    def seen(self, path: str) -> Seen:
        return self.survey.seen.get(path, Seen())


def causes(ground: Ground) -> list[Cause]:
    """Everything that is unlike before, one of each kind and path."""
    read = readers(ground.mapping)
    found = [*_appeared(ground, read), *_gone(ground, read), *_changed(ground, read)]
    return [*found, *_unknown(ground)]


def _appeared(ground: Ground, read: Mapping[str, list[Place]]) -> Iterator[Cause]:
    """The tenant's own fields that nobody knew; a vendor adds to its standard ones all the time."""
    was_told = any(known.type for known in ground.known.values())
    for path, field in ground.told.items():
        if was_told and field.custom and path not in ground.known and path not in read:
            carried = ground.seen(path).filled
            yield Cause("appeared", path, now=field.type, carried=carried)
    for path, seen in ground.survey.seen.items():
        new = path not in ground.known and path not in ground.told and path not in read
        if ground.sampled_before and new and seen.filled and is_own(ground.mapping, path):
            kinds = ", ".join(sorted(seen.kinds))
            yield Cause("appeared", path, now=kinds, carried=seen.filled)


def _gone(ground: Ground, read: Mapping[str, list[Place]]) -> Iterator[Cause]:
    for path, places in read.items():
        known, seen = ground.known.get(path, Known(path)), ground.seen(path)
        if ground.told and known.type and path not in ground.told:
            yield Cause("vanished", path, tuple(places), was=known.type, carried=seen.filled)
        elif _is_missed(ground, known, seen, places):
            kinds = ", ".join(known.kinds)
            yield Cause("absent", path, tuple(places), was=kinds, carried=seen.carried)


def _is_missed(ground: Ground, known: Known, seen: Seen, places: list[Place]) -> bool:
    if ground.survey.late < FEWEST or seen.late:
        return False
    return known.share >= USUAL or (
        any(_is_overlaid(ground.mapping, place) for place in places)
        and not ground.told.get(known.path)
    )


def _is_overlaid(mapping: ObjectMapping, place: Place) -> bool:
    """Whether the tenant's overlay says it."""
    lines = mapping.lines.get(place, ())
    return bool(lines) and lines[-1].file.startswith("overlay")


def _changed(ground: Ground, read: Mapping[str, list[Place]]) -> Iterator[Cause]:
    for path, known in ground.known.items():
        told, seen = ground.told.get(path), ground.seen(path)
        places = tuple(read.get(path, ()))
        if not places and not (told.custom if told else is_own(ground.mapping, path)):
            continue
        was, now = known.type, told.type if told else known.type
        if was == now and known.kinds and seen.late_kinds - {*known.kinds}:
            was, now = ", ".join(known.kinds), ", ".join(sorted(seen.late_kinds))
        if was and now and was != now:
            yield Cause("type_changed", path, places, was=was, now=now, carried=seen.filled)


def _unknown(ground: Ground) -> Iterator[Cause]:
    """Words that a field's table lacks: seen in records, or new in what the vendor tells."""
    for name, rule in ground.mapping.definition["fields"].items():
        if not isinstance(rule.get("map"), dict):
            continue
        said = ground.survey.unknown.get(name, {})
        path = _path_of(ground, name)
        told, known = ground.told.get(path), ground.known.get(path)
        fresh = [v for v in told.values if v not in known.values] if told and known else []
        new = [word for word in fresh if known and known.values and word not in rule["map"]]
        if said or new:
            examples = tuple(places[0] for places in said.values())[:KEPT]
            words = tuple(dict.fromkeys([*said, *new]))
            carried = len({place for places in said.values() for place in places})
            place = (("fields", name),)
            yield Cause("unknown_value", path, place, name, "", "", words, carried, examples)


def _path_of(ground: Ground, name: str) -> str:
    """What the field reads first."""
    place = ("fields", name)
    paths = readers(ground.mapping)
    return next((path for path, places in paths.items() if place in places), name)
