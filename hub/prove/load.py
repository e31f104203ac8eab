"""The proofs under load: a burst with kills in it, and many kills at random."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from time import monotonic

from hub.prove import books
from hub.prove.ground import Ground, Tenant
from hub.prove.result import Options, Result
from hub.prove.trouble import Blow, going_wrong, schedule
from hub.store import inbox

BURST, BURST_ACCOUNTS = 50_000, 300
KILLS, KILL_EVERY_S, EVENTS_A_KILL = 100, 1.0, 250
NAMES = ("worker-1", "worker-2", "web", "scheduler", "redis", "mongod")
CALM_S = 900.0


def burst(options: Options) -> Result:
    """A vendor's burst at full speed; a worker and Redis are killed twice each in between."""
    size = options.of(BURST, 1000)
    pauses = random.Random(options.seed)
    names = ["worker-1", "redis", "worker-2", "redis"]
    pause_s = size / 2500
    blows = [Blow(pauses.uniform(0.5, pause_s), "kill", name) for name in names]
    return _under(options, "burst", size, blows, options.of(BURST_ACCOUNTS, 12))


def kills(options: Options) -> Result:
    """Any process or store is killed, again and again, while a vendor goes on sending."""
    wanted = options.of(KILLS, 6)
    blows = schedule(options.seed, wanted, NAMES, KILL_EVERY_S)
    return _under(options, "kills", wanted * EVENTS_A_KILL, blows, 60)


def _under(
    options: Options, name: str, events: int, blows: Sequence[Blow], accounts: int
) -> Result:
    """Send, strike, wait until all is calm, and compare the books with the vendor's."""
    with Ground(options.folder / name, accounts=accounts, workers=2) as ground:
        tenant = ground.listening()
        before = monotonic()
        with going_wrong(ground.stack, blows) as struck:
            _send(ground, events, blows, struck)
        blown = monotonic()
        ground.await_calm(tenant, CALM_S)
        calm = monotonic()
        problems = [f"not struck: {blow}" for blow in blows if blow not in struck]
        problems += books.lost(tenant, ground.vendor) + books.unbalanced(tenant, ground.vendor)
        problems += books.unlike_vendor(tenant, ground.vendor)
        problems += ground.unlike_clean_sync(tenant)
        facts = _facts(ground, tenant, struck)
        facts |= {"seconds under blows": round(blown - before, 1)}
        facts |= {"seconds until calm after the last blow": round(calm - blown, 1)}
        return Result(facts, problems)


def _send(ground: Ground, events: int, blows: Sequence[Blow], struck: Sequence[Blow]) -> None:
    """A tenth at once, so that there is load from the first blow, and the rest as blows fall."""
    left = events
    while left > 0:
        some = min(left, max(1, events // 10))
        ground.send(some)
        left -= some
        while ground.vendor.queued() > some and len(struck) < len(blows):
            ground.vendor.settle(0.2)


def _facts(ground: Ground, tenant: Tenant, struck: Sequence[Blow]) -> dict[str, object]:
    sent = ground.vendor.sent()
    ledger = inbox.ledger(tenant.store, tenant.connections["jira"]["_id"])
    deeds = Counter(f"{blow.deed} {blow.name}" for blow in struck)
    return {
        "blows": dict(sorted(deeds.items())),
        "webhooks made by Jira": sent["events"],
        "attempts": sent["attempts"],
        "answers": {k: v for k, v in sorted(sent["by_status"].items()) if v},
        "acknowledged": sent["acked"],
        "webhooks of HubSpot": ground.sandbox["hubspot"].sent()["acked"],
        "ledger of deliveries": ledger["deliveries"],
        "ledger of changes": ledger["changes"],
        "records": tenant.store.records.count({}),
        "accounts": tenant.store.accounts.count({"listed": True}),
    }
