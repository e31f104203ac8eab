"""Strangers at an Asana address, over HTTP: nobody but the first who shook hands has a secret."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from hub import endpoints
from hub.api import Registered
from hub.store.client import Doc
from tests.subscriptions.watched import Watched, replaced

MINE = "5f0c" * 16
"""What the stranger would like the secret to be."""
HEARTBEAT = b'{"events":[]}'


def knock(url: str, secret: str = MINE) -> requests.Response:
    return requests.post(url, data=b"", headers={"X-Hook-Secret": secret}, timeout=10)


def push(url: str, secret: str) -> int:
    signed = hmac.new(secret.encode(), HEARTBEAT, hashlib.sha256).hexdigest()
    given = {"X-Hook-Signature": signed}
    return requests.post(url, data=HEARTBEAT, headers=given, timeout=10).status_code


def secret_of(watched: Watched, endpoint: Doc) -> str:
    stored = watched.stage.hub.catalogue.control.endpoint(watched.stage.tenant_id, endpoint["_id"])
    return str(endpoints.hidden(watched.stage.hub, stored)["secrets"][0])


def address(watched: Watched, endpoint: Doc) -> str:
    return endpoints.url(watched.stage.hub, endpoint)


@pytest.fixture
def asking(asana: Watched) -> Iterator[Callable[..., list[Doc]]]:
    """Subscribe anew to one project, with a stranger about while Asana is asked."""
    asana.later(hours=1)
    webhook = asana.stage.hub.connector_of(asana.connection).webhooks[0]
    real: Any = webhook.register

    def ask(before: Callable[[str], Any], after: Callable[[str], Any] = str) -> list[Doc]:
        def register(client: Any, url: str, target: str, secret: str | None) -> Registered:
            before(url)
            made: Registered = real(client, url, target, secret)
            after(url)
            return made

        gone = asana.endpoints()[0]
        asana.vendor.unsubscribe(gone["vendor_id"])
        mine = {"_id": gone["_id"], "tenant_id": asana.stage.tenant_id}
        asana.stage.hub.catalogue.control.endpoints.delete_one(mine)
        with replaced(asana, "register", register):
            return asana.subscribe()

    yield ask
    asana.subscribe()


@pytest.mark.parametrize("state", ["waiting", "active"])
def test_a_stranger_gets_no_echo_and_replaces_nothing(asana: Watched, state: str) -> None:
    asana.told()
    endpoint = asana.endpoints()[0]
    asana.change(endpoint["_id"], {"state": state})
    url, secret = address(asana, endpoint), secret_of(asana, endpoint)
    for given in (MINE, secret, "", "ä", secret.upper()):
        answer = knock(url, given.encode("latin-1").decode("latin-1"))
        assert answer.status_code == 401
        assert "X-Hook-Secret" not in answer.headers
        assert given == "" or given not in answer.text
    assert secret_of(asana, endpoint) == secret
    assert (push(url, secret), push(url, MINE)) == (200, 401)


def test_the_refusals_say_alike_whether_or_not_the_secret_was_right(asana: Watched) -> None:
    endpoint = asana.endpoints()[0]
    url, secret = address(asana, endpoint), secret_of(asana, endpoint)
    assert knock(url).content == knock(url, secret).content
    kept = endpoints.refused(asana.stage.hub, asana.stage.tenant_id, endpoint["_id"])
    assert kept
    assert MINE not in repr(kept)
    assert secret not in repr(kept)


def test_a_stranger_who_comes_first_wins_nothing(
    asana: Watched, asking: Callable[..., list[Doc]]
) -> None:
    """Asana's own handshake is then the second and is refused, so that there is no webhook."""
    seen: list[str] = []

    def first(url: str) -> None:
        seen.append(url)
        assert knock(url).status_code == 200

    [result] = asking(first)
    assert result["state"] == "failed"
    assert asana.there() == asana.ours()
    assert push(seen[0], MINE) == 404


def test_a_stranger_who_comes_second_is_refused_and_asana_is_kept(
    asana: Watched, asking: Callable[..., list[Doc]]
) -> None:
    answers: list[requests.Response] = []
    [result] = asking(str, lambda url: answers.append(knock(url)))
    assert result["state"] == "waiting"
    assert answers[0].status_code == 401
    endpoint = asana.endpoints()[-1]
    found = asana.vendor.subscription(endpoint["vendor_id"])
    assert secret_of(asana, endpoint) == found.secret != MINE


def test_asanas_own_handshake_may_come_again_while_it_is_asked(
    asana: Watched, asking: Callable[..., list[Doc]]
) -> None:
    again: list[requests.Response] = []

    def once_more(url: str) -> None:
        found = next(s for s in asana.vendor.subscriptions() if s.url == url)
        again.append(knock(url, found.secret))
        assert again[-1].headers["X-Hook-Secret"] == found.secret

    [result] = asking(str, once_more)
    assert (result["state"], again[0].status_code) == ("waiting", 200)


def test_an_answer_with_another_secret_than_the_handshakes_is_not_trusted(
    asana: Watched, asking: Callable[..., list[Doc]]
) -> None:
    """Whoever shook hands was not who answered our request: that subscription is taken back."""
    before = asana.there()
    webhook = asana.stage.hub.connector_of(asana.connection).webhooks[0]
    real: Any = webhook.register
    gone = asana.endpoints()[0]
    asana.vendor.unsubscribe(gone["vendor_id"])
    mine = {"_id": gone["_id"], "tenant_id": asana.stage.tenant_id}
    asana.stage.hub.catalogue.control.endpoints.delete_one(mine)

    def register(client: Any, url: str, target: str, secret: str | None) -> Registered:
        made = real(client, url, target, secret)
        return Registered(made.vendor_id, None, MINE)

    with replaced(asana, "register", register):
        [result] = asana.subscribe()
    assert result["state"] == "failed"
    assert asana.there() == asana.ours() == before - {gone["vendor_id"]}


def test_of_many_who_shake_hands_at_once_one_is_first(asana: Watched) -> None:
    stage = asana.stage
    connector = stage.hub.connector_of(asana.connection)
    now = stage.hub.now(stage.tenant_id)
    made = endpoints.insert(
        stage.hub, stage.tenant_id, connector, asana.id, connector.webhooks[0], "p", "pending", now
    )
    hands = [f"{n:064x}" for n in range(8)]

    def shake(secret: str) -> bool:
        return endpoints.store_greeted_secret(stage.hub, stage.tenant_id, made[0], secret)

    with ThreadPoolExecutor(8) as pool:
        won = [secret for secret, first in zip(hands, pool.map(shake, hands), strict=True) if first]
    assert [secret_of(asana, {"_id": made[0]})] == won
    mine = {"_id": made[0], "tenant_id": stage.tenant_id}
    stage.hub.catalogue.control.endpoints.delete_one(mine)
