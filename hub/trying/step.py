"""What trying tells: one step on the way of a delivery or record, passed, refused or left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Row = Mapping[str, Any]
State = Literal["passed", "refused", "skipped"]
Name = Literal["verify", "key", "parse", "fetch", "map", "profile"]


@dataclass(frozen=True, slots=True)
class Step:
    """`sentence` says what was found, or the exact reason of a refusal.

    rows: what was found one by one (changes, records, values, fields of a profile). beside: words
    of the step's own, such as `links` and `unmapped` of a mapping. trouble: it was the vendor, and
    not the connector, that refused.
    """

    name: Name
    state: State
    sentence: str
    rows: Sequence[Row] = ()
    beside: Row = field(default_factory=dict)
    trouble: bool = False
