"""The hooks. They are for finding (register_*) and telling; never for calling one vendor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pluggy

from hub.api import Connector
from hub.health.signals import Signal

hookspec = pluggy.HookspecMarker("hub")


@hookspec
def register_connectors() -> Iterable[Connector]:
    """The connectors that this plugin brings."""
    raise NotImplementedError


@hookspec
def register_signals() -> Iterable[Signal]:
    """Further measures of health (`hub.api.Signal`), each to be named by a scorecard to count."""
    raise NotImplementedError


@hookspec
def register_conversions() -> Mapping[str, Callable[..., Any]]:
    """Conversions for the mapping language, usable in every mapping of this installation."""
    raise NotImplementedError


@hookspec
def customer_changed(tenant_id: str, account_id: str, event: Mapping[str, Any]) -> None:
    """A profile moved. `event` has `id` (the same on a repeat), `at`, `version`, `changed`."""


@hookspec
def health_changed(tenant_id: str, account_id: str, event: Mapping[str, Any]) -> None:
    """A score or band moved. `event` has `id`, `at`, `before` and `after` (score, band)."""


@hookspec
def record_erased(tenant_id: str, entity: str, event: Mapping[str, Any]) -> None:
    """A contact or account was erased: forget it too. `event` has `id` (of the request), `at` and
    `subject`, the id it had here ("" where it had none yet).
    """


@hookspec
def sync_finished(tenant_id: str, connection_id: str, run: Mapping[str, Any]) -> None:
    """A sync run ended; `run` has stream, state, counts and times."""


@hookspec
def connection_changed(tenant_id: str, connection_id: str, event: Mapping[str, Any]) -> None:
    """A connection changed its state; `event` has `state` and `reason`."""
