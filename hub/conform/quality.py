"""What a connector says of its own quality, and the rules that no machine can judge.

`quality.yaml` beside the mapping: `rules` holds for each `done`, `todo`, or `{exempt: reason}`; a
rule on webhooks also `{exempt: reason, webhooks: [names]}`, and is asked of all others.
A machine's rule that is `done` and fails is an error, one that is `todo` is not kept; one that is
not named is simply checked. A rule of judgement that is not named is `todo`. The older word
`exempt: {rule: reason}` on its own is read as well.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from hub.conform.rule import RULES
from hub.errors import CorrectInput

FILE = "quality.yaml"
MOST_EXEMPT = 3
NEVER_EXEMPT = ("verify", "resume", "secrecy")
Declared = Literal["done", "todo", "exempt"]
BY_WEBHOOK = ("hub.conform.pushing", "hub.conform.telling")
"""Where the rules stand that are asked of each webhook."""
JUDGEMENT: Mapping[str, str] = {
    "steps_tried": "Somebody who did not write it has connected by the README alone",
    "real_account": "It was tried against a real account of the vendor",
    "icon": "It is recognised at a glance: the title and the mark are the vendor's",
    "limits_explained": "The README says what the vendor's limits mean for how long a sync takes",
    "troubleshooting": "The README says what to do about each error that an admin may meet",
    "least_rights": "The README asks for the smallest permissions, and says what each is for",
    "data_read": "The README says which data is read, and what is never read",
    "removal": "The README says what stays at the vendor when the connection is removed",
    "quirks": "Each trap that the vendor's documents name is tested, or said why it does not apply",
    "sources": "Each fact names the vendor's document that it comes from",
    "plain_words": "Every field, help and error can be understood without knowing the API",
    "mapping_reviewed": "Somebody who sells or supports the product has read the mapping",
    "volume": "It was run with as many records as a large customer has",
    "owner": "Somebody is named who looks after it",
}
"""Each is asked of a person; nothing here counts for the grade, which is a machine's."""


@dataclass(frozen=True, slots=True)
class Quality:
    """What was declared: reasons of what is exempt, rules still to do, and all by name.

    only: of an exempt rule the webhooks that are; one that is not in it is exempt altogether.
    """

    exempt: Mapping[str, str] = field(default_factory=dict)
    todo: frozenset[str] = frozenset()
    declared: Mapping[str, Declared] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def exempt_altogether(self) -> frozenset[str]:
        return frozenset(self.exempt) - frozenset(self.only)

    def judged(self, name: str) -> tuple[Declared, str]:
        """What was declared of a rule of judgement, and why."""
        return self.declared.get(name, "todo"), self.reasons.get(name, "")


def read(folder: Path) -> Quality:
    """The declaration beside a connector; raises CorrectInput for one that cannot be right."""
    path = folder / FILE
    try:
        found: Any = yaml.safe_load(path.read_text()) if path.is_file() else {}
    except yaml.YAMLError as error:
        raise _wrong(path, f"it cannot be read: {error}") from None
    found = found or {}
    if not isinstance(found, dict) or set(found) - {"rules", "exempt"}:
        raise _wrong(path, "it holds `rules`, or `exempt`, and nothing else")
    rules = found.get("rules") or {}
    if not isinstance(rules, dict) or not isinstance(found.get("exempt") or {}, dict):
        raise _wrong(path, "each rule stands in it with what is said of it")
    rules = dict(rules)
    for name, reason in (found.get("exempt") or {}).items():
        rules[name] = {"exempt": reason}
    return _checked(path, rules)


def _checked(path: Path, rules: Mapping[str, Any]) -> Quality:
    machine = {rule.name for rule in RULES}
    declared: dict[str, Declared] = {}
    reasons: dict[str, str] = {}
    only: dict[str, tuple[str, ...]] = {}
    for name, said in rules.items():
        if name not in machine and name not in JUDGEMENT:
            raise _wrong(path, f"there is no rule {name}")
        if isinstance(said, dict) and "webhooks" in said:
            only[name] = _named(path, name, said["webhooks"])
            said = {word: what for word, what in said.items() if word != "webhooks"}
        declared[name], reasons[name] = _said(path, name, said)
    exempt = {n: reasons[n] for n, d in declared.items() if d == "exempt" and n in machine}
    if len(exempt) > MOST_EXEMPT:
        raise _wrong(path, f"{len(exempt)} rules are exempt; {MOST_EXEMPT} may be")
    todo = frozenset(n for n, d in declared.items() if d == "todo" and n in machine)
    return Quality(exempt, todo, declared, reasons, only)


def _named(path: Path, name: str, webhooks: Any) -> tuple[str, ...]:
    """The webhooks that an exemption is for."""
    homes = {rule.name: rule.check.__module__ for rule in RULES}
    if homes.get(name) not in BY_WEBHOOK:
        raise _wrong(path, f"{name} is not asked of each webhook")
    if not isinstance(webhooks, list) or not webhooks or not all(map(_is_word, webhooks)):
        raise _wrong(path, f"{name} does not name the webhooks that are exempt")
    return tuple(webhooks)


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def fit(quality: Quality, folder: Path, webhooks: Collection[str]) -> None:
    """Raises CorrectInput where a webhook is exempt that the connector does not have, or all."""
    for name, named in quality.only.items():
        for word in named:
            if word not in webhooks:
                raise _wrong(folder / FILE, f"{name}: there is no webhook {word}")
        if set(named) == set(webhooks):
            raise _wrong(folder / FILE, f"{name}: name no webhooks where all are exempt")


def _said(path: Path, name: str, said: Any) -> tuple[Declared, str]:
    """`done`, `todo`, or an exemption with its reason."""
    if said in ("done", "todo"):
        return said, ""
    reason = said.get("exempt") if isinstance(said, dict) and len(said) == 1 else None
    if not isinstance(reason, str) or not reason.strip():
        raise _wrong(path, f"{name} is neither done nor todo nor exempt with a reason")
    if name in NEVER_EXEMPT:
        raise _wrong(path, f"{name} cannot be exempt")
    return "exempt", reason


def _wrong(path: Path, what: str) -> CorrectInput:
    return CorrectInput(f"{path}: {what}.", field="exempt")
