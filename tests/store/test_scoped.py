"""A tenant's view of a collection: what several processes may write at one moment."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from hub.bootstrap import Hub
from hub.embedded import Services
from hub.store.errors import StoreError
from tests.stage import Stage, build_hub


@pytest.fixture(scope="module")
def hub(services: Services) -> Iterator[Hub]:
    made = build_hub(services)
    yield made
    made.close()


def test_the_first_of_those_that_insert_the_same_stays_and_none_fails(hub: Hub) -> None:
    store = Stage(hub).store
    begin, failed = threading.Barrier(4), []

    def insert(who: int) -> None:
        begin.wait(10)
        try:
            for number in range(50):
                documents = [{"_id": f"{store.tenant_id}:{number}", "who": who}]
                store.mapping_revs.insert_new(documents)
        except StoreError as error:
            failed.append(error)

    workers = [threading.Thread(target=insert, args=(who,)) for who in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not failed
    assert store.mapping_revs.count({}) == 50
    kept = {row["_id"]: row["who"] for row in store.mapping_revs.find({})}
    store.mapping_revs.insert_new({"_id": one, "who": 9} for one in kept)
    assert {row["_id"]: row["who"] for row in store.mapping_revs.find({})} == kept
