"""The whole hub on one machine: stores, web, workers, scheduler and, if wanted, the sandbox."""

from __future__ import annotations

import json
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal, cast

from hub.child import Child, clear_leftover, wait_until
from hub.embedded import Embedded, hold, is_free, note
from hub.errors import CorrectInput
from hub.settings import ROOT, Settings, complete, ensure_master_key
from hub.stack.roles import Role, roles, sandbox
from hub.stack.watch import Watcher, ending

READY_S = 60.0
STOP_S = 4.0
STORES = ("mongod", "redis")
Vendors = dict[str, dict[str, Any]]


class Stack:
    """All processes of a hub, as one thing to start, hurt and stop.

    `settings` come from `load_settings(join=False)`. `plan` replaces the hub's own processes.
    `adapt(settings, vendors)` may change the settings once the sandbox vendors are known.
    `env` is added to every process's environment. Names of processes: those of the roles,
    `sandbox`, and, unless the operator's own are used, `mongod` and `redis`.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        with_sandbox: bool = False,
        plan: Callable[[Settings], Sequence[Role]] = roles,
        adapt: Callable[[Settings, Vendors], Settings] | None = None,
        env: Mapping[str, str] | None = None,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.settings = settings
        self.vendors: Vendors = {}
        self._with_sandbox = with_sandbox
        self._plan = plan
        self._adapt = adapt
        self._env = dict(env or {})
        self._say = say
        self._embedded: Embedded | None = None
        self._held: IO[str] | None = None
        self._children: dict[str, Child] = {}
        self._down: set[str] = set()
        self._lock = threading.RLock()
        self._watcher = Watcher(self._watched, self._revive, say)

    def __enter__(self) -> Stack:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where this machine reaches the web process."""
        return f"http://127.0.0.1:{self.settings.port}"

    def start(self) -> None:
        """Start everything and return when /readyz answers 200.

        Raises CorrectInput when a port is taken, a setting is missing or a process does not start;
        nothing is left running then.
        """
        self._check_port()
        self.settings.data_dir.mkdir(parents=True, exist_ok=True)
        self._held = hold(self.settings.data_dir)
        try:
            if self._with_sandbox:
                self._launch_sandbox()
            self._start_stores()
            self._migrate()
            if self._with_sandbox:
                self._meet_vendors()
            first, *others = self._plan(self.settings)
            # Alone, because starting is the processor's work: people and vendors wait for this one.
            self._launch(first)
            self._await_ready()
            for role in others:
                self._launch(role)
            note(self.settings.data_dir, port=self.settings.port, pid=os.getpid())
            self._watcher.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop all: first who takes and does work, then the stores. Nothing is left running."""
        with self._lock:
            self._down.update(self.names())
            for child in self._children.values():
                child.ask()
            for child in self._children.values():
                child.gone(STOP_S)
            if self._embedded:
                self._embedded.stop()
        self._watcher.stop()
        if self._held:
            note(self.settings.data_dir, port=0)
            self._held.close()
            self._held = None

    def names(self) -> list[str]:
        return [*(STORES if self._embedded else ()), *self._children]

    def pids(self, name: str) -> list[int]:
        """The living processes behind one name; the web has a master and its workers."""
        return self._child(name).pids()

    def log(self, name: str) -> Path:
        return self._child(name).log

    def kill(self, name: str) -> None:
        """SIGKILL to all processes of one name; it is then started again by itself."""
        with self._lock:
            self._child(name).kill()

    def take_down(self, name: str) -> None:
        """SIGKILL, and leave it down until `restart`."""
        with self._lock:
            self._down.add(name)
            self._child(name).kill()

    def restart(self, name: str, once: Mapping[str, str] | None = None) -> None:
        """Start one again, whether it runs or not.

        `once` is added to the environment of this start alone, and not to a store's.
        """
        with self._lock:
            self._down.discard(name)
            if name in STORES and self._embedded:
                self._embedded.restart(cast(Literal["mongod", "redis"], name))
            else:
                self._child(name).stop()
                self._child(name).start(once)

    def freeze(self, name: str) -> None:
        """SIGSTOP: the processes of one name stand still, as on an overloaded machine."""
        self._child(name).freeze()

    def thaw(self, name: str) -> None:
        self._child(name).thaw()

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    def _child(self, name: str) -> Child:
        if name in STORES and self._embedded:
            return self._embedded.child(cast(Literal["mongod", "redis"], name))
        return self._children[name]

    def _watched(self) -> list[Child]:
        if not self._lock.acquire(blocking=False):
            return []
        try:
            return [self._child(name) for name in self.names() if name not in self._down]
        finally:
            self._lock.release()

    def _revive(self, name: str) -> None:
        """Start again what ended by itself, and not what was taken down since it was looked at."""
        with self._lock:
            if name not in self._down and not self._child(name).running:
                self.restart(name)

    def _check_port(self) -> None:
        port = self.settings.port
        if not is_free(port, self.settings.host):
            raise CorrectInput(
                f"Port {port} is in use: stop what listens there, or choose another with --port.",
                field="port",
            )

    def _start_stores(self) -> None:
        given = bool(self.settings.mongodb_uri), bool(self.settings.redis_url)
        if given == (True, True):
            self._use_given_stores()
        elif given == (False, False):
            self._embed_stores()
        else:
            raise CorrectInput(
                "Set both HUB_MONGODB_URI and HUB_REDIS_URL, or neither.",
                field="redis_url" if given[0] else "mongodb_uri",
            )

    def _use_given_stores(self) -> None:
        if not self.settings.master_key.get_secret_value():
            raise CorrectInput(
                "Set HUB_MASTER_KEY too: with stores of your own the key is yours to keep "
                "(`head -c 96 /dev/urandom | base64 -w0` makes one).",
                field="master_key",
            )

    def _embed_stores(self) -> None:
        if not self.settings.master_key.get_secret_value():
            ensure_master_key(self.settings.data_dir)
        self._embedded = Embedded(
            self.settings.data_dir, cache_gb=self.settings.mongodb_cache_gb, held=True
        )
        services = self._embedded.start()
        found = {"mongodb_uri": services.mongodb_uri, "redis_url": services.redis_url}
        self.settings = complete(self.settings, found)

    def _migrate(self) -> None:
        from hub.store import migrate
        from hub.store.catalogue import Catalogue

        key = self.settings.master_key.get_secret_value()
        catalogue = Catalogue(self.settings.mongodb_uri, key)
        try:
            migrate.run(catalogue)
        finally:
            catalogue.close()

    @property
    def sandbox_file(self) -> Path:
        """Where the sandbox says what is needed to connect to each of its vendors."""
        return self.settings.data_dir / "sandbox.json"

    def _launch_sandbox(self) -> None:
        self.sandbox_file.unlink(missing_ok=True)
        self._launch(sandbox(self.settings))

    def _meet_vendors(self) -> None:
        child = self._children["sandbox"]
        wait_until(lambda: self.sandbox_file.exists() or not child.running, READY_S)
        if not self.sandbox_file.exists():
            raise self._not_started(child)
        self.vendors = json.loads(self.sandbox_file.read_text())
        if self._adapt:
            self.settings = self._adapt(self.settings, self.vendors)

    def _launch(self, role: Role) -> None:
        pid_file = self.settings.data_dir / "run" / f"{role.name}.pid"
        clear_leftover(pid_file)
        child = Child(
            role.name,
            role.command,
            log=self.settings.data_dir / "logs" / f"{role.name}.log",
            pid_file=pid_file,
            env={**os.environ, **self.settings.environment(), **self._env},
            cwd=ROOT,
        )
        self._children[role.name] = child
        child.start()

    def _await_ready(self) -> None:
        children = list(self._children.values())
        wait_until(lambda: self.is_ready() or not all(c.running for c in children), READY_S, 0.05)
        for child in children:
            if not child.running:
                raise self._not_started(child)
        if not self.is_ready():
            raise self._not_started(self._children.get("web", children[0]))

    def _not_started(self, child: Child) -> CorrectInput:
        how = "does not answer" if child.running else f"ended ({ending(child.exit_code)})"
        return CorrectInput(f"{child.name} {how}; the end of {child.log}:\n{child.last_words()}")
