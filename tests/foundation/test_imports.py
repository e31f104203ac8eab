"""Import rules that the import contracts of setup.cfg cannot say."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ROOT / "plugins"
VENDORS = sorted({path.relative_to(PLUGINS).parts[0] for path in PLUGINS.glob("*/**/*.py")})
PURE = sorted((ROOT / "mappings").rglob("*.py"))
SDKS = {"hubspot", "jira", "simple_salesforce"}


@cache
def imported(path: Path) -> frozenset[str]:
    """Dotted names of what a file imports, at its top or inside a function."""
    return frozenset(_imported(ast.parse(path.read_text())))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            yield base
            yield from (
                f"{base}.{alias.name}" for alias in node.names if base in ("hub", "plugins")
            )


def under(name: str, *roots: str) -> bool:
    return any(name == root or name.startswith(root + ".") for root in roots)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_connector_knows_the_hub_by_its_contract_only_and_no_other_vendor(vendor: str) -> None:
    files = sorted((PLUGINS / vendor).rglob("*.py"))
    found = [(file, name) for file in files for name in imported(file)]
    assert files
    assert [(file, name) for file, name in found if _is_foreign(file, name)] == []


def _is_foreign(file: Path, name: str) -> bool:
    """Whether a connector's file may not import this."""
    in_sandbox = file.stem.startswith("sandbox") or file.parent.name == "sandbox"
    contract = ("hub.api", "hub.sandbox") if in_sandbox else ("hub.api",)
    own = f"plugins.{file.relative_to(PLUGINS).parts[0]}"
    if name in ("hub", "plugins"):
        return False  # What is taken from it has a name of its own here.
    return under(name, "hub", "plugins") and not under(name, *contract, own)


@pytest.mark.parametrize("sdk", sorted(SDKS))
def test_a_vendors_library_has_one_door(sdk: str) -> None:
    folders = [ROOT / name for name in ("hub", "webhooks", "mappings", "plugins")]
    files = [ROOT / "worker.py", *(f for d in folders for f in d.rglob("*.py"))]
    files = [file for file in files if sdk in file.read_text()]
    users = {file for file in files if any(under(name, sdk) for name in imported(file))}
    assert {user.name for user in users} == {"client.py"}
    assert len({user.parent for user in users}) == 1


def test_the_worker_knows_the_hub_alone() -> None:
    foreign = {"plugins", "webhooks", "mappings", "pymongo", "pluggy", "requests", "flask"}
    assert {name for name in imported(ROOT / "worker.py") if name.split(".")[0] in foreign} == set()


@pytest.mark.parametrize("path", PURE, ids=lambda p: p.name)
def test_pure_code_reads_no_clock(path: Path) -> None:
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    names = {ast.unparse(call.func) for call in calls}
    assert names & {"datetime.now", "datetime.utcnow", "date.today", "time.time"} == set()
    assert not any(under(name, "time") for name in imported(path))


def test_the_folder_of_plugins_is_never_where_imports_are_looked_for() -> None:
    import jira

    assert "site-packages" in str(jira.__file__)
