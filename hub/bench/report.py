"""What was measured, as rows for people and for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from hub.bench.meter import Meter, percentile


@dataclass(slots=True)
class Row:
    """One case. `ms` holds p50, p95 and p99; `cpu_us` microseconds per item by process;
    `budget` says what was asked, `met` whether it was reached (None: nothing was asked)."""

    bench: str
    case: str
    items: int
    rate: float
    ms: dict[str, float] = field(default_factory=dict)
    cpu_us: dict[str, float] = field(default_factory=dict)
    others: float = 0.0
    quiet: bool = True
    budget: str = ""
    met: bool | None = None
    notes: dict[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        return asdict(self)


class Report:
    """Collects rows and says each as it comes."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.rows: list[Row] = []
        self._say = say

    def add(self, row: Row) -> Row:
        self.rows.append(row)
        self._say(line(row))
        return row

    def say(self, text: str) -> None:
        """What stands beside the rows, such as a definition or a table."""
        self._say(text)


def row(bench: str, case: str, items: int, meter: Meter, seconds: float, **more: Any) -> Row:
    """A row for `items` done in `seconds` under `meter`."""
    return Row(
        bench,
        case,
        items,
        round(items / max(seconds, 1e-9), 1),
        cpu_us=meter.each(items),
        others=round(meter.others, 2),
        quiet=meter.quiet,
        **more,
    )


def spread(latencies: list[float]) -> dict[str, float]:
    """p50, p95, p99 of milliseconds."""
    return {f"p{round(100 * s)}": round(percentile(latencies, s), 1) for s in (0.5, 0.95, 0.99)}


HEAD = f"{'case':<44}{'items':>8}{'per s':>10}  {'p50/p95/p99 ms':<22}{'CPU us per item':<64}others"


def line(row: Row) -> str:
    ms = "/".join(f"{row.ms[p]:g}" for p in ("p50", "p95", "p99")) if row.ms else ""
    cpu = " ".join(f"{name} {us:g}" for name, us in row.cpu_us.items())
    verdict = "" if row.met is None else f"  {'met' if row.met else 'MISSED'}: {row.budget}"
    busy = "" if row.quiet else " BUSY"
    notes = "  " + ", ".join(f"{k} {v}" for k, v in row.notes.items()) if row.notes else ""
    name = f"{row.bench}: {row.case}"
    return (
        f"{name:<44}{row.items:>8}{row.rate:>10,.0f}  {ms:<22}{cpu:<64}"
        f"{row.others:.2f}{busy}{verdict}{notes}"
    )


def ratio(a: Mapping[str, Any] | Row, b: Row) -> float:
    """Rate of one case over another's."""
    rate = a.rate if isinstance(a, Row) else a["rate"]
    return round(rate / max(b.rate, 1e-9), 2)
