"""A real MongoDB (a replica set of one node) and a real Redis in a folder, for one machine.

For trial and tests: both listen on the loopback address only, and the MongoDB of the wheel is an
old release. They end when the process that started them ends.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Literal

from hub import binaries
from hub.child import Child, clear_leftover, wait_until
from hub.errors import CorrectInput
from hub.settings import RUNNING, running
from hub.store.client import connect

if TYPE_CHECKING:
    from pymongo import MongoClient

LOOPBACK = "127.0.0.1"
SET_NAME = "hub"
Name = Literal["mongod", "redis"]
ATTEMPTS = 3
OPEN_TRANSACTION_S = 15
"""A worker that is killed leaves its transaction open, and with it locks, for no longer."""


@dataclass(frozen=True, slots=True)
class Services:
    """Where the stores listen."""

    mongodb_uri: str
    redis_url: str


class Embedded:
    """Both stores in `data_dir`; ports are remembered there, and found anew if they are taken.

    With `held` the caller holds the folder already.
    """

    def __init__(self, data_dir: Path, *, cache_gb: float = 0.25, held: bool = False) -> None:
        self.data_dir = data_dir.absolute()
        self._cache_gb = cache_gb
        self._held = held
        self._children: dict[str, Child] = {}
        self._ports: dict[str, int] = {}
        self._lock: IO[str] | None = None

    def __enter__(self) -> Services:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> Services:
        """Start both and wait until they take writes; raises CorrectInput with their last words."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self._lock = None if self._held else hold(self.data_dir)
        try:
            before = running(self.data_dir).get("ports", {})
            self._prepare("redis", before.get("redis", 0)).start()
            mongod = self._prepare("mongod", before.get("mongod", 0))
            if self._ports["mongod"] == before.get("mongod") or not self._has_data():
                mongod.start()
                self._await_ready("mongod")
            else:
                self._move_set()
            self._form_set()
            self._await_ready("redis")
        except BaseException:
            self.stop()
            raise
        note(self.data_dir, ports=self._ports, **self._urls())
        return self.services

    @property
    def services(self) -> Services:
        return Services(**self._urls())

    def stop(self) -> None:
        for child in self._children.values():
            child.ask()
        for child in self._children.values():
            child.gone()
        note(self.data_dir, mongodb_uri="", redis_url="", port=0)
        if self._lock:
            self._lock.close()
            self._lock = None

    def kill(self, name: Name) -> None:
        """SIGKILL; it stays down until restart."""
        self._children[name].kill()

    def restart(self, name: Name) -> None:
        """Start one again on its port and wait until it takes writes."""
        self._again(name)
        if name == "mongod":
            self._form_set()

    def freeze(self, name: Name) -> None:
        self._children[name].freeze()

    def thaw(self, name: Name) -> None:
        self._children[name].thaw()

    def child(self, name: Name) -> Child:
        return self._children[name]

    def dead(self) -> list[Name]:
        """Those that were started and are not running."""
        names: tuple[Name, ...] = ("mongod", "redis")
        return [n for n in names if n in self._children and not self._children[n].running]

    def _urls(self) -> dict[str, str]:
        mongod, redis = self._ports["mongod"], self._ports["redis"]
        return {
            "mongodb_uri": f"mongodb://{LOOPBACK}:{mongod}/?replicaSet={SET_NAME}",
            "redis_url": f"redis://{LOOPBACK}:{redis}/0",
        }

    def _has_data(self) -> bool:
        return (self.data_dir / "mongodb" / "WiredTiger").exists()

    def _prepare(self, name: str, port: int) -> Child:
        pid_file = self.data_dir / "run" / f"{name}.pid"
        clear_leftover(pid_file)
        self._ports[name] = port if port and is_free(port) else free_port()
        command, env = self._command(name, self._ports[name])
        self._children[name] = Child(
            name,
            command,
            log=self.data_dir / "logs" / f"{name}.log",
            pid_file=pid_file,
            env=env,
            death=signal.SIGTERM,
        )
        return self._children[name]

    def _command(self, name: str, port: int) -> tuple[list[str], dict[str, str]]:
        return self._redis_command(port) if name == "redis" else self._mongod_command(port)

    def _redis_command(self, port: int) -> tuple[list[str], dict[str, str]]:
        folder = self.data_dir / "redis"
        folder.mkdir(exist_ok=True)
        options = {
            "port": port,
            "bind": LOOPBACK,
            "dir": folder,
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "daemonize": "no",
        }
        flags = [text for key, value in options.items() for text in (f"--{key}", str(value))]
        return [binaries.redis_server(), *flags], dict(os.environ)

    def _mongod_command(self, port: int) -> tuple[list[str], dict[str, str]]:
        folder = self.data_dir / "mongodb"
        folder.mkdir(exist_ok=True)
        program, env = binaries.mongod(self.data_dir / "lib")
        options = {
            "dbpath": folder,
            "port": port,
            "bind_ip": LOOPBACK,
            "replSet": SET_NAME,
            # zlib is left out: in this release it can be made to disclose memory.
            "networkMessageCompressors": "snappy,zstd",
            "wiredTigerCacheSizeGB": self._cache_gb,
            "oplogSize": 256,
        }
        parameters = {
            "diagnosticDataCollectionEnabled": "false",
            "shutdownTimeoutMillisForSignaledShutdown": "100",
            "transactionLifetimeLimitSeconds": str(OPEN_TRANSACTION_S),
        }
        flags = [text for key, value in options.items() for text in (f"--{key}", str(value))]
        flags += [t for k, v in parameters.items() for t in ("--setParameter", f"{k}={v}")]
        return [program, "--quiet", "--nounixsocket", *flags], env

    def _await_ready(self, name: str) -> None:
        """Wait until it listens; another start on a new port if it could not have this one."""
        for attempt in range(1, ATTEMPTS + 1):
            child, port = self._children[name], self._ports[name]
            if child.up(port):
                return
            child.kill()
            if attempt < ATTEMPTS and not is_free(port) and not self._has_data():
                self._ports[name] = free_port()
                child.command, _ = self._command(name, self._ports[name])
            child.start()
        raise CorrectInput(f"{name} does not start:\n{child.last_words()}")

    def _form_set(self) -> None:
        """Make the node a primary, at the first start by initiating the set."""
        host = f"{LOOPBACK}:{self._ports['mongod']}"
        with self._direct() as client:
            config = client["local"]["system.replset"].find_one({"_id": SET_NAME})
            if config is None:
                members = [{"_id": 0, "host": host}]
                client.admin.command("replSetInitiate", {"_id": SET_NAME, "members": members})
            is_primary = wait_until(lambda: client.admin.command("hello")["isWritablePrimary"], 20)
        if not is_primary:
            raise CorrectInput("MongoDB did not become ready within 20 seconds.")

    def _move_set(self) -> None:
        """Write the new address down while the node runs alone, then let it be a member.

        A forced reconfiguration would first wait for whoever has the old port now.
        """
        child = self._children["mongod"]
        as_member = child.command
        at = as_member.index("--replSet")
        child.command = as_member[:at] + as_member[at + 2 :]
        self._again("mongod")
        change = {"$set": {"members.0.host": f"{LOOPBACK}:{self._ports['mongod']}"}}
        with self._direct() as client:
            client["local"]["system.replset"].update_one({"_id": SET_NAME}, change)
        child.command = as_member
        self._again("mongod")

    def _again(self, name: Name) -> None:
        child = self._children[name]
        child.stop(within=15)
        child.start()
        self._await_ready(name)

    def _direct(self) -> MongoClient[dict[str, Any]]:
        port = self._ports["mongod"]
        return connect(f"mongodb://{LOOPBACK}:{port}/?directConnection=true", timeout_ms=20_000)


def hold(data_dir: Path) -> IO[str]:
    """Keep the folder to ourselves until the returned file is closed.

    Raises CorrectInput naming the process that has it.
    """
    lock = (data_dir / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip() or "another process"
        lock.close()
        raise CorrectInput(
            f"A hub runs in {data_dir} already (process {holder}): stop it, or choose another "
            "folder with --data-dir.",
            field="data_dir",
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def note(data_dir: Path, **facts: Any) -> None:
    """Add to what the folder says about the hub that runs in it."""
    path = data_dir / RUNNING
    path.with_suffix(".new").write_text(json.dumps({**running(data_dir), **facts}, indent=1))
    path.with_suffix(".new").replace(path)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def is_free(port: int, host: str = LOOPBACK) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
