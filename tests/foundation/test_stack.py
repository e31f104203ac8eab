"""The supervisor over real processes, with small ones in place of the hub's own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from hub.child import is_alive, listens, wait_until
from hub.embedded import free_port
from hub.errors import CorrectInput
from hub.settings import ROOT, Settings, load_settings, running
from hub.stack import Stack, watch
from hub.stack.roles import Role, web
from tests.foundation.plan import HERE, small


class Said(list[str]):
    """What the supervisor said; a test may have `then` done with each line as it is said."""

    then: Callable[[str], object] = staticmethod(lambda line: None)

    def note(self, line: str) -> None:
        self.append(line)
        self.then(line)


@pytest.fixture(scope="module")
def said() -> Said:
    return Said()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, said: Said) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("stack")
    settings = load_settings(join=False, data_dir=folder, port=free_port(), web_workers=1)
    with Stack(settings, plan=small, say=said.note) as started:
        yield started


def _answer(stack: Stack) -> str:
    with urllib.request.urlopen(stack.url, timeout=5) as reply:  # noqa: S310
        return str(reply.read().decode())


def _is_back(stack: Stack, name: str, before: list[int]) -> Callable[[], bool]:
    return lambda: bool(stack.pids(name)) and not set(before) & set(stack.pids(name))


@pytest.mark.stack
def test_it_answers_and_tells_where_it_is(stack: Stack) -> None:
    assert int(_answer(stack)) in stack.pids("web")
    assert sorted(stack.names()) == ["helper", "mongod", "redis", "web"]
    joined = load_settings(data_dir=stack.settings.data_dir, need_stores=True)
    assert joined.port == stack.settings.port
    assert joined.mongodb_uri == stack.settings.mongodb_uri
    assert joined.master_key == stack.settings.master_key


@pytest.mark.stack
@pytest.mark.parametrize("name", ["web", "helper", "redis", "mongod"])
def test_what_is_killed_comes_back(stack: Stack, said: Said, name: str) -> None:
    before = stack.pids(name)
    stack.kill(name)
    assert wait_until(_is_back(stack, name, before), 20)
    assert wait_until(stack.is_ready, 20)
    assert any(line.startswith(f"{name} ended (signal 9)") for line in said)


@pytest.mark.stack
def test_what_is_taken_down_stays_down_until_restarted(stack: Stack) -> None:
    stack.take_down("redis")
    before = stack.pids("helper")
    stack.kill("helper")
    assert wait_until(_is_back(stack, "helper", before), 20)
    assert stack.pids("redis") == []
    stack.restart("redis")
    assert len(stack.pids("redis")) == 1


@pytest.mark.stack
def test_what_is_taken_down_while_it_is_looked_after_stays_down(
    stack: Stack, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line is said by the supervisor's own thread, just before it looks whether it runs."""
    monkeypatch.setattr(watch, "QUICK_S", 0.0)  # All have lived long: they are back at once.
    down = threading.Event()

    def take_down(line: str) -> None:
        if line == "helper | hello from helper" and not down.is_set():
            stack.take_down("helper")
            down.set()

    said.then = take_down
    stack.restart("helper")
    assert down.wait(20)
    before = stack.pids("redis")
    stack.kill("redis")
    assert wait_until(_is_back(stack, "redis", before), 20)
    assert stack.pids("helper") == []
    stack.restart("helper")
    assert len(stack.pids("helper")) == 1


@pytest.mark.stack
def test_a_frozen_web_answers_after_thaw(stack: Stack) -> None:
    stack.freeze("web")
    with pytest.raises(OSError, match="timed out"):
        urllib.request.urlopen(stack.url, timeout=0.3)  # noqa: S310
    stack.thaw("web")
    assert wait_until(stack.is_ready, 10)


@pytest.mark.stack
def test_an_error_in_a_log_is_shown_with_the_name(stack: Stack, said: Said) -> None:
    stack.restart("helper")
    assert wait_until(lambda: "helper | hello from helper" in said, 10)


def test_a_port_in_use_is_named_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        settings = load_settings(join=False, data_dir=tmp_path, port=port)
        with pytest.raises(CorrectInput, match=f"Port {port} is in use.*--port"):
            Stack(settings, plan=small).start()
    assert not (tmp_path / "mongodb").exists()


def test_a_process_that_does_not_start_says_why(tmp_path: Path) -> None:
    def broken(settings: Settings) -> Sequence[Role]:
        return [web(settings, f"{HERE}:absent")]

    stack = Stack(load_settings(join=False, data_dir=tmp_path, port=free_port()), plan=broken)
    with pytest.raises(CorrectInput, match="absent"):
        stack.start()
    assert [name for name in stack.names() if stack.pids(name)] == []


def test_one_store_alone_is_refused(tmp_path: Path) -> None:
    settings = load_settings(
        join=False, data_dir=tmp_path, port=free_port(), redis_url="redis://127.0.0.1:1/0"
    )
    with pytest.raises(CorrectInput, match="both HUB_MONGODB_URI and HUB_REDIS_URL"):
        Stack(settings, plan=small).start()


def test_stores_of_your_own_need_a_key_of_your_own(tmp_path: Path) -> None:
    uris = {"mongodb_uri": "mongodb://127.0.0.1:1", "redis_url": "redis://127.0.0.1:1/0"}
    settings = load_settings(join=False, data_dir=tmp_path, port=free_port(), **uris)
    with pytest.raises(CorrectInput, match="HUB_MASTER_KEY"):
        Stack(settings, plan=small).start()


def test_a_lost_master_key_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "mongodb").mkdir()
    (tmp_path / "mongodb" / "WiredTiger").touch()
    with pytest.raises(CorrectInput, match=r"master\.key is missing"):
        Stack(load_settings(join=False, data_dir=tmp_path, port=free_port()), plan=small).start()


UP = """
import sys
from pathlib import Path
from hub.settings import load_settings
from hub.stack import Stack, run, _told_to_stop
from tests.foundation.plan import small
with _told_to_stop():
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    settings = load_settings(join=False, data_dir=folder, port=port, web_workers=1)
    run(Stack(settings, plan=small), lambda s: print(*sum(map(s.pids, s.names()), []), flush=True))
"""


def _up(folder: Path, port: int) -> tuple[subprocess.Popen[str], list[int]]:
    command = [sys.executable, "-c", UP, str(folder), str(port)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    return process, [int(pid) for pid in process.stdout.readline().split()]


@pytest.mark.stack
def test_told_to_stop_or_killed_it_leaves_nothing_running_and_starts_again(tmp_path: Path) -> None:
    port = free_port()
    for how in (signal.SIGINT, signal.SIGKILL, signal.SIGTERM):
        process, pids = _up(tmp_path, port)
        with process:
            process.send_signal(how)
            ended = process.wait(10)
        assert len(pids) == 5
        if how == signal.SIGKILL:
            assert wait_until(lambda those=pids: not any(map(is_alive, those)), 15)
            continue
        assert ended == 0
        assert [pid for pid in pids if is_alive(pid)] == []
        assert not listens(port)
        assert running(tmp_path)["mongodb_uri"] == ""


@pytest.mark.stack
def test_a_second_hub_in_the_folder_is_refused_and_does_not_hurt_the_first(stack: Stack) -> None:
    before = {name: stack.pids(name) for name in stack.names()}
    settings = load_settings(join=False, data_dir=stack.settings.data_dir, port=free_port())
    with pytest.raises(CorrectInput, match=f"process {os.getpid()}"):
        Stack(settings, plan=small, with_sandbox=True).start()
    assert {name: stack.pids(name) for name in stack.names()} == before
    assert load_settings(data_dir=stack.settings.data_dir).mongodb_uri == stack.settings.mongodb_uri
