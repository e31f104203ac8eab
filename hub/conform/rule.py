"""A rule of the contract suite, and the list of all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from hub.conform.ground import Ground

Grade = Literal["bronze", "silver", "gold"]
GRADES: tuple[Grade, ...] = ("bronze", "silver", "gold")


class Broken(Exception):
    """The connector does not keep a rule. `reason` says what was seen; `file` where to look."""

    def __init__(self, reason: str, file: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.file = file


class NothingToCheck(Exception):
    """The connector lacks what the rule is about, such as webhooks; a skip is not a pass."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`name` stands in quality.yaml; `asks` is the sentence that a developer reads."""

    name: str
    grade: Grade
    asks: str
    check: Callable[[Ground], None]


RULES: list[Rule] = []


def rule(
    name: str, grade: Grade, asks: str
) -> Callable[[Callable[[Ground], None]], Callable[[Ground], None]]:
    """Declare a rule; it raises Broken or NothingToCheck."""

    def declare(check: Callable[[Ground], None]) -> Callable[[Ground], None]:
        RULES.append(Rule(name, grade, asks, check))
        return check

    return declare


def require(right: object, reason: str, file: str = "") -> None:
    """Raises Broken unless `right`."""
    if not right:
        raise Broken(reason, file)
