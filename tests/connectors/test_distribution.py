"""A connector as a distribution of its own, and the hub as one that others build against.

`dev.py prove outsider` goes all the way: a hub installed elsewhere, its console and its worker.
"""

from __future__ import annotations

import configparser
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hub.prove import guide
from hub.settings import ROOT

NOT_SHIPPED = {"hub/prove", "hub/bench/connectors"}
"""They measure a checkout."""
LIST = """
import json
from hub.plugin_host import load_plugins
host = load_plugins()
print(json.dumps({"origins": {n: p.origin for p in host.report for n in p.connectors},
                  "mapping": str(host.connector("tinydesk").mapping)}))
"""


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pip has put the connector of docs/writing-a-connector.md, from its wheel."""
    folder = tmp_path_factory.mktemp("installed")
    source = guide.write(tmp_path_factory.mktemp("written"))
    command = ["-m", "uv", "pip", "install", "--quiet", "--offline", "--no-deps"]
    command += ["--no-build-isolation", "--python", sys.executable, "--target", str(folder)]
    subprocess.run([sys.executable, *command, str(source)], check=True)
    return folder


def test_the_guides_connector_is_found_by_its_entry_point(target: Path, tmp_path: Path) -> None:
    paths = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(target)])}
    done = subprocess.run(
        [sys.executable, "-c", LIST],
        cwd=tmp_path,
        env={**os.environ, **paths},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["origins"]["tinydesk"] == "tinydesk"
    assert "stripe" in found["origins"]
    assert found["mapping"] == str(target / "tinydesk" / "mapping.yaml")


def test_its_wheel_holds_all_that_the_guide_writes(target: Path, tmp_path: Path) -> None:
    written = guide.write(tmp_path) / "tinydesk"
    files = {path.relative_to(written) for path in written.rglob("*") if path.is_file()}
    assert len(files) > 8
    assert [name for name in files if not (target / "tinydesk" / name).is_file()] == []


def _setup() -> configparser.ConfigParser:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    return setup


def test_every_package_is_in_the_hubs_wheel() -> None:
    listed = set(_setup()["options"]["packages"].split())
    found = {
        str(path.parent.relative_to(ROOT))
        for top in ("hub", "mappings", "plugins", "webhooks")
        for path in (ROOT / top).rglob("__init__.py")
    }
    kept = {p for p in found if not any(p.startswith(other) for other in NOT_SHIPPED)}
    assert {path.replace("/", ".") for path in kept} == listed


def test_everything_that_packages_read_is_in_the_hubs_wheel() -> None:
    data = _setup()["options.package_data"]
    shipped = {p for top in data for glob in data[top].split() for p in (ROOT / top).glob(glob)}
    read = {
        path
        for top in ("hub", "mappings", "plugins")
        for path in (ROOT / top).rglob("*")
        if path.suffix in (".lua", ".typed", ".j2", ".yaml", ".html", ".js", ".css", ".svg")
        and not any(str(path.relative_to(ROOT)).startswith(other) for other in NOT_SHIPPED)
    }
    assert len(read) > 50
    assert sorted(str(path.relative_to(ROOT)) for path in read - shipped) == []


def test_the_types_of_the_hub_are_for_all() -> None:
    assert (ROOT / "hub" / "py.typed").is_file()
    assert (ROOT / "mappings" / "py.typed").is_file()
