"""Seeded bugs: each named one in each connector, and drawn mutants, against the contract suite."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import structlog

from hub.api.paging import part
from hub.conform import quality, recorded, suite, values
from hub.conform.bugs import BUGS, Bug, Subject
from hub.plugin_host import PluginHost, load_plugins
from hub.prove import connector_mutants
from hub.prove.result import Options, Result
from hub.sandbox import Vendor

MUTANTS = 30
WANTED = 0.95


@dataclass(slots=True)
class Score:
    """One connector: named bugs that make sense in it, and those that no rule saw."""

    tried: int = 0
    survived: list[str] = field(default_factory=list)
    senseless: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        return 1 - len(self.survived) / self.tried if self.tried else 1.0


def bugs(options: Options) -> Result:
    """Share of the named bugs that the suite catches in each connector; at least 95 % must be."""
    silence()
    host = load_plugins()
    drawn = options.of(MUTANTS, 2)
    rows = [["Connector", "Named bugs", "Caught", "Survived", "Drawn mutants", "Seen", "Not seen"]]
    facts: dict[str, Any] = {"named bugs": len(BUGS)}
    problems = []
    for name in checked(host):
        score = named(host, name, list(BUGS.values())[:: max(1, round(1 / options.scale))])
        lost, total = connector_mutants.survivors(name, drawn, options.seed, options.folder)
        caught, seen = f"{score.share:.1%}", f"{1 - len(lost) / max(total, 1):.1%}"
        told = ["; ".join(score.survived) or "none", str(total), seen, "; ".join(lost) or "none"]
        rows.append([name, str(score.tried), caught, *told])
        facts[f"{name}: named bugs caught"] = f"{score.tried - len(score.survived)}/{score.tried}"
        print(f"  {name}: {caught} of {score.tried}; survived {score.survived}", flush=True)
        print(f"  {name}: {seen} of {total} mutants; survived {lost}", flush=True)
        if score.share < WANTED:
            problems.append(f"{name}: only {caught} of the named bugs are caught")
    return Result(facts, problems, rows)


def checked(host: PluginHost) -> list[str]:
    """Connectors that can be checked: those with a sandbox of their own."""
    homes = {name: c.mapping.parent for name, c in host.connectors.items()}
    return sorted(name for name, home in homes.items() if (home / "sandbox.py").is_file())


def named(host: PluginHost, name: str, wanted: Iterable[Bug]) -> Score:
    """Every bug that makes sense in one connector, each in a connector of its own."""
    score, right = Score(), subject_of(host, name)
    broken = [o.rule for o in suite.check(host, name) if o.state == "failed"]
    if broken:
        raise AssertionError(f"{name} breaks {', '.join(broken)} before any bug is in it")
    for bug in wanted:
        wrong = bug.apply(right)
        if wrong is None:
            score.senseless.append(bug.name)
            continue
        score.tried += 1
        if not is_caught(host, name, wrong, bug.rules):
            score.survived.append(bug.name)
    return score


def is_caught(host: PluginHost, name: str, wrong: Subject, rules: tuple[str, ...]) -> str:
    """The first rule that fails: those about the bug are asked first, then all; "" if none."""
    other = replace(
        host,
        connectors={**host.connectors, name: wrong.connector},
        mappings={**host.mappings, name: wrong.mappings},
    )
    for asked in (rules, ()):
        failed = [o.rule for o in suite.check(other, name, asked) if o.state == "failed"]
        if failed:
            return next((rule for rule in rules if rule in failed), failed[0])
    return ""


def subject_of(host: PluginHost, name: str) -> Subject:
    """A connector with what its sandbox, its payloads and its own text tell of its vendor."""
    connector, mappings = host.connectors[name], host.mappings[name]
    home = connector.mapping.parent
    vendor = _vendor_class(home)
    text = "".join(f.read_text() for f in home.glob("*.py") if "sandbox" not in f.name)
    return Subject(
        connector,
        mappings,
        exempt=quality.read(home).exempt_altogether,
        merges=vendor.merge is not Vendor.merge,
        limit_headers=vendor.limit_headers is not Vendor.limit_headers,
        plain="session.request" in text or "Rest(" in text,
        zoned=_is_zoned(home, mappings),
        tells_merges='kind="merge"' in text,
    )


def silence() -> None:
    """Broken connectors are what this is about: what they log is not."""
    logging.lastResort = None
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())


def _vendor_class(home: Path) -> type[Vendor]:
    """The vendor of the connector's own sandbox.py."""
    suite.creator(home)
    own = str(home / "sandbox.py")
    module = next(m for m in list(sys.modules.values()) if getattr(m, "__file__", "") == own)
    found = [v for v in vars(module).values() if isinstance(v, type) and issubclass(v, Vendor)]
    return next(v for v in found if v.__module__ == module.__name__)


def _is_zoned(home: Path, mappings: Any) -> bool:
    """Whether a recorded record holds a mapped time that is written with its zone."""
    for payload in recorded.payloads(recorded.folder_of(home)):
        for word, record in payload.records():
            for _, path in values.times(mappings[word]):
                if values.instant(part(record, path)) is not None:
                    return True
    return False
