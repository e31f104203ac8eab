"""`python -m hub.prove [--quick] [--only NAME ...] [--seed N]`: prove, and write the page anew."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic

from hub.prove import page, result
from hub.prove.backtest import backtest
from hub.prove.bugs import bugs
from hub.prove.day import day
from hub.prove.descriptions import descriptions
from hub.prove.growth import growth
from hub.prove.guards import guards
from hub.prove.health import health
from hub.prove.histories import histories
from hub.prove.load import burst, kills
from hub.prove.mutants import mutants
from hub.prove.outsider import outsider
from hub.prove.pull import pull
from hub.prove.refreshes import refreshes
from hub.prove.result import Options, Result
from hub.prove.scaffolds import scaffolds

PROOFS: dict[str, Callable[[Options], Result]] = {
    "burst": burst,
    "kills": kills,
    "histories": histories,
    "guards": guards,
    "mutants": mutants,
    "bugs": bugs,
    "descriptions": descriptions,
    "refreshes": refreshes,
    "day": day,
    "growth": growth,
    "pull": pull,
    "health": health,
    "backtest": backtest,
    "scaffolds": scaffolds,
    "outsider": outsider,
}
QUICK = 0.05


def main(arguments: Sequence[str]) -> int:
    """Exit code 1 when something that was promised did not hold."""
    options = _parser().parse_args(arguments)
    scale = QUICK if options.quick else options.scale
    shown = ("FOLDER" if text == str(options.data) else text for text in arguments)
    command = " ".join(["python3 dev.py prove", *shown])
    fine = True
    for name in options.only or PROOFS:
        fine &= _prove(name, options.seed, scale, command, options.data)
    page.write(result.load())
    return 0 if fine else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dev.py prove", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a twentieth of everything")
    parser.add_argument("--scale", type=float, default=1.0, help="so much of everything")
    parser.add_argument("--only", nargs="+", choices=PROOFS, help="these proofs alone")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, help="a folder with the public tables of backtest")
    return parser


def _prove(name: str, seed: int, scale: float, command: str, data: Path | None) -> bool:
    print(f"== {name}", flush=True)
    before = monotonic()
    with tempfile.TemporaryDirectory(prefix="prove-") as folder:
        try:
            found = PROOFS[name](Options(seed, scale, Path(folder), data))
        except AssertionError as error:
            found = Result({}, [str(error)])
    result.keep(name, found, monotonic() - before, command)
    for fact, value in found.facts.items():
        print(f"  {fact}: {value}")
    for problem in found.problems[:20]:
        print(f"  FAILED: {problem}")
    return not found.problems


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
