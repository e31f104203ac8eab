"""The note on a vendor's own description, below the table of `hub connectors check`; no rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hub.conform import published
from hub.conform.published import Published

if TYPE_CHECKING:
    from hub.conform.agreeing import Exchange

LIBRARY = "openapi_core"


@dataclass(frozen=True, slots=True)
class Note:
    """`reason` says what was compared, or why nothing was."""

    state: Literal["agrees", "differs", "skipped"]
    reason: str
    differences: tuple[str, ...] = ()


def note(folder: Path, exchanges: Sequence[Exchange], whole: bool = True) -> Note | None:
    """Every exchange of a check against what its vendor publishes; None where nothing is named.

    Only a whole check can say which known differences are met no more. Raises CorrectInput for a
    description.yaml that cannot be right.
    """
    named = published.read(folder)
    if named is None:
        return None
    lacks = lacking(named)
    if lacks:
        return Note("skipped", lacks)
    from hub.conform import agreeing

    found = agreeing.compare(named, exchanges)
    differences = [f"{one.at} {one.says}" for one in sorted(found.differences)]
    if whole:
        differences += [f"{one.at} differs no more: {one.says}" for one in found.unused]
    reason = (
        f"{found.exchanges} requests and answers of {len(found.operations)} operations, "
        f"{len(found.known)} known differences"
    )
    return Note("differs" if differences else "agrees", reason, tuple(differences))


def lacking(named: Published) -> str:
    """Why nothing can be compared on this machine; "" where it can."""
    if not named.found():
        return named.missing()
    return "" if find_spec(LIBRARY) else "openapi-core is not installed"
