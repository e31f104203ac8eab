"""The rule on the way out: nothing is called beside the hub's guard, which counts and waits."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from hub.budget import Budget, Taken
from hub.conform.ground import Ground
from hub.conform.rule import require, rule
from hub.http import VendorHttp

CALLS = "client.py"


class Counting(Budget):
    """Lets every call through, and counts the requests and the answers that it was shown."""

    def __init__(self) -> None:
        super().__init__(None, "check")
        self.passed = self.shown = 0

    def take(self, operation: str = "") -> Taken:
        return Taken(operation)

    def give(
        self,
        taken: Taken,
        headers: Mapping[str, str] | None = None,
        *,
        calls: int = 1,
        **more: Any,
    ) -> None:
        self.passed += calls
        self.shown += calls if headers else 0


@rule("counted", "silver", "Every call passes the guard, which sees the headers of its answer")
def counted(ground: Ground) -> None:
    seen, streams = Counting(), ground.filled()
    http = VendorHttp(None, "check", str(ground.vendor.ca or ""), seen)
    client = ground.connector.open(dict(ground.given["settings"]), ground.given["secrets"], http)
    before = sum(ground.vendor.calls.values())
    ground.connector.check(client)
    for stream in streams:
        list(islice(stream.pages(client, None, ()), 1))
    calls, here = sum(ground.vendor.calls.values()) - before, str(ground.folder / CALLS)
    require(seen.passed >= calls, f"Of {calls} calls {seen.passed} passed the guard.", here)
    said = f"Of {calls} calls {seen.shown} told their headers (see `Http.note`)."
    require(seen.shown >= calls, said, here)
