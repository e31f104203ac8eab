"""Acknowledged is durable, and sending again is harmless, also when a process or a store dies."""

from __future__ import annotations

from pathlib import Path

from hub.embedded import Embedded
from tests.stage import build_hub
from tests.usage.sending import Sender, ours, taking, track


def test_while_the_store_is_frozen_nothing_is_acknowledged_and_sdks_come_again(
    embedded: Embedded,
) -> None:
    hub = build_hub(embedded.services)
    with taking(hub) as url:
        sender = Sender(hub, url)
        assert sender.events(ours()).status_code == 202
        embedded.freeze("mongod")
        try:
            refused = sender.post("/v1/track", track())
        finally:
            embedded.thaw("mongod")
        assert (refused.status_code, refused.json()["code"]) == (503, "store_slow")
        assert int(refused.headers["Retry-After"]) > 0
        assert sender.events(ours()).json()["duplicate"] == 1
    hub.close()


def test_without_redis_events_are_taken_and_nobody_is_slowed(embedded: Embedded) -> None:
    hub = build_hub(embedded.services, redis_url="redis://127.0.0.1:1/0")
    with taking(hub) as url:
        sender = Sender(hub, url, rate=1)
        batch = {"events": [ours(event_id=str(n)) for n in range(50)]}
        assert sender.events(batch).json()["accepted"] == 50
        assert sender.events(batch).json()["duplicate"] == 50
    hub.close()


def test_with_the_disk_nearly_full_nothing_is_taken(embedded: Embedded, tmp_path: Path) -> None:
    hub = build_hub(embedded.services, data_dir=tmp_path, disk_free_min=1 << 60)
    with taking(hub) as url:
        sender = Sender(hub, url)
        answer = sender.post("/v1/track", track())
        assert (answer.status_code, answer.json()["code"]) == (503, "disk")
        assert answer.headers["Retry-After"] == "60"
        assert sender.rows() == []
    hub.close()
