from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.sandbox.sink import Sink
from tests.sandbox.tiny import Tiny

Call = Callable[..., requests.Response]


@pytest.fixture
def control(tiny: Tiny) -> Call:
    def call(method: str, path: str, **body: Any) -> requests.Response:
        return requests.request(method, f"{tiny.url}/_sandbox/{path}", json=body, timeout=20)

    return call


def test_the_state_counts_tables_and_calls(tiny: Tiny, control: Call) -> None:
    state = control("GET", "state").json()
    assert state["name"] == "tiny"
    assert state["tables"] == {"companies": {"live": len(tiny.table("companies")), "deleted": 0}}
    assert state["queued"] == 0
    assert requests.get(f"{tiny.url}/healthz", timeout=5).status_code == 200


def test_records_are_edited_deleted_restored_and_merged(tiny: Tiny, control: Call) -> None:
    first, second = tiny.table("companies").ids()[:2]
    edited = control("POST", "edit", table="companies", id=first, fields={"name": "Ünï"}).json()
    assert edited["name"] == "Ünï"
    control("POST", "delete", table="companies", id=second)
    truth = control("GET", "table/companies").json()
    assert truth["records"][first]["name"] == "Ünï"
    assert second in truth["deleted"]
    assert second not in truth["records"]
    control("POST", "restore", table="companies", id=second)
    control("POST", "merge", table="companies", into=second, losers=[first])
    truth = control("GET", "table/companies").json()
    assert second in truth["records"]
    assert first in truth["deleted"]
    assert control("POST", "put", table="companies", id="9", record={"name": "N"}).ok
    assert tiny.table("companies").get("9")


def test_webhooks_are_steered_and_counted(tiny: Tiny, sink: Sink, control: Call) -> None:
    wanted = {"url": sink.url, "secret": "s", "events": [], "extra": {"a": 1}}
    subscription = control("POST", "subscriptions", **wanted).json()
    assert subscription["extra"] == {"a": 1}
    control("POST", "stir", n=3)
    assert tiny.settle(10)
    report = control("POST", "burst", n=20).json()
    assert (report["events"], report["acked"]) == (20, 20)
    sent = requests.get(f"{tiny.url}/_sandbox/sent?full=1", timeout=5).json()
    assert sent["acked"] == 23 == len(sink.got)
    assert {d["id"] for d in sent["deliveries"]} == {g.headers["x-delivery"] for g in sink.got}
    assert control("POST", "storm", times=1).json() == {"queued": 23}
    assert control("DELETE", f"subscriptions/{subscription['id']}").ok
    assert control("DELETE", "subscriptions/none").status_code == 404


def test_faults_and_the_clock_are_set_and_cleared(tiny: Tiny, control: Call) -> None:
    control("POST", "faults", kind="limit", count=5)
    assert control("GET", "state").json()["faults"][0]["count"] == 5
    assert requests.get(f"{tiny.url}/api/companies", timeout=5).status_code == 429
    assert control("GET", "state").json()["fired"] == {"limit": 1}
    control("DELETE", "faults")
    assert control("GET", "state").json()["faults"] == []
    before = control("GET", "state").json()["now"]
    assert control("POST", "clock", advance_s=86400).json()["now"][:10] > before[:10]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("edit", {"table": "companies", "id": "none", "fields": {}}, 404),
        ("edit", {"table": "companies"}, 404),
        ("faults", {"kind": "explode"}, 400),
        ("faults", {"kind": "limit", "often": 1}, 400),
        ("clock", {"advance_s": -1}, 400),
        ("burst", {"n": "many"}, 400),
        ("subscriptions", {"url": "http://example.com/"}, 400),
        ("nonsense", {}, 404),
    ],
)
def test_a_wrong_order_is_refused_with_a_reason(
    control: Call, path: str, body: dict[str, Any], status: int
) -> None:
    answer = control("POST", path, **body)
    assert answer.status_code == status
    assert answer.json()["message"]
