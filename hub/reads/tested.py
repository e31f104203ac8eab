"""Whether a tenant's own past has borne its scores out."""

from __future__ import annotations

from hub.store.tenant import TenantStore


def passes(store: TenantStore) -> bool:
    """By the last back-test; False before the first."""
    wanted = {"_id": f"{store.tenant_id}:backtest", "report.passes": True}
    return store.tenant_state.find_one(wanted, {"_id": 1}) is not None
