from __future__ import annotations

import pytest
import requests

from hub.sandbox import Sandbox
from tests.sandbox.tiny import Tiny


def test_pages_hold_every_record_once_in_order(tiny: Tiny, client: requests.Session) -> None:
    after: str | None = "0"
    seen: list[int] = []
    while after is not None:
        page = client.get(f"{tiny.url}/api/companies", params={"after": after}).json()
        seen += [row["id"] for row in page["results"]]
        after = page["next"]
    assert sorted(map(str, seen)) == sorted(tiny.table("companies").ids())
    assert len(seen) == len(set(seen)) > 5


def test_a_call_without_the_token_gets_the_vendors_refusal(tiny: Tiny) -> None:
    answer = requests.get(f"{tiny.url}/api/companies", timeout=5)
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})
    assert requests.get(f"{tiny.url}/nowhere", timeout=5).status_code == 401


def test_public_routes_ask_nobody_and_path_parameters_may_hold_slashes(tiny: Tiny) -> None:
    assert requests.get(f"{tiny.url}/files/a/b%20c", timeout=5).text == "a/b c"


def test_every_answer_carries_the_limit_headers(tiny: Tiny, client: requests.Session) -> None:
    for path in ("/api/companies", "/nowhere", "/api/companies/none"):
        assert client.get(tiny.url + path).headers["X-Limit"] == "100"


def test_answers_without_a_body_unknown_paths_and_bad_json(
    tiny: Tiny, client: requests.Session
) -> None:
    assert client.delete(f"{tiny.url}/api/nothing").status_code == 204
    assert client.get(f"{tiny.url}/api/elsewhere").status_code == 404
    assert client.post(f"{tiny.url}/api/companies").status_code == 404
    assert client.post(f"{tiny.url}/api/hooks", data=b"{nonsense").status_code == 400
    assert client.head(f"{tiny.url}/api/companies").content == b""


def test_bodies_in_chunks_are_read(tiny: Tiny, client: requests.Session) -> None:
    pieces = iter([b'{"url": "http://127', b'.0.0.1:9/hook"}'])
    answer = client.post(f"{tiny.url}/api/hooks", data=pieces)
    assert answer.status_code == 201
    assert tiny.subscription(answer.json()["id"]) is not None


def test_tls_is_trusted_through_the_named_authority_only(sandbox: Sandbox) -> None:
    secure = sandbox["secure"]
    assert secure.url.startswith("https://")
    assert requests.get(f"{secure.url}/healthz", verify=str(secure.ca), timeout=5).ok
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{secure.url}/healthz", timeout=5)


def test_limits_strike_as_often_as_asked(tiny: Tiny, client: requests.Session) -> None:
    tiny.faults.add("limit", count=2, retry_after=17)
    answers = [client.get(f"{tiny.url}/api/companies") for _ in range(3)]
    assert [a.status_code for a in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "17"
    assert answers[0].headers["X-Limit"] == "100"


@pytest.mark.parametrize(("kind", "status"), [("expired", 401), ("error", 502)])
def test_a_fault_without_a_number_holds_until_cleared(
    tiny: Tiny, client: requests.Session, kind: str, status: int
) -> None:
    tiny.faults.add(kind, status=502)
    answers = [client.get(f"{tiny.url}/api/companies").status_code for _ in range(3)]
    assert answers == [status] * 3
    tiny.faults.clear()
    assert client.get(f"{tiny.url}/api/companies").status_code == 200


def test_a_fault_keeps_to_its_path(tiny: Tiny, client: requests.Session) -> None:
    tiny.faults.add("error", path=r"^/api/companies/\d+$")
    one = tiny.table("companies").ids()[0]
    assert client.get(f"{tiny.url}/api/companies").status_code == 200
    assert client.get(f"{tiny.url}/api/companies/{one}").status_code == 503


def test_chance_is_between_never_and_always(tiny: Tiny, client: requests.Session) -> None:
    tiny.faults.add("error", probability=0.0)
    assert client.get(f"{tiny.url}/api/companies").ok
    tiny.faults.add("limit", probability=1.0)
    assert client.get(f"{tiny.url}/api/companies").status_code == 429
    tiny.faults.clear()
    tiny.faults.add("error", probability=0.5)
    found = {client.get(f"{tiny.url}/api/companies").status_code for _ in range(40)}
    assert found == {200, 503}


def test_half_a_body_and_a_hang_break_the_call(tiny: Tiny, client: requests.Session) -> None:
    tiny.faults.add("half", count=1)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        client.get(f"{tiny.url}/api/companies")
    tiny.faults.add("hang", count=1, seconds=0.05)
    with pytest.raises(requests.ConnectionError):
        client.get(f"{tiny.url}/api/companies")
    tiny.faults.add("hang", count=1, seconds=60)
    with pytest.raises(requests.Timeout):
        client.get(f"{tiny.url}/api/companies", timeout=0.2)
    assert client.get(f"{tiny.url}/api/companies").ok


def test_slow_answers_come_late_but_whole(tiny: Tiny, client: requests.Session) -> None:
    tiny.faults.add("slow", count=1, seconds=0.3)
    answer = client.get(f"{tiny.url}/api/companies")
    assert answer.ok
    assert answer.elapsed.total_seconds() >= 0.3


def test_a_repeated_cursor_does_not_move(tiny: Tiny, client: requests.Session) -> None:
    tiny.faults.add("repeat_cursor", count=1)
    page = {"after": "5"}
    assert client.get(f"{tiny.url}/api/companies", params=page).json()["next"] == "5"
    assert client.get(f"{tiny.url}/api/companies", params=page).json()["next"] == "10"


def test_an_unknown_fault_is_refused_by_name(tiny: Tiny) -> None:
    with pytest.raises(ValueError, match="repeat_cursor"):
        tiny.faults.add("explode")
    with pytest.raises(ValueError):
        tiny.faults.add("limit", often=True)
