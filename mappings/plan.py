"""A definition checked whole: the plan that the compiler turns into a function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mappings.canonical import ENTITIES, FieldSpec
from mappings.document import Problems, Where
from mappings.paths import Path, Source, reads
from mappings.record import Conversion
from mappings.rules import RULE_KEYS, Checker, Rule
from mappings.shape import HEAD, LINK_KEYS, link_kind

__all__ = ["LinkRule", "Plan", "plan"]

_HEAD: dict[str, tuple[FieldSpec, str]] = {
    "id": (FieldSpec("id", "text"), "id"),
    "modified_at": (FieldSpec("modified_at", "timestamp"), "timestamp"),
    "created_at": (FieldSpec("created_at", "timestamp"), "timestamp"),
    "external_id": (FieldSpec("external_id", "text"), "id"),
    "url": (FieldSpec("url", "text"), "text"),
    "deleted": (FieldSpec("deleted", "bool"), "bool"),
    "merged_into": (FieldSpec("merged_into", "text"), "id"),
}


@dataclass(frozen=True)
class LinkRule:
    """How one link is found: its kind, what it goes by, and the object it names if by record."""

    kind: str
    by: str | None
    record: str | None
    rule: Rule


@dataclass(frozen=True)
class Plan:
    """One object's rules, all checked."""

    stream: str
    object: str
    entity: str
    head: dict[str, Rule]
    fields: tuple[Rule, ...]
    custom: tuple[Rule, ...]
    links: tuple[LinkRule, ...]

    @property
    def rules(self) -> list[Rule]:
        """Every rule of the plan."""
        links = [link.rule for link in self.links]
        return [*self.head.values(), *self.fields, *self.custom, *links]

    @property
    def source_fields(self) -> tuple[str, ...]:
        """Dotted names of the vendor's fields that any rule reads, sorted."""
        sources: list[Source] = [source for rule in self.rules for source in rule.sources]
        return reads(sources)


def plan(
    definition: Mapping[str, Any],
    where: Where,
    problems: Problems,
    conversions: Mapping[str, Conversion],
) -> Plan | None:
    """Check a definition; None if a problem was found, and all problems are noted."""
    before = len(problems.found)
    checker = Checker(problems, conversions)
    _check_names(definition, where, problems)
    made = Plan(
        stream=str(definition["stream"]),
        object=str(definition["object"]),
        entity=str(definition["entity"]),
        head=_head(definition, where, checker),
        fields=_fields(definition, where, checker),
        custom=_custom(definition["custom"], (*where, "custom"), checker),
        links=_links(definition["links"], (*where, "links"), checker),
    )
    return made if len(problems.found) == before else None


def _check_names(definition: Mapping[str, Any], where: Where, problems: Problems) -> None:
    for key in ("stream", "object", "entity"):
        value = definition[key]
        if not isinstance(value, str) or not value:
            problems.add((*where, key), f"`{key}` is missing")
        elif key == "entity" and value not in ENTITIES:
            problems.unknown((*where, key), "entity", value, ENTITIES)
    if "id" not in definition:
        problems.add((*where, "id"), "`id` is missing: say which field holds the record's id")


def _head(definition: Mapping[str, Any], where: Where, checker: Checker) -> dict[str, Rule]:
    found: dict[str, Rule] = {}
    for key in HEAD:
        if key in definition:
            spec, usual = _HEAD[key]
            rule = checker.rule((*where, key), definition[key], spec, usual=usual)
            found.update({key: rule} if rule else {})
    return found


def _fields(definition: Mapping[str, Any], where: Where, checker: Checker) -> tuple[Rule, ...]:
    entity = ENTITIES.get(str(definition["entity"]))
    rules = [
        checker.rule((*where, "fields", name), written, entity.fields.get(name))
        for name, written in definition["fields"].items()
        if entity is not None
    ]
    return tuple(rule for rule in rules if rule is not None)


def _custom(custom: Mapping[str, Any], where: Where, checker: Checker) -> tuple[Rule, ...]:
    base = None
    if custom["from"] is not None:
        base = checker.source(where, custom["from"])
        if base is not None and not (isinstance(base, Path) and base.root == "record"):
            checker.problems.add(where, "a plain path in the record is due here")
    elif custom["fields"]:
        checker.problems.add(where, "this object names no part that custom fields are picked from")
    below = base if isinstance(base, Path) else None
    rules = [
        checker.rule((*where, name), written, None, base=below)
        for name, written in custom["fields"].items()
    ]
    return tuple(rule for rule in rules if rule is not None)


def _links(links: Mapping[str, Any], where: Where, checker: Checker) -> tuple[LinkRule, ...]:
    found = []
    for name, written in links.items():
        rule = checker.rule((*where, name), written, None, usual="", keys=(*RULE_KEYS, *LINK_KEYS))
        if rule is not None:
            found.append(LinkRule(link_kind(name), written.get("by"), written.get("record"), rule))
    return tuple(found)
