"""Every connector that `hub connectors new` can write, through the whole contract suite.

Each combination of answers is written as a folder and as a distribution; the distributions are
installed beside an installed hub, which then checks them all.
"""

from __future__ import annotations

import json
from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any, get_args

from hub import scaffold
from hub.prove.installed import Installed
from hub.prove.result import Options, Result
from hub.scaffold import Answers

KINDS = (scaffold.Auth, scaffold.Paging, scaffold.Signature)
FOLDER, ALONE = "folder", "alone"
CHECK = """
import json, sys
from hub.conform import suite
from hub.plugin_host import load_plugins
host = load_plugins(folder=sys.argv[1])
print(json.dumps({name: suite.grade(suite.check(host, name)) for name in sys.argv[2:]}))
"""


def scaffolds(options: Options) -> Result:
    """All combinations, or for a small scale the first few; each must be gold."""
    every = list(product(*map(get_args, KINDS)))
    every = every[: options.of(len(every), 2)]
    options.folder.mkdir(parents=True, exist_ok=True)
    place = Installed(options.folder / "scaffolds")
    written = place.folder / "written"
    for given in every:
        scaffold.write(_answers(FOLDER, given), written)
        scaffold.write_distribution(_answers(ALONE, given), place.folder / "distributions")
    place.install(*sorted((place.folder / "distributions").iterdir()))
    grades = {kind: _grades(place, written, kind, every) for kind in (FOLDER, ALONE)}
    types = place.run("python", "-m", "mypy", "--strict", *_packages(every))
    facts = {
        "combinations": len(every),
        "grades as a folder": dict(Counter(grades[FOLDER].values())),
        "grades as an installed distribution": dict(Counter(grades[ALONE].values())),
        "mypy --strict of all": types.strip(),
    }
    found = (grades[FOLDER] | grades[ALONE]).items()
    return Result(facts, [f"{name} is {grade}" for name, grade in found if grade != "gold"])


def _answers(kind: str, given: tuple[Any, ...]) -> Answers:
    return Answers("_".join((kind, *given)), "Acme Desk", *given)


def _grades(
    place: Installed, written: Path, kind: str, every: list[tuple[Any, ...]]
) -> dict[str, str]:
    names = [_answers(kind, given).name for given in every]
    found: dict[str, str] = json.loads(place.run("python", "-c", CHECK, str(written), *names))
    return found


def _packages(every: list[tuple[Any, ...]]) -> list[str]:
    return [word for g in every for word in ("-p", f"hub_{_answers(ALONE, g).name}")]
