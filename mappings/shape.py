"""A mapping's shape: its short forms written out, its keys and names checked, an overlay merged in.

The written-out form is a definition: plain data in which each value is a rule with its keys.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mappings.canonical import ENTITIES
from mappings.document import Problems, Where
from mappings.record import BY, KINDS

__all__ = ["HEAD", "LINK_KEYS", "define", "link_kind", "merge"]

NAMES = ("stream", "object", "entity")
HEAD = ("id", "modified_at", "created_at", "external_id", "url", "deleted", "merged_into")
PARTS = ("fields", "custom", "links")
LINK_KEYS = ("record", "by")
OVERLAY_KEYS = ("external_id", *PARTS)
MODES = frozenset({"from", "join", "template", "const"})

_TARGETS = {
    "account": "account",
    "contact": "contact",
    "requester": "contact",
    "owner": "user",
    "assignee": "user",
    "reporter": "user",
    "user": "contact",
    "ticket": "ticket",
}
_CUSTOM_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


def link_kind(name: str) -> str:
    """The kind that a link's name begins with: account for account_email."""
    return name.split("_", 1)[0]


def define(
    written: Mapping[str, Any], where: Where, objects: Mapping[str, str], problems: Problems
) -> dict[str, Any]:
    """The definition of one object of a file. `objects`: every object of the file to its entity."""
    _keys(where, written, (*NAMES, *HEAD, *PARTS), problems)
    definition: dict[str, Any] = {name: written.get(name) for name in NAMES}
    definition.update({key: _rule(written[key]) for key in HEAD if key in written})
    custom = written.get("custom")
    if custom is not None and not isinstance(custom, str):
        problems.add(
            (*where, "custom"), "the path of the part that a tenant picks from is due here"
        )
    definition["custom"] = {"from": custom if isinstance(custom, str) else None, "fields": {}}
    fields = _rules(where, "fields", written, problems)
    definition["fields"] = fields
    _known_fields(where, fields, definition["entity"], problems)
    links = _rules(where, "links", written, problems)
    definition["links"] = {
        name: _link(where, name, rule, definition["object"], objects, problems)
        for name, rule in links.items()
    }
    return definition


def _keys(
    where: Where, written: Mapping[str, Any], valid: tuple[str, ...], found: Problems
) -> None:
    for key in written:
        if key not in valid:
            found.unknown((*where, key), "key", key, valid)


def _rule(written: Any) -> dict[str, Any]:
    return dict(written) if isinstance(written, Mapping) else {"from": written}


def _table(
    where: Where, key: str, written: Mapping[str, Any], problems: Problems
) -> Mapping[str, Any]:
    table = written.get(key)
    if table is not None and not isinstance(table, Mapping):
        problems.add((*where, key), "names and their rules are due here")
    return table if isinstance(table, Mapping) else {}


def _rules(
    where: Where, key: str, written: Mapping[str, Any], problems: Problems
) -> dict[str, dict[str, Any]]:
    return {name: _rule(rule) for name, rule in _table(where, key, written, problems).items()}


def _known_fields(where: Where, fields: dict[str, Any], entity: Any, problems: Problems) -> None:
    if not isinstance(entity, str) or entity not in ENTITIES:
        return
    for name in [name for name in fields if name not in ENTITIES[entity].fields]:
        problems.unknown(
            (*where, "fields", name), f"field of {entity}", name, ENTITIES[entity].fields
        )
        del fields[name]


def _link(
    where: Where,
    name: str,
    rule: dict[str, Any],
    own: Any,
    objects: Mapping[str, str],
    problems: Problems,
) -> dict[str, Any]:
    """The rule of a link with its `record` or `by` filled in."""
    at = (*where, "links", name)
    kind = link_kind(name)
    if kind not in KINDS:
        problems.unknown(at, "kind of link", name, KINDS)
    elif "by" in rule:
        if rule["by"] not in BY or rule["by"] == "record":
            problems.unknown((*at, "by"), "way to link", rule["by"], set(BY) - {"record"})
        if "record" in rule:
            problems.add(at, "only one of these can be: record, by")
    elif "record" not in rule:
        rule = {**rule, "record": _target(at, kind, own, objects, rule, problems)}
    elif rule["record"] is None and "as" in rule:
        return rule
    elif kind != "project" and rule["record"] not in objects:
        problems.unknown((*at, "record"), "object", rule["record"], objects)
    return rule


def _target(
    at: Where,
    kind: str,
    own: Any,
    objects: Mapping[str, str],
    rule: Mapping[str, Any],
    problems: Problems,
) -> str | None:
    if kind == "parent":
        return str(own)
    fitting = [name for name, entity in objects.items() if entity == _TARGETS.get(kind)]
    if len(fitting) == 1:
        return fitting[0]
    if "as" not in rule:
        options = fitting or list(objects)
        problems.add(at, f"say what it links to, as `record:` or `by:`; {', '.join(options)}")
    return None


def merge(
    base: Mapping[str, Any],
    overlay: Mapping[str, Any],
    objects: Mapping[str, str],
    problems: Problems,
) -> dict[str, Any]:
    """The base definition with a tenant's overlay laid over it."""
    _keys((), overlay, OVERLAY_KEYS, problems)
    merged = {key: value for key, value in base.items() if key not in PARTS}
    if "external_id" in overlay:
        merged["external_id"] = _over(base.get("external_id"), overlay["external_id"])
        if merged["external_id"] is None:
            del merged["external_id"]
    fields = _over_all(base["fields"], _table((), "fields", overlay, problems))
    _known_fields((), fields, base["entity"], problems)
    customs = _over_all(base["custom"]["fields"], _table((), "custom", overlay, problems))
    for name in customs:
        if not _CUSTOM_NAME.fullmatch(name):
            problems.add(
                ("custom", name), "a custom name is a letter and then letters, digits or _"
            )
    links = _over_all(base["links"], _table((), "links", overlay, problems))
    merged["fields"] = fields
    merged["custom"] = {**base["custom"], "fields": customs}
    merged["links"] = {
        name: _link((), name, rule, base["object"], objects, problems)
        for name, rule in links.items()
    }
    return merged


def _over_all(base: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    merged = {name: _over(base.get(name), overlay[name]) for name in overlay}
    together = {**base, **merged}
    return {str(name): rule for name, rule in together.items() if rule is not None}


def _over(base: Mapping[str, Any] | None, written: Any) -> dict[str, Any] | None:
    """One rule changed: a new source takes the old one's place, words are added to the old ones."""
    if written is None:
        return None
    rule, old = _rule(written), dict(base or {})
    if MODES & rule.keys():
        old = {key: value for key, value in old.items() if key not in MODES}
    if "by" in rule or "record" in rule:
        old = {key: value for key, value in old.items() if key not in LINK_KEYS}
    words = rule.get("map")
    if isinstance(words, Mapping) and isinstance(old.get("map"), Mapping):
        rule["map"] = {**old["map"], **{str(key): ours for key, ours in words.items()}}
    return {**old, **rule}
