"""The stores as real processes: they keep data, survive kills, and end with their parent."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from hub.child import group, wait_until
from hub.embedded import Embedded, running
from hub.errors import CorrectInput
from hub.store.client import connect

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    own = Embedded(tmp_path_factory.mktemp("own"))
    own.start()
    yield own
    own.stop()


def _write(uri: str, number: int) -> None:
    with connect(uri) as client:
        client["proof"]["rows"].insert_one({"_id": number})


def _rows(uri: str) -> int:
    with connect(uri) as client:
        return client["proof"]["rows"].count_documents({})


def test_a_transaction_works_because_it_is_a_replica_set(stores: Embedded) -> None:
    with connect(stores.services.mongodb_uri) as client:
        client["proof"].create_collection("pair")
        with client.start_session() as session, session.start_transaction():
            client["proof"]["pair"].insert_many([{"_id": 1}, {"_id": 2}], session=session)
        assert client["proof"]["pair"].count_documents({}) == 2


def test_no_zlib_is_spoken(stores: Embedded) -> None:
    with connect(stores.services.mongodb_uri) as client:
        used = client.admin.command("getCmdLineOpts")["parsed"]
    assert used["net"]["compression"]["compressors"] == "snappy,zstd"
    assert used["net"]["bindIp"] == "127.0.0.1"


def test_killed_stores_come_back_with_their_data(stores: Embedded) -> None:
    _write(stores.services.mongodb_uri, 10)
    before = _rows(stores.services.mongodb_uri)
    stores.kill("mongod")
    stores.kill("redis")
    assert stores.dead() == ["mongod", "redis"]
    stores.restart("mongod")
    stores.restart("redis")
    assert stores.dead() == []
    assert _rows(stores.services.mongodb_uri) == before
    with Redis.from_url(stores.services.redis_url) as redis:
        assert redis.ping()


def test_a_frozen_store_answers_again_after_thaw(stores: Embedded) -> None:
    with Redis.from_url(stores.services.redis_url, socket_timeout=0.2) as redis:
        stores.freeze("redis")
        with pytest.raises(Exception, match=r"[Tt]ime"):
            redis.execute_command("PING")
        stores.thaw("redis")
        assert wait_until(lambda: redis.ping(), 5)


def test_a_second_hub_in_the_same_folder_is_told_who_has_it(stores: Embedded) -> None:
    with pytest.raises(CorrectInput, match=f"process {os.getpid()}"):
        Embedded(stores.data_dir).start()
    assert stores.dead() == []


def test_ports_are_remembered_and_changed_when_taken(tmp_path: Path) -> None:
    own = Embedded(tmp_path)
    with own as first:
        _write(first.mongodb_uri, 1)
    assert running(tmp_path)["mongodb_uri"] == ""
    with own as second:
        assert second == first
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        thief.bind(("127.0.0.1", running(tmp_path)["ports"]["mongod"]))
        thief.listen()
        with own as third:
            assert third.mongodb_uri != first.mongodb_uri
            assert _rows(third.mongodb_uri) == 1


START = """
import sys, time
from pathlib import Path
from hub.embedded import Embedded
stores = Embedded(Path(sys.argv[1]))
stores.start()
print(stores.child("mongod").pid, stores.child("redis").pid, flush=True)
time.sleep(60)
"""


def _started_elsewhere(folder: Path) -> tuple[subprocess.Popen[str], list[int]]:
    starter = subprocess.Popen(
        [sys.executable, "-c", START, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert starter.stdout
    return starter, [int(pid) for pid in starter.stdout.readline().split()]


def test_both_end_when_their_parent_is_killed_or_else_at_the_next_start(tmp_path: Path) -> None:
    starter, left = _started_elsewhere(tmp_path)
    with starter:
        for pid in left:
            os.kill(pid, signal.SIGSTOP)
        starter.kill()
    # A stopped process cannot act on the signal of its parent's death.
    assert all(group(pid) for pid in left)
    starter, pids = _started_elsewhere(tmp_path)
    with starter:
        assert not any(group(pid) for pid in left)
        _write(running(tmp_path)["mongodb_uri"], 1)
        starter.kill()
    assert len(left) == len(pids) == 2
    assert wait_until(lambda: not any(group(pid) for pid in pids), 10)
