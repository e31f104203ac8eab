from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from hub.sandbox import Sandbox
from tests.sandbox.sink import Sink
from tests.sandbox.tiny import Secure, Tiny

ROOT = Path(__file__).parents[2]


def test_a_second_start_goes_on_with_the_same_world(tmp_path: Path, sink: Sink) -> None:
    with Sandbox([Secure, Tiny], accounts=20, data_dir=tmp_path) as first:
        tiny = first["tiny"]
        kept, gone, back = tiny.table("companies").ids()[:3]
        edited = tiny.table("companies").patch(kept, {"name": "Kept"})
        tiny.table("companies").delete(gone)
        tiny.table("companies").delete(back)
        tiny.table("companies").restore(back)
        dropped = tiny.subscribe(sink.url, "dropped")
        tiny.unsubscribe(dropped.id)
        subscription = tiny.subscribe(sink.url, "s3", ["companies.update"], {"x": 1})
        first.clock.advance(7200)
        urls, certificate = [first[n].url for n in ("tiny", "secure")], str(first["secure"].ca)
        trusted = Path(certificate).read_bytes()
    with Sandbox([Tiny, Secure], seed=99, accounts=5, data_dir=tmp_path) as second:
        tiny = second["tiny"]
        assert second.world == first.world
        assert tiny.table("companies").get(kept) == edited
        assert gone in tiny.table("companies").tombstones
        assert back in tiny.table("companies")
        assert tiny.subscriptions() == [subscription]
        assert second.clock.offset == timedelta(hours=2)
        assert [second[n].url for n in ("tiny", "secure")] == urls
        assert Path(certificate).read_bytes() == trusted
        assert requests.get(f"{second['secure'].url}/healthz", verify=certificate, timeout=5).ok


def test_a_journal_line_cut_short_is_dropped_and_the_next_one_is_whole(tmp_path: Path) -> None:
    with Sandbox([Tiny], accounts=5, data_dir=tmp_path) as first:
        id = first["tiny"].table("companies").ids()[0]
        first["tiny"].table("companies").patch(id, {"name": "Whole"})
    journal = tmp_path / "sandbox" / "tiny.jsonl"
    with journal.open("ab") as file:
        file.write(b'{"op":"put","table":"companies","id":"' + id.encode())
    for name in ("Second", "Third"):
        with Sandbox([Tiny], data_dir=tmp_path) as again:
            found = again["tiny"].table("companies").get(id)
            assert found is not None
            assert found["name"] == {"Second": "Whole", "Third": "Second"}[name]
            again["tiny"].table("companies").patch(id, {"name": name})


def test_a_port_that_was_taken_meanwhile_is_replaced(tmp_path: Path) -> None:
    with (
        Sandbox([Tiny], accounts=5, data_dir=tmp_path) as first,
        Sandbox([Tiny], accounts=5, data_dir=tmp_path) as second,
    ):
        assert first["tiny"].url != second["tiny"].url


def test_a_vendor_that_does_not_start_is_told_and_can_be_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Broken(Tiny):
        name = "broken"

        def seed(self, world: object) -> None:
            raise RuntimeError("seeding failed")

    with pytest.raises(RuntimeError, match="seeding failed"):
        Sandbox([Tiny, Broken], accounts=5).start()
    with Sandbox([Tiny, Broken], accounts=5, skip_broken=True) as sandbox:
        assert list(sandbox.vendors) == ["tiny"]
    assert "seeding failed" in capsys.readouterr().err


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a `plugins` package of its own: one good vendor, one that does not load."""
    for name, text in {
        "tiny": "from tests.sandbox.tiny import create as create\n",
        "corrupt": "def create(:\n",
    }.items():
        folder = tmp_path / "plugins" / name
        folder.mkdir(parents=True)
        (folder / "__init__.py").touch()
        (folder / "sandbox.py").write_text(text)
    (tmp_path / "plugins" / "__init__.py").touch()
    return tmp_path


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{home}{os.pathsep}{ROOT}"}


def arguments(home: Path) -> list[str]:
    data = str(home / "data")
    return [sys.executable, "-m", "hub.sandbox", "--data-dir", data, "--accounts", "8"]


def wait_for(path: Path, process: subprocess.Popen[bytes]) -> dict[str, dict[str, object]]:
    """Wait until the file is there; the process ending first fails the test."""
    while not path.exists():
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.05)
    described: dict[str, dict[str, object]] = json.loads(path.read_text())
    return described


@contextmanager
def running(
    command: list[str], home: Path, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command, env=environment, cwd=home, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def test_the_process_serves_lives_and_stops_cleanly(
    home: Path, environment: dict[str, str]
) -> None:
    with running([*arguments(home), "--life", "0.02"], home, environment) as process:
        path = home / "data" / "sandbox.json"
        described = wait_for(path, process)
        assert list(described) == ["tiny"]
        url, secrets = str(described["tiny"]["url"]), described["tiny"]["secrets"]
        assert isinstance(secrets, dict)
        headers = {"authorization": f"Bearer {secrets['token']}"}
        assert requests.get(f"{url}/api/companies", headers=headers, timeout=5).ok
        assert path.stat().st_mode & 0o077 == 0
        journal = home / "data" / "sandbox" / "tiny.jsonl"
        while not journal.exists():
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.05)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=10)
        assert process.returncode == 0
        assert b"corrupt does not load: SyntaxError" in errors


def test_the_process_dies_with_its_parent(home: Path, environment: dict[str, str]) -> None:
    script = "import subprocess, sys; subprocess.Popen(sys.argv[1:]).wait()"
    command = [sys.executable, "-c", script, *arguments(home), "--vendors", "tiny"]
    with running(command, home, environment) as parent:
        described = wait_for(home / "data" / "sandbox.json", parent)
        parent.kill()
        # The child holds the other end of this pipe: it is closed when the child is gone.
        assert parent.stderr is not None
        assert select.select([parent.stderr], [], [], 10)[0], "the child lives on"
        assert parent.stderr.read() == b""
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{described['tiny']['url']}/healthz", timeout=5)


def test_nothing_to_start_is_an_error(home: Path, environment: dict[str, str]) -> None:
    command = [*arguments(home), "--vendors", "corrupt"]
    done = subprocess.run(command, env=environment, cwd=home, capture_output=True, timeout=30)
    assert done.returncode == 1
    assert b"no sandbox vendor could be started" in done.stderr
