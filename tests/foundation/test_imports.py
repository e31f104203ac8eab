"""Import rules that the import contracts of setup.cfg cannot say."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLUGIN_FILES = sorted((ROOT / "plugins").glob("*/**/*.py"))
PURE = sorted((ROOT / "mappings").rglob("*.py"))
SDKS = {"hubspot", "jira", "simple_salesforce"}


def imported(path: Path) -> Iterator[str]:
    """Dotted names of what a file imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text())):
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


@pytest.mark.parametrize("path", PLUGIN_FILES, ids=lambda p: str(p.relative_to(ROOT / "plugins")))
def test_a_connector_knows_the_hub_by_its_contract_only(path: Path) -> None:
    in_sandbox = path.stem.startswith("sandbox") or path.parent.name == "sandbox"
    allowed = ("hub.api", "hub.sandbox") if in_sandbox else ("hub.api",)
    of_hub = {name for name in imported(path) if under(name, "hub")} - {"hub"}
    assert {name for name in of_hub if not under(name, *allowed)} == set()


@pytest.mark.parametrize("path", PLUGIN_FILES, ids=lambda p: str(p.relative_to(ROOT / "plugins")))
def test_a_connector_knows_no_other_vendor(path: Path) -> None:
    own = f"plugins.{path.relative_to(ROOT / 'plugins').parts[0]}"
    of_plugins = {name for name in imported(path) if under(name, "plugins")} - {"plugins"}
    assert {name for name in of_plugins if not under(name, own)} == set()


@pytest.mark.parametrize("sdk", sorted(SDKS))
def test_a_vendors_library_has_one_door(sdk: str) -> None:
    folders = [ROOT / name for name in ("hub", "webhooks", "mappings", "plugins")]
    files = [ROOT / "worker.py", *(f for d in folders for f in d.rglob("*.py"))]
    users = {str(f.relative_to(ROOT)) for f in files if any(under(n, sdk) for n in imported(f))}
    assert {Path(user).name for user in users} <= {"client.py"}
    assert len({Path(user).parent for user in users}) == 1


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
