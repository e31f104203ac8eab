"""One hub of real processes for a whole module; each test brings its own tenant."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.prove.ground import Ground, Tenant


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with Ground(tmp_path_factory.mktemp("ground"), accounts=3) as made:
        yield made


@pytest.fixture
def tenant(ground: Ground) -> Iterator[Tenant]:
    """Connected, synced, and hearing from the vendor until the test ends."""
    made = ground.listening()
    yield made
    ground.deafen(made)
