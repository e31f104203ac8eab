"""Running the vendors: in-process for tests (`Sandbox`), or as a process of their own."""

from __future__ import annotations

import argparse
import ctypes
import importlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from hub.sandbox.clock import Clock
from hub.sandbox.journal import replace_file, stored_world
from hub.sandbox.tls import Authority
from hub.sandbox.usage import Product
from hub.sandbox.vendor import Options, Vendor
from hub.sandbox.world import World

Create = Callable[[World, Options], Vendor]
PACKAGE = "plugins"
_PR_SET_PDEATHSIG = 1


class Sandbox:
    """Some vendors over one world, served on free loopback ports while the block lasts.

    `vendors` holds names of connectors or `create` functions. With `now` the sandbox clock starts
    there. With `data_dir` the world, its edits and its ports are found again by the next start.
    """

    def __init__(
        self,
        vendors: Sequence[str | Create],
        seed: int = 7,
        accounts: int = 60,
        now: datetime | None = None,
        data_dir: Path | None = None,
        senders: int = 4,
        retry_scale: float = 1 / 60,
        port_base: int = 0,
        skip_broken: bool = False,
    ) -> None:
        self._folder = data_dir / "sandbox" if data_dir else None
        clock = Clock.starting_at(now) if now else Clock()
        world = World.seed(seed, accounts, clock.now())
        self.world, self.clock = stored_world(self._folder, world, clock)
        self._scrap: str | None = None
        self._settings = (senders, retry_scale, port_base)
        self._skip_broken = skip_broken
        self._creates = [creator(v) if isinstance(v, str) else v for v in vendors]
        self.vendors: dict[str, Vendor] = {}

    def __enter__(self) -> Sandbox:
        """Start every vendor."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop every vendor."""
        self.stop()

    def __getitem__(self, name: str) -> Vendor:
        """One running vendor."""
        return self.vendors[name]

    def start(self) -> None:
        """Start every vendor; raises what a vendor raises, with all stopped again.

        With `skip_broken` such a vendor is told on standard error and left out.
        """
        authority, ports = self._authority(), self._ports()
        for place, create in enumerate(self._creates):
            try:
                self._start_one(create, place, authority, ports)
            except Exception:
                if not self._skip_broken:
                    self.stop()
                    raise
                traceback.print_exc(file=sys.stderr)
        self._save_ports()

    def _start_one(
        self, create: Create, place: int, authority: Authority, ports: Mapping[str, int]
    ) -> None:
        senders, scale, base = self._settings
        port = base + place if base else 0
        options = Options(self.clock, self._folder, port, ports, senders, scale, authority)
        vendor = create(self.world, options)
        vendor.start()
        self.vendors[vendor.name] = vendor

    def stop(self) -> None:
        """Stop every vendor."""
        for vendor in self.vendors.values():
            vendor.stop()
        if self._scrap:
            shutil.rmtree(self._scrap, ignore_errors=True)

    def described(self) -> dict[str, dict[str, Any]]:
        """What a hub needs to connect, per vendor."""
        found = {}
        for name, vendor in self.vendors.items():
            trust = {"ca": str(vendor.ca)} if vendor.ca else {}
            found[name] = {"url": vendor.url, **trust, **vendor.credentials()}
        return found

    def _authority(self) -> Authority:
        if self._folder is None:
            self._scrap = tempfile.mkdtemp(prefix="sandbox-")
        return Authority(self._folder or Path(self._scrap or "."))

    def _ports(self) -> dict[str, int]:
        path = self._folder / "ports.json" if self._folder else None
        if path is None or not path.exists():
            return {}
        return {str(name): int(port) for name, port in json.loads(path.read_text()).items()}

    def _save_ports(self) -> None:
        if self._folder:
            ports = {n: int(v.url.rpartition(":")[2]) for n, v in self.vendors.items()}
            replace_file(self._folder / "ports.json", json.dumps(ports))


def names() -> list[str]:
    """Names of the connectors that offer a sandbox."""
    folders = [Path(f) for f in importlib.import_module(PACKAGE).__path__]
    return sorted(path.parent.name for f in folders for path in f.glob("*/sandbox.py"))


def creator(name: str) -> Create:
    """The `create` function of a connector's sandbox; raises ImportError or AttributeError."""
    made: Create = importlib.import_module(f"{PACKAGE}.{name}.sandbox").create
    return made


def load(wanted: Sequence[str]) -> list[Create]:
    """The vendors that load; one that fails is told on standard error and left out."""
    loaded = []
    for name in wanted:
        try:
            loaded.append(creator(name))
        except Exception as error:
            print(f"sandbox vendor {name} does not load: {error!r}", file=sys.stderr)
    return loaded


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until told to stop; 0 after a clean stop, 1 when no vendor could be started."""
    options = _parser().parse_args(arguments)
    _die_with_parent()
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    wanted = names() if options.vendors == "all" else options.vendors.split(",")
    creates = load(wanted)
    if not creates:
        print("no sandbox vendor could be started", file=sys.stderr)
        return 1
    sandbox = Sandbox(
        creates,
        seed=options.seed,
        accounts=options.accounts,
        data_dir=options.data_dir,
        port_base=options.port_base,
        skip_broken=True,
    )
    with sandbox:
        replace_file(options.data_dir / "sandbox.json", json.dumps(sandbox.described(), indent=1))
        _live(sandbox, options.life, stopped, Product(sandbox.world, options.data_dir))
    return 0


def _live(sandbox: Sandbox, every: float, stopped: threading.Event, product: Product) -> None:
    rng = random.Random()
    while not stopped.wait(every or None):
        rng.choice(list(sandbox.vendors.values())).stir_many(rng.choice((1, 1, 1, 2)))
        product.tick(rng, sandbox.clock.now())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hub.sandbox", description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--accounts", type=int, default=60)
    parser.add_argument("--port-base", type=int, default=0)
    parser.add_argument("--life", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--vendors", default="all", help="all, or names with commas between")
    return parser


def _die_with_parent() -> None:
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)
