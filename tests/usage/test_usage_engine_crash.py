"""A worker that is killed in the middle of counting: each event counts exactly once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta

from hub.bootstrap import Hub
from hub.embedded import Services
from hub.engine import usage
from tests.stage import MASTER_KEY, Stage
from tests.usage.senders import source, track

WORKER = """
import sys
from time import monotonic
from hub import bootstrap
from hub.engine import usage
from hub.settings import Settings
uri, redis, key, tenant = sys.argv[1:]
hub = bootstrap.build(Settings(mongodb_uri=uri, redis_url=redis, master_key=key))
usage.work(hub, hub.store(tenant), monotonic() + 60)
"""


def test_workers_killed_while_they_count(hub: Hub, services: Services) -> None:
    """One between two batches, and one that goes on before the write of the next is in force."""
    stage = Stage(hub)
    ours = source(stage)
    now = hub.now()
    count = usage.BATCH + 300
    ours.send(*(track(f"u{n % 7}", "Opened", now - timedelta(days=n % 5)) for n in range(count)))
    given = [services.mongodb_uri, services.redis_url, MASTER_KEY, stage.tenant_id]
    for where in ("usage-batch", "usage-written"):
        ended = subprocess.run(
            [sys.executable, "-c", WORKER, *given],
            env={**os.environ, "HUB_CRASH_AT": where},
            timeout=60,
        )
        assert ended.returncode == -signal.SIGKILL
        assert stage.store.usage_events.count({"due": 1}) == 300, "it had begun and not ended"
    # The server would end the dead worker's transaction by itself, some seconds later.
    stage.store.database.client.admin.command("killAllSessions", [])
    ours.work()
    [entry] = stage.store.event_names.find({})
    assert entry["volume"] == count
    people = list(stage.store.usage_people.find({}))
    assert sum(use[3] for person in people for use in person["uses"]) == count
    assert sum(day["count"] for day in stage.store.usage_days.find({})) == count
