"""Running the suite on one connector: every rule, each with what came of it, and the grade."""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import stamina

from hub.conform import (
    changing,
    counting,
    declared,
    fitting,
    pulling,
    pushing,
    quality,
    report,
    schema,
    secrecy,
    telling,
    troubling,
    values,
    writing,
)
from hub.conform.ground import Ground
from hub.conform.quality import Quality
from hub.conform.rule import GRADES, RULES, Broken, Grade, NothingToCheck, Rule
from hub.errors import CorrectInput
from hub.plugin_host import PluginHost
from hub.sandbox import Request, Response, Sandbox

Witness = Callable[[Request, Response], object]
State = Literal["passed", "failed", "skipped", "exempt", "todo"]
FAMILIES = (
    declared,
    schema,
    pulling,
    values,
    troubling,
    counting,
    pushing,
    telling,
    changing,
    fitting,
    writing,
    secrecy,
)
ACCOUNTS, FEW_ROWS, RETRY_SCALE = 25, 20, 0.0005


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one rule. `reason` and `file` for everything but a pass."""

    rule: str
    grade: Grade
    asks: str
    state: State
    reason: str = ""
    file: str = ""

    @property
    def counts(self) -> bool:
        """Whether the rule is kept for the grade; a skip is not."""
        return self.state in ("passed", "exempt")


def check(
    host: PluginHost, name: str, only: Collection[str] = (), witness: Witness | None = None
) -> list[Outcome]:
    """Check the connector `name` on its own sandbox, which takes some seconds; `only` some rules.

    `witness` is told each request with its answer.
    Raises NotFound for a name that is not loaded, CorrectInput where it has no sandbox or a
    quality.yaml that cannot be right.
    """
    connector = host.connector(name)
    folder = connector.mapping.parent
    said = quality.read(folder)
    quality.fit(said, folder, [webhook.name for webhook in connector.webhooks])
    with Sandbox([creator(folder)], accounts=ACCOUNTS, retry_scale=RETRY_SCALE) as sandbox:
        (vendor,) = sandbox.vendors.values()
        vendor.page_size, vendor.witness = vendor.rows_of(FEW_ROWS), witness
        ground = Ground(connector, host.mappings[name], folder, vendor)
        with ground.listening(), stamina.set_testing(True):
            asked = [rule for rule in rules() if not only or rule.name in only]
            return [_outcome(rule, ground, said) for rule in asked]


def keep(host: PluginHost, name: str, outcomes: list[Outcome]) -> Path:
    """Write what a whole check found beside the connector, for all who ask; returns the file."""
    folder = host.connector(name).mapping.parent
    return report.write(folder, grade(outcomes), rows(outcomes), judged(folder))


def rows(outcomes: list[Outcome]) -> list[dict[str, str]]:
    """Outcomes as they are kept: without the file, which is of this machine."""
    words = ("rule", "grade", "asks", "state", "reason")
    return [{word: str(getattr(outcome, word)) for word in words} for outcome in outcomes]


def judged(folder: Path) -> list[dict[str, str]]:
    """The rules of judgement, as they were declared by hand."""
    said = quality.read(folder)
    found = []
    for name, asks in quality.JUDGEMENT.items():
        state, reason = said.judged(name)
        found.append({"rule": name, "asks": asks, "state": state, "reason": reason})
    return found


def rules() -> list[Rule]:
    """All rules in the order in which they are asked: edits and secrets come last."""
    places = {family.__name__: place for place, family in enumerate(FAMILIES)}
    return sorted(RULES, key=lambda rule: places[rule.check.__module__])


def grade(outcomes: list[Outcome]) -> str:
    """The highest grade whose rules, and those of all below, are kept; "none" without bronze."""
    reached = "none"
    for step in GRADES:
        if not all(o.counts for o in outcomes if o.grade == step):
            return reached
        reached = step
    return reached


def creator(folder: Path) -> Any:
    """The `create` of the sandbox.py in the connector's own package, however that is called."""
    if not (folder / "sandbox.py").is_file():
        raise CorrectInput(
            f"{folder.name} has no sandbox.py, so it cannot be checked.", field="name"
        )
    own = str(folder / "__init__.py")
    package = next(
        key for key, module in list(sys.modules.items()) if getattr(module, "__file__", "") == own
    )
    return importlib.import_module(f"{package}.sandbox").create


def _outcome(rule: Rule, ground: Ground, said: Quality) -> Outcome:
    state: State = "passed"
    reason = file = ""
    if rule.name in said.exempt_altogether:
        return Outcome(rule.name, rule.grade, rule.asks, "exempt", said.exempt[rule.name])
    if rule.name in said.todo:
        return Outcome(rule.name, rule.grade, rule.asks, "todo", "quality.yaml says todo.")
    spared = said.only.get(rule.name, ())
    if spared:
        state, reason = "exempt", f"{', '.join(spared)}: {said.exempt[rule.name]}"
    try:
        with ground.without(spared):
            rule.check(ground)
    except NothingToCheck as nothing:
        state, reason = "skipped", str(nothing)
    except Broken as broken:
        state, reason, file = "failed", broken.reason, broken.file
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        state, reason = "failed", f"{type(error).__name__}: {str(error)[:200]}"
        file = f"{last.filename}:{last.lineno}"
    return Outcome(rule.name, rule.grade, rule.asks, state, reason, file)
