"""Webhooks of Jira's app: the JWT by its published rules, and thirty days that do not end."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stamina

from hub.api import BadSignature, Delivery, GiveUp, Registration
from hub.embedded import Services
from hub.sandbox import Sandbox
from plugins.jira import DYNAMIC
from tests.granted import Granted
from tests.stage import serving
from tests.subscriptions.watched import Watched

SECRET = "test-client-secret"
TOKEN = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
    "eyJpc3MiOiJ0ZXN0LWNsaWVudC1pZCIsImlhdCI6MTc2NzYwNzIwMCwiZXhwIjoxNzY3NjA3MzgwfQ."
    "k0Eb_lnW9rAwhqk1BpVKW1SOl9bvS-BwKHJdg_srWjI"
)
"""Made with another library: iat 1767607200, exp 1767607380."""
NOW = datetime.fromtimestamp(1767607260, UTC)


def verify(token: str, now: datetime = NOW, secrets: tuple[str, ...] = (SECRET,)) -> None:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    delivery = Delivery("POST", "https://hub.example/k", headers, b"{}", now)
    DYNAMIC.verify(delivery, Registration("e", "https://hub.example/k", secrets))


def made(claims: Any, head: Any = None, secret: str = SECRET) -> str:
    parts = [head or {"alg": "HS256", "typ": "JWT"}, claims]
    texts = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=") for p in parts]
    signed = b".".join(texts)
    digest = hmac.digest(secret.encode(), signed, "sha256")
    return (signed + b"." + base64.urlsafe_b64encode(digest).rstrip(b"=")).decode()


def test_a_token_of_another_library_is_believed() -> None:
    verify(TOKEN)
    verify(TOKEN, secrets=("newer", SECRET))


@pytest.mark.parametrize("minutes", [-5, 5])
def test_a_token_of_another_time_is_not_believed(minutes: int) -> None:
    with pytest.raises(BadSignature):
        verify(TOKEN, NOW + timedelta(minutes=minutes))


AT = 1767607260


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b",
        "a.b.c",
        "é.é.é",
        TOKEN + ".x",
        TOKEN[:-2] + "AA",
        made({"exp": AT + 60}, secret="another"),
        made({"exp": AT + 60}, head={"alg": "none"}),
        made({"exp": AT + 60}, head={"alg": "HS512"}),
        made({"iat": AT}),
        made({"exp": True}),
        made({"exp": "1"}),
        made([]),
        made({"exp": AT + 60}, secret=""),
    ],
)
def test_what_is_no_token_of_this_app_is_not_believed(token: str) -> None:
    for secrets in ((SECRET,), (), ("",)):
        with pytest.raises(BadSignature):
            verify(token, secrets=secrets)


@pytest.fixture(scope="module")
def jira(services: Services) -> Iterator[Watched]:
    """A connection whose admin has signed in, subscribed to by the app."""
    stamina.set_testing(True, attempts=1)
    with Sandbox(["jira"], seed=5, accounts=4, retry_scale=1 / 60_000) as sandbox:
        stage = Granted(services, sandbox, "jira")
        with serving(stage.hub):
            watched = Watched(stage, stage.connected())
            stage.sync(watched.connection)
            [result] = watched.subscribe()
            assert result["state"] == "waiting", result
            yield watched
        stage.hub.close()
    stamina.set_testing(False)


def dynamic(watched: Watched) -> Any:
    return next(e for e in watched.endpoints() if e["webhook"] == "app")


def test_it_is_asked_for_with_every_project_and_lives_thirty_days(jira: Watched) -> None:
    [found] = jira.vendor.subscriptions()
    assert sorted(found.extra["keys"]) == sorted(
        p["key"] for p in jira.vendor.table("projects").all()
    )
    made = dynamic(jira)
    life = made["expires_at"] - (made.get("renewed_at") or made["registered_at"])
    assert abs(life - timedelta(days=30)) < timedelta(minutes=1)


def test_what_it_pushes_is_taken_by_the_operators_secret(jira: Watched) -> None:
    before = jira.stage.store.inbox.count({"connection_id": jira.id})
    issue = jira.vendor.table("issues").ids()[0]
    jira.vendor.table("issues").patch(issue, {"fields": {"summary": "Told by the app"}})
    jira.told()
    rows = list(jira.stage.store.inbox.find({"connection_id": jira.id}))
    assert len(rows) > before
    assert {row["state"] for row in rows} == {"done"}
    assert "Bearer" not in repr(rows)


def test_it_is_renewed_at_four_fifths_of_its_life_and_its_end_moves(jira: Watched) -> None:
    """30 days: not after 23, but after 24 and a bit, to 30 days from then."""
    first = dynamic(jira)["expires_at"]
    jira.later(days=23)
    jira.look_at_vendor()
    assert dynamic(jira)["expires_at"].date() == first.date()
    jira.later(days=1, hours=1)
    jira.look()
    moved = dynamic(jira)["expires_at"]
    assert abs(moved - first - timedelta(days=24, hours=1)) < timedelta(hours=1)
    jira.look_at_vendor()
    assert dynamic(jira)["expires_at"].date() == moved.date()
    assert len(jira.there()) == 1


def test_a_new_project_moves_the_filter_under_one_address(jira: Watched) -> None:
    before = dynamic(jira)
    project = jira.vendor.table("projects").all()[0] | {"id": "99", "key": "NEW"}
    jira.vendor.table("projects").put("99", project)
    jira.look_at_vendor()
    [found] = jira.vendor.subscriptions()
    assert "NEW" in found.extra["keys"]
    assert dynamic(jira)["_id"] != before["_id"]
    assert jira.there() == jira.ours()


def test_one_that_jira_no_longer_knows_cannot_be_renewed(jira: Watched) -> None:
    assert DYNAMIC.renew is not None
    client = jira.stage.hub.client(jira.stage.hub.connection(jira.stage.store, jira.id))
    with pytest.raises(GiveUp):
        DYNAMIC.renew(client, "12345")


def test_a_token_without_a_grant_asks_for_nothing(jira: Watched) -> None:
    given = jira.vendor.credentials()
    client = jira.stage.hub.open_client("jira", given["settings"], given["secrets"], "k")
    assert DYNAMIC.targets is not None
    assert list(DYNAMIC.targets(client)) == []
