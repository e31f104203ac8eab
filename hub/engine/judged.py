"""What people say of an account beside its facts: the pulse and the override of one batch.

Both are kept under the id of the account that they were given to. A merged account answers with
the latest of itself and of the ids that it absorbed, and a split gives each its own again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from hub.health.context import Pulse
from hub.store.client import Doc
from hub.store.scoped import Scoped
from hub.store.tenant import TenantStore

OVERRIDE = {"score": 1, "band": 1, "reason": 1, "by": 1, "at": 1, "expires_at": 1}


@dataclass(frozen=True, slots=True)
class Judged:
    """By the account that lives on."""

    pulses: Mapping[str, Pulse] = field(default_factory=dict)
    overrides: Mapping[str, Doc] = field(default_factory=dict)


def read(store: TenantStore, aliases: Mapping[str, Iterable[str]], now: datetime) -> Judged:
    """`aliases`: account id -> the ids that it absorbed. An override that has expired is none."""
    pulses = _latest(store.pulses, aliases, {"level": 1, "at": 1, "by": 1})
    overrides = _latest(store.overrides, aliases, OVERRIDE)
    return Judged(
        {key: Pulse(p["level"], p["at"].date(), p["by"]) for key, p in pulses.items()},
        {key: _shown(o) for key, o in overrides.items() if o["expires_at"] > now},
    )


def _latest(kept: Scoped, aliases: Mapping[str, Iterable[str]], fields: Doc) -> dict[str, Doc]:
    owners = {account: account for account in aliases}
    owners |= {given: account for account, others in aliases.items() for given in others}
    found: dict[str, Doc] = {}
    for doc in kept.find({"_id": {"$in": sorted(owners)}}, fields) if owners else ():
        account = owners[doc["_id"]]
        if account not in found or found[account]["at"] < doc["at"]:
            found[account] = doc
    return found


def _shown(override: Doc) -> Doc:
    return {name: override[name] for name in OVERRIDE if override.get(name) is not None}
