"""Signing in: one session on a platform, shared, renewed, and lost to others.

Fact sheet, sections 1 and 9.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from time import monotonic
from typing import Any

import pytest
import requests

from hub.api import RetryLater
from hub.sandbox import Request, Response
from plugins.sugarcrm import sessions
from plugins.sugarcrm.sandbox import SugarSandbox
from tests.plugins.sugarcrm.conftest import Opener

ONE = "customer_hub_1"


def elsewhere(vendor: SugarSandbox, platform: str = ONE) -> None:
    """Another program signs in as the hub's user, on this platform."""
    asked = {"grant_type": "password", **vendor.sessions.user, **vendor.sessions.key}
    url = f"{vendor.url}/rest/v11_20/oauth2/token"
    requests.post(url, json={**asked, "platform": platform}, timeout=10).raise_for_status()
    vendor.sessions.tallies["password"] -= 1


@pytest.fixture
def asked(vendor: SugarSandbox, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the token endpoint was asked."""
    found: list[dict[str, Any]] = []
    real = vendor.sessions.answer

    def noting(body: dict[str, Any]) -> Response:
        found.append(body)
        return real(body)

    monkeypatch.setattr(type(vendor.sessions), "answer", lambda self, body: noting(body))
    return found


def test_the_password_is_asked_for_as_the_guide_writes_it(
    connect: Opener, asked: list[dict[str, Any]], vendor: SugarSandbox
) -> None:
    """Fact sheet, section 1.1."""
    connect(platform=ONE).get("ping")
    assert asked == [
        {
            "grant_type": "password",
            "client_id": "customer_hub",
            "client_secret": vendor.sessions.key["client_secret"],
            "username": "customer_hub",
            "password": vendor.sessions.user["password"],
            "platform": ONE,
        }
    ]


def test_the_token_goes_into_its_header_and_never_into_an_address(
    connect: Opener, vendor: SugarSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Request] = []
    real = vendor.authorise

    def noting(request: Request) -> Response | None:
        seen.append(request)
        return real(request)

    monkeypatch.setattr(vendor, "authorise", noting)
    client = connect(platform=ONE)
    client.get("ping")
    token = client.sign_in.token()
    assert seen[-1].headers["oauth-token"] == token
    assert all(token not in request.url for request in seen)
    assert "authorization" not in seen[-1].headers


def test_clients_of_one_process_share_one_session(connect: Opener, vendor: SugarSandbox) -> None:
    """A second sign-in would end the first one."""
    clients = [connect() for _ in range(6)]
    threads = [threading.Thread(target=c.get, args=("ping",)) for c in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert connect().get("ping") == "pong"
    assert vendor.sessions.tallies == {"password": 1}


def test_a_token_is_renewed_before_it_ends_and_both_are_replaced(
    connect: Opener, vendor: SugarSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = connect()
    client.get("ping")
    first = client.sign_in.seat.token
    assert first is not None
    now = monotonic()
    monkeypatch.setattr(sessions, "monotonic", lambda: now + 0.79 * 3600)
    client.get("ping")
    assert vendor.sessions.tallies == {"password": 1}
    monkeypatch.setattr(sessions, "monotonic", lambda: now + 0.81 * 3600)
    client.get("ping")
    assert vendor.sessions.tallies == {"password": 1, "refresh": 1}
    second = client.sign_in.seat.token
    assert second is not None
    assert {second.access, second.refresh}.isdisjoint({first.access, first.refresh})


def test_a_token_that_has_ended_is_renewed_and_the_call_is_made_again(
    connect: Opener, vendor: SugarSandbox, asked: list[dict[str, Any]]
) -> None:
    client = connect(platform=ONE)
    client.get("ping")
    held = client.sign_in.seat.token
    vendor.clock.advance(3601)
    assert client.get("ping") == "pong"
    assert held is not None
    assert asked[1] == {
        "grant_type": "refresh_token",
        "refresh_token": held.refresh,
        "client_id": "customer_hub",
        "client_secret": vendor.sessions.key["client_secret"],
        "platform": ONE,
    }
    assert vendor.sessions.tallies == {"password": 1, "refresh": 1}


def test_whoever_was_refused_takes_the_token_that_another_has_renewed(
    connect: Opener, vendor: SugarSandbox
) -> None:
    one, two = connect(), connect()
    old = one.sign_in.token()
    vendor.clock.advance(3601)
    one.get("ping")
    assert two.sign_in.another(old) == one.sign_in.token()
    assert vendor.sessions.tallies == {"password": 1, "refresh": 1}


@pytest.mark.parametrize("away", [timedelta(days=15), timedelta(hours=9)])
def test_where_renewing_has_ended_the_password_is_used_once(
    connect: Opener, vendor: SugarSandbox, away: timedelta
) -> None:
    """Two weeks of silence, or the instance's own cap on sessions."""
    vendor.sessions.longest = timedelta(hours=8)
    client = connect()
    client.get("ping")
    vendor.clock.advance(away.total_seconds())
    assert client.get("ping") == "pong"
    assert vendor.sessions.tallies == {"password": 2, "dead": 1}


def test_a_process_that_is_pushed_out_goes_on_to_the_next_platform(
    connect: Opener, vendor: SugarSandbox
) -> None:
    client = connect()
    client.get("ping")
    first = client.sign_in.seat.token
    assert first is not None
    elsewhere(vendor, first.platform)
    assert client.get("ping") == "pong"
    second = client.sign_in.seat.token
    assert second is not None
    place = vendor.platforms.index(first.platform) + 1
    assert second.platform == vendor.platforms[place % len(vendor.platforms)]


def test_processes_end_on_platforms_of_their_own(connect: Opener, vendor: SugarSandbox) -> None:
    """Three processes that began on the same of three names push each other on, and then rest."""
    platforms = ", ".join(vendor.platforms[:3])
    clients = []
    for _ in range(3):
        sessions.KEPT.clear()
        client = connect(platform=platforms)
        client.sign_in.seat.place = 0
        clients.append(client)
    for _ in range(4):
        for client in clients:
            assert client.get("ping") == "pong"
    signed_in = vendor.sessions.tallies["password"]
    for client in clients * 3:
        client.get("ping")
    assert vendor.sessions.tallies["password"] == signed_in
    held = {client.sign_in.seat.token.platform for client in clients if client.sign_in.seat.token}
    assert len(held) == 3


def test_a_quarrel_over_one_platform_is_left_for_a_while(
    connect: Opener, vendor: SugarSandbox
) -> None:
    client = connect(platform=ONE)
    for _ in range(3):
        client.get("ping")
        elsewhere(vendor)
    with pytest.raises(RetryLater) as contested:
        client.get("ping")
    assert (contested.value.reason, contested.value.retry_after) == ("session_contested", 60)
    assert vendor.sessions.tallies["password"] == 3
    client.sign_in.seat.signed_in[0] -= 301
    assert client.get("ping") == "pong"


def test_a_session_that_ends_before_it_is_used_is_no_matter_of_the_password(
    connect: Opener, vendor: SugarSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process signs in between: nobody has to reconnect."""
    client = connect(platform=ONE)
    monkeypatch.setattr(type(vendor.sessions), "lets_in", lambda self, token: False)
    with pytest.raises(RetryLater) as contested:
        client.get("ping")
    assert contested.value.reason == "session_contested"
    assert vendor.sessions.tallies == {"password": 1, "refresh": 1}
