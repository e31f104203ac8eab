"""Finds, checks and keeps the plugins: the only module that imports pluggy.

Each plugin is loaded in its own `try` and each teller called in its own, so that one broken plugin
neither stops the others nor hides.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from importlib.metadata import entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy
import structlog
from packaging.specifiers import SpecifierSet

import hub.hookspecs
from hub.api import Connector
from hub.errors import NotFound
from hub.health import signals as signalling
from hub.health.curve import Curve
from hub.health.measures import KEYS
from hub.health.signals import Observed, Signal
from hub.queue import JobTimeout
from mappings import language
from mappings.errors import BrokenMapping
from mappings.language import Conversion

log = structlog.get_logger(__name__)
GROUP = "hub.connectors"
VERSION = "0.1.0"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of one plugin; `reason` says why it failed, in a sentence, else it is empty."""

    name: str
    origin: str
    connectors: tuple[str, ...] = ()
    reason: str = ""


@dataclass(slots=True)
class PluginHost:
    """The connectors by name, their compiled mappings, and a report of every plugin."""

    manager: pluggy.PluginManager
    connectors: dict[str, Connector] = field(default_factory=dict)
    mappings: dict[str, Mapping[str, language.ObjectMapping]] = field(default_factory=dict)
    report: list[Loaded] = field(default_factory=list)
    signals: dict[str, Signal] = field(default_factory=dict)

    def connector(self, name: str) -> Connector:
        """Raises NotFound, with the reason if the plugin failed to load."""
        if name in self.connectors:
            return self.connectors[name]
        failed = [f"{p.name} failed to load: {p.reason}" for p in self.report if p.reason]
        known = ", ".join(sorted(self.connectors)) or "none"
        raise NotFound(" ".join([f"No connector is named {name}; loaded: {known}.", *failed]))

    def tell(self, hook: str, **facts: Any) -> None:
        """Call a teller of every plugin; one that raises is logged and the rest still hear."""
        caller = getattr(self.manager.hook, hook)
        for implementation in caller.get_hookimpls():
            wanted = {name: facts[name] for name in implementation.argnames}
            try:
                implementation.function(**wanted)
            except JobTimeout:
                raise
            except Exception:
                log.exception("teller_failed", hook=hook, plugin=implementation.plugin_name)


def load_plugins(
    extra: Mapping[str, ModuleType] | None = None, folder: str = "", only: str = ""
) -> PluginHost:
    """Load the folders of `plugins` and of `folder`, the entry points, and `extra` (tests).

    `only`: no plugins but those of this name, where there is one.
    """
    host = PluginHost(_manager())
    found = [*_found(extra or {}), *_in_folder(folder)]
    found = [one for one in found if one[0] == only] or found
    shared = _conversions(source for _, _, source in found)
    for name, origin, source in found:
        try:
            _add(host, name, origin, source(), shared)
        except (Exception, SystemExit) as error:
            reason = _reason(error)
            log.error("plugin_failed", plugin=name, origin=origin, reason=reason)
            host.report.append(Loaded(name, origin, reason=reason))
    return host


def _conversions(sources: Iterable[Callable[[], Any]]) -> dict[str, Conversion]:
    """What plugins offer to every mapping; a plugin that cannot be read is reported later."""
    shared: dict[str, Conversion] = {}
    for source in sources:
        with suppress(Exception, SystemExit):
            offer = getattr(source(), "register_conversions", None)
            shared |= offer() if offer else {}
    return shared


def _manager() -> pluggy.PluginManager:
    manager = pluggy.PluginManager("hub")
    manager.add_hookspecs(hub.hookspecs)
    return manager


def _found(
    extra: Mapping[str, ModuleType],
) -> list[tuple[str, str, Callable[[], Any]]]:
    import plugins

    found: list[tuple[str, str, Callable[[], Any]]] = [
        (m.name, f"plugins.{m.name}", partial(importlib.import_module, f"plugins.{m.name}"))
        for m in pkgutil.iter_modules(plugins.__path__)
        if m.ispkg
    ]
    found += [(e.name, e.value, e.load) for e in entry_points(group=GROUP)]
    found += [(name, module.__name__, partial(_same, module)) for name, module in extra.items()]
    return found


def _in_folder(folder: str) -> list[tuple[str, str, Callable[[], Any]]]:
    """The packages of the operator's own folder; it is never put on sys.path."""
    return [
        (m.name, f"{folder}/{m.name}", partial(_from_file, Path(folder) / m.name))
        for m in pkgutil.iter_modules([folder] if folder else [])
        if m.ispkg
    ]


def _from_file(package: Path) -> ModuleType:
    name = f"connectors_{package.name}"
    if (there := sys.modules.get(name)) and there.__file__ == str(package / "__init__.py"):
        return there
    spec = spec_from_file_location(
        name, package / "__init__.py", submodule_search_locations=[str(package)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _add(
    host: PluginHost, name: str, origin: str, plugin: Any, shared: Mapping[str, Conversion]
) -> None:
    _refuse_typos(plugin)
    probe = _manager()
    probe.register(plugin, name)
    probe.check_pending()
    connectors = [c for found in probe.hook.register_connectors() for c in found]
    for connector in connectors:
        _refuse_clash(host, connector, origin)
    signals = [s for found in probe.hook.register_signals() for s in found]
    for signal in signals:
        _refuse_signal(host, signal)
    names = [c.name for c in connectors]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"it offers the connector {twice[0]} twice")
    compiled = {c.name: _compile(c, shared) for c in connectors}
    host.manager.register(plugin, f"{origin}:{name}")
    host.connectors |= {c.name: c for c in connectors}
    host.signals |= {s.name: _contained(s, name) for s in signals}
    host.mappings |= compiled
    host.report.append(Loaded(name, origin, tuple(c.name for c in connectors)))


def _refuse_typos(plugin: Any) -> None:
    """pluggy ignores a marked function whose name is no hook unless it is asked to check."""
    known = {n for n in vars(hub.hookspecs) if hasattr(getattr(hub.hookspecs, n), "hub_spec")}
    for name, value in vars(plugin).items():
        if hasattr(value, "hub_impl") and name not in known:
            raise ValueError(f"there is no hook named {name}; known: {', '.join(sorted(known))}")


def _refuse_clash(host: PluginHost, connector: Connector, origin: str) -> None:
    if connector.name in host.connectors:
        other = next(p.origin for p in host.report if connector.name in p.connectors)
        raise ValueError(f"the connector {connector.name} is offered by {other} and by {origin}")
    if VERSION not in SpecifierSet(connector.requires_hub):
        raise ValueError(f"it requires hub {connector.requires_hub}, this is {VERSION}")


def _refuse_signal(host: PluginHost, signal: Signal) -> None:
    if not signalling.NAME.fullmatch(signal.name):
        raise ValueError(f"a signal's name is lower-case words joined by _, not {signal.name!r}")
    if signal.name in KEYS or signal.name in host.signals:
        raise ValueError(f"there is already a measure named {signal.name}")
    Curve(signal.curve)


def _contained(signal: Signal, plugin: str) -> Signal:
    """The same signal, which answers with a sentence where the plugin's own code raises."""
    told: set[str] = set()

    def compute(observed: Observed, today: date) -> Any:
        try:
            return signalling.answer_of(signal, observed, today)
        except JobTimeout:
            raise
        except Exception as error:
            kind = type(error).__name__
            if kind not in told:
                told.add(kind)
                log.exception("signal_failed", signal=signal.name, plugin=plugin)
            return f"the signal {signal.name} of {plugin} failed ({kind})"

    return replace(signal, compute=compute, plugin=plugin)


def _compile(
    connector: Connector, shared: Mapping[str, Conversion]
) -> Mapping[str, language.ObjectMapping]:
    text = connector.mapping.read_text(encoding="utf-8")
    file = f"{connector.name}/{connector.mapping.name}"
    return language.load(text, file, {**shared, **connector.conversions})


def _reason(error: BaseException) -> str:
    if isinstance(error, BrokenMapping):
        return "; ".join(error.problems)
    return f"{type(error).__name__}: {error}"


def _same(module: ModuleType) -> ModuleType:
    return module
