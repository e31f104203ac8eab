"""`python -m hub.bench [NAME ...] [--size SIZE] [--json FILE] [--data-dir DIR]`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from hub import logs
from hub.bench import accept, e2e, events, health, identity, page, pull, sizes
from hub.bench.report import HEAD, Report
from hub.bench.sizes import Size

Bench = Callable[[Path, Size, Report], None]
BENCHES: dict[str, Bench] = {
    "accept": accept.run,
    "e2e": e2e.run,
    "sync": pull.run,
    "page": page.run,
    "events": events.run,
    "identity": identity.run,
    "health": health.run,
}
SIZES = {
    "smoke": sizes.SMOKE,
    "middle": sizes.MIDDLE,
    "ordinary": sizes.ORDINARY,
    "long": sizes.LONG,
}


def main(given: Sequence[str] | None = None) -> int:
    """0 when everything that was asked for was measured; budgets missed are said, not an error."""
    parser = argparse.ArgumentParser(prog="dev.py bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHES], help="default: all")
    parser.add_argument("--size", choices=SIZES, default="ordinary")
    parser.add_argument("--json", type=Path, help="write the rows here too")
    parser.add_argument("--data-dir", type=Path, help="a folder for the stores; default: temporary")
    options = parser.parse_args(given)
    logs.configure("WARNING", "console")
    report = Report(lambda text: print(text, flush=True))
    print(HEAD)
    with tempfile.TemporaryDirectory(dir=options.data_dir, prefix="hub-bench-") as folder:
        for name in options.names or BENCHES:
            BENCHES[name](Path(folder) / name, SIZES[options.size], report)
    if options.json:
        options.json.write_text(json.dumps(document(report), indent=1) + "\n")
    return 0


def document(report: Report) -> dict[str, object]:
    """The rows and the machine they were measured on."""
    machine = {
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
    }
    return {"machine": machine, "rows": [row.document() for row in report.rows]}


if __name__ == "__main__":
    raise SystemExit(main())
