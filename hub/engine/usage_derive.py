"""The source's own records, from what its events add up to: groups, users, and use.

Pure. What comes out are records in the shape that plugins/product_usage/mapping.yaml reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from hub.engine import usage_days
from hub.engine.usage_person import OTHER, USE, Person, horizon

Raw = dict[str, Any]
Made = dict[tuple[str, str], Raw]
"""Records by (object, native id)."""
FEATURES, GROUPS = 200, 50
_GAPS = re.compile(r"[\W_]+")


@lru_cache(maxsize=20_000)
def plain_name(name: str) -> str:
    """A name without its manner of writing: "Login Failed", login_failed, loginFailed are one."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return _GAPS.sub(" ", spaced).strip().casefold()


def ignored(settings: Mapping[str, str], others: Iterable[str] = ()) -> frozenset[str]:
    """The names that a source's settings, and `others`, take out of use; plain."""
    given = [*settings.get("ignored_events", "").split(","), *others]
    return frozenset(plain_name(name) for name in given if name.strip())


def group(person: Person) -> Made:
    """An account, once a group call has spoken of it."""
    return {
        ("group", person.key): {
            "id": person.key,
            "traits": person.words(),
            "first_seen_at": _iso(person.first_at),
            "changed_at": _iso(person.said_at()),
        }
    }


def user(person: Person, visitors: Sequence[Person], silent: frozenset[str], today: date) -> Made:
    """A contact, and one record of use for each group the user was active in.

    `visitors` are the anonymous visitors that turned out to be this user.
    """
    one = [person, *visitors]
    joins = _joins(one)
    days, features = _use(one, joins, silent, today)
    first = min((p.first_at for p in one if p.first_at), default=None)
    made: Made = {("user", person.key): _contact(person, one, joins, days, first)}
    known = {n for n in person.made if n.startswith("usage:")}
    for name in sorted({g for g in days if days[g]} | {_group_of(n) for n in known}):
        raw = _usage(person.key, name, days.get(name, 0), features.get(name, {}), first)
        made["usage", raw["id"]] = raw
    return made


def usage_id(group: str, user: str) -> str:
    """One id for a pair of texts that may hold anything."""
    return f"{_escaped(group)}/{user}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("/", "%2F")


def _group_of(made: str) -> str:
    """The group of a key of `Person.made`, "usage:<native id>"."""
    return made[6:].partition("/")[0].replace("%2F", "/").replace("%25", "%")


def _joins(one: Sequence[Person]) -> dict[str, str]:
    """{day: the group whose call was that day's last}, of a user and their visitors."""
    found: dict[str, Any] = {}
    for person in one:
        for day, (stamp, name) in person.joins.items():
            if day not in found or found[day] < (stamp, name):
                found[day] = (stamp, name)
    return {day: name for day, (_, name) in sorted(found.items())}


def _use(
    one: Sequence[Person], joins: Mapping[str, str], silent: frozenset[str], today: date
) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    """Per group the active days, and per group and feature its days."""
    kept = usage_days.from_day(horizon(today))
    spans = _spans(joins)
    days: dict[str, int] = {}
    features: dict[str, dict[str, int]] = {}
    for named, kind, event, found in _uses(one):
        if kind not in USE or plain_name(event) in silent or not found & kept:
            continue
        for name, part in _split(named, found & kept, spans):
            days[name] = days.get(name, 0) | part
            of_group = features.setdefault(name, {})
            of_group[event] = of_group.get(event, 0) | part
    return days, features


def _uses(one: Sequence[Person]) -> Iterable[tuple[str, str, str, int]]:
    for person in one:
        for (named, kind, event), use in person.uses.items():
            yield named, kind, event, use.days


def _spans(joins: Mapping[str, str]) -> list[tuple[str, int]]:
    """[(group, the days on which it was in force)]: from its call to the day before the next;
    the first one holds for the days before it too."""
    starts = [usage_days.index(day) for day in joins]
    spans = []
    for n, name in enumerate(joins.values()):
        mask = -1 if n == 0 else -1 << starts[n]
        spans.append((name, mask & ~(-1 << starts[n + 1]) if n + 1 < len(starts) else mask))
    return spans


def _split(named: str, days: int, spans: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    if named or not spans:
        return [(named, days)]
    return [(name, days & mask) for name, mask in spans if days & mask]


def _contact(
    person: Person,
    one: Sequence[Person],
    joins: Mapping[str, str],
    days: Mapping[str, int],
    first: datetime | None,
) -> Raw:
    """The group of the last call comes first, then the others by their last day of use.

    A former id is the user's only if nobody had claimed it before.
    """
    own = {p.key for p in one}
    called = list(dict.fromkeys(reversed(list(joins.values()))))
    used = sorted((g for g in days if g), key=lambda g: (-days[g].bit_length(), g))
    said = [at for p in one if (at := p.said_at()) is not None]
    return {
        "id": person.key,
        "user_ids": [person.key, *sorted(person.aliases & own - {person.key})],
        "traits": _words(one),
        "groups": list(dict.fromkeys([*called, *used]))[:GROUPS],
        "first_seen_at": _iso(first),
        "changed_at": _iso(max(said, default=first)),
    }


def _words(one: Sequence[Person]) -> dict[str, Any]:
    """What a visitor said of themselves holds until the user says otherwise, later."""
    if len(one) == 1:
        return one[0].words()
    both = Person("", "", "user", "")
    for person in one:
        for name, word in person.traits.items():
            if name not in both.traits or both.traits[name] < word:
                both.traits[name] = word
    return both.words()


def _usage(
    user: str, group: str, days: int, features: Mapping[str, int], first: datetime | None
) -> Raw:
    """Of more than 200 features those used last are told."""
    found = sorted(features.items(), key=lambda f: (-f[1].bit_length(), f[0]))
    told = [(name, usage_days.last(d)) for name, d in found if name != OTHER][:FEATURES]
    last = usage_days.last(days)
    return {
        "id": usage_id(group, user),
        "user": user,
        **({"group": group} if group else {"alone": user}),
        "active_days": list(usage_days.each(days)),
        "features": [{"feature": name, "day": day} for name, day in sorted(told)],
        "first_seen_at": _iso(first),
        "last_active_on": last,
        "changed_at": f"{last}T00:00:00Z" if last else None,
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat(timespec="milliseconds") if at else None
