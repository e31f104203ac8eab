"""Child processes that die with us: started, stopped, killed, frozen, and found after a crash."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

LOG_BYTES = 16 * 1024 * 1024
"""A log that is larger is put aside at the next start."""
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def die_with_parent(death: int = signal.SIGKILL) -> None:
    """Ask the kernel to send us `death` when the thread that started us ends."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, int(death), 0, 0, 0)


class Child:
    """One child in a process group of its own, so that a Ctrl-C reaches only its parent.

    Output goes to `log`; `pid_file` lets the next start find what an earlier crash left behind.
    Start it from a thread that lives as long as the child shall.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        pid_file: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        death: int = signal.SIGKILL,
    ) -> None:
        self.name = name
        self.command = list(command)
        self.log = log
        self.pid_file = pid_file
        self.env = dict(env) if env is not None else None
        self.cwd = cwd
        self.death = death
        self.starts = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def exit_code(self) -> int | None:
        """None while it runs or before it was started; negative for a signal."""
        return self._process.poll() if self._process else None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, once: Mapping[str, str] | None = None) -> None:
        """Start it, after clearing away a leftover of the same name.

        `once` is added to its environment for this start alone.
        """
        clear_leftover(self.pid_file)
        for folder in (self.log.parent, self.pid_file.parent):
            folder.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**(os.environ if self.env is None else self.env), **(once or {})},
                cwd=self.cwd,
                start_new_session=True,
                preexec_fn=_bind_to(os.getpid(), self.death),
            )
        self.starts += 1
        self.pid_file.write_text(f"{self._process.pid} {started_at(self._process.pid)}")

    def stop(self, within: float = 5.0) -> None:
        """Ask it to end, and kill its group if it has not within so many seconds."""
        self.ask()
        self.gone(within)

    def ask(self, how: int = signal.SIGTERM) -> None:
        """Send its main process a signal, and let it run if it was frozen."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(how)
            self._signal_group(signal.SIGCONT)

    def gone(self, within: float = 5.0) -> None:
        """Wait until it has ended; kill what is left of its group then."""
        if self._process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(within)
        self._signal_group(signal.SIGKILL)
        self._process.wait()
        wait_until(lambda: not self.pids(), 2)
        self.pid_file.unlink(missing_ok=True)

    def up(self, port: int, within: float = 30.0) -> bool:
        """Wait until it listens on `port`; False when it ended or the time is up."""
        wait_until(lambda: not self.running or listens(port), within)
        return self.running and listens(port)

    def kill(self) -> None:
        """SIGKILL the whole group, as a power cut would, and reap it."""
        self._signal_group(signal.SIGKILL)
        if self._process:
            self._process.wait()

    def freeze(self) -> None:
        self._signal_group(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal_group(signal.SIGCONT)

    def pids(self) -> list[int]:
        """Every living process of its group."""
        return group(self.pid) if self.pid else []

    def last_words(self, lines: int = 40) -> str:
        """The end of its log."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""

    def _signal_group(self, how: int) -> None:
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, how)


def clear_leftover(pid_file: Path) -> None:
    """End the process that a pid file names, if it is still the one that was started then."""
    try:
        pid, started = map(int, pid_file.read_text().split())
    except (OSError, ValueError):
        return
    if started_at(pid) == started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGTERM)
            os.killpg(pid, signal.SIGCONT)
        if not wait_until(lambda: started_at(pid) != started, 5):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            wait_until(lambda: started_at(pid) != started, 5)
    pid_file.unlink(missing_ok=True)


def is_alive(pid: int) -> bool:
    """Whether there is such a process, zombies left out."""
    return started_at(pid) > 0


def stands(pid: int) -> bool:
    """Whether a process has been stopped by a signal."""
    return _stat(pid)[:1] == ["T"]


def group(leader: int) -> list[int]:
    """The living processes of a group, zombies left out."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            fields = _stat(int(entry.name))
            if fields and int(fields[2]) == leader and fields[0] != "Z":
                found.append(int(entry.name))
    return sorted(found)


def listens(port: int) -> bool:
    """Whether something accepts connections on this port of the loopback address."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(true: Callable[[], Any], within: float, every: float = 0.02) -> bool:
    """Look every few milliseconds until `true()` holds; False when the time is up."""
    end = time.monotonic() + within
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(every)
    return True


def _bind_to(parent: int, death: int) -> Callable[[], None]:
    def bind() -> None:
        die_with_parent(death)
        if os.getppid() != parent:
            os._exit(1)

    return bind


def started_at(pid: int) -> int:
    """Clock ticks since boot, 0 if there is no such living process."""
    fields = _stat(pid)
    return int(fields[19]) if fields and fields[0] != "Z" else 0


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; [] when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
