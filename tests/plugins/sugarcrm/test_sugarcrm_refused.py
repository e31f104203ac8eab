"""Signing in that is refused, what an administrator has to mend, and what stays hidden.

Fact sheet, sections 1 and 9.
"""

from __future__ import annotations

from time import monotonic

import pytest

from hub.api import CorrectInput, HubError, Reconnect, RetryLater
from hub.sandbox import Response
from plugins.sugarcrm import SUGARCRM, sessions
from plugins.sugarcrm.sandbox import SugarSandbox
from plugins.sugarcrm.sandbox_sessions import error
from tests.plugins.sugarcrm.conftest import Opener


def refuse(vendor: SugarSandbox, monkeypatch: pytest.MonkeyPatch, answer: Response) -> None:
    """The token endpoint answers so."""
    monkeypatch.setattr(type(vendor.sessions), "answer", lambda self, body: answer)


def test_a_wrong_password_is_sent_once(connect: Opener, vendor: SugarSandbox) -> None:
    """After some wrong ones Sugar locks the user."""
    with pytest.raises(Reconnect) as refused:
        SUGARCRM.check(connect(password="wrong"))
    assert refused.value.field == "password"
    assert vendor.sessions.tallies == {"wrong": 1}


def test_a_password_that_was_changed_holds_the_connection_after_one_try(
    connect: Opener, vendor: SugarSandbox
) -> None:
    client = connect()
    client.get("ping")
    vendor.sessions.user = {**vendor.sessions.user, "password": "changed"}
    vendor.sessions.end()
    with pytest.raises(Reconnect) as refused:
        client.get("ping")
    assert refused.value.field == "password"
    assert vendor.sessions.tallies == {"password": 1, "dead": 1, "wrong": 1}


def test_another_password_is_never_answered_from_what_is_remembered(connect: Opener) -> None:
    connect().get("ping")
    with pytest.raises(Reconnect):
        connect(password="wrong").get("ping")


def test_each_refusal_names_what_an_administrator_has_to_mend(connect: Opener) -> None:
    """Fact sheet, section 1.2: 422 is a platform that is not registered."""
    for changed, field, reason in (
        ({"platform": "unknown"}, "platform", "platform"),
        ({"client_secret": "wrong"}, "client_secret", "client"),
        ({"client_id": ""}, "client_secret", "client"),
        ({"username": "nobody"}, "password", "reconnect"),
    ):
        with pytest.raises(Reconnect) as refused:
            SUGARCRM.check(connect(**changed))
        assert (refused.value.field, refused.value.reason) == (field, reason)


HTML = {"Content-Type": "text/html"}
REFUSALS: tuple[tuple[Response, type[HubError], str], ...] = (
    (error(400, "invalid_grant", "x"), Reconnect, "reconnect"),
    (error(403, "license_seats_needed", "x"), Reconnect, "seats"),
    (error(301, "incorrect_version", "x"), CorrectInput, "incorrect_version"),
    (error(404, "no_method", "x"), CorrectInput, "invalid"),
    (Response("<html>", 403, HTML), RetryLater, "blocked"),
    (Response("<html>", 503, HTML), RetryLater, "vendor_down"),
    (Response("<html>", 200, HTML), RetryLater, "no_token"),
    (Response({"token_type": "bearer"}), RetryLater, "no_token"),
    (Response(["x"]), RetryLater, "no_token"),
)


def test_what_a_refused_sign_in_means(
    connect: Opener, vendor: SugarSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for answer, kind, reason in REFUSALS:
        sessions.KEPT.clear()
        refuse(vendor, monkeypatch, answer)
        with pytest.raises(kind) as refused:
            connect().get("ping")
        assert refused.value.reason == reason


def test_tokens_are_opaque_and_of_any_length(
    connect: Opener, vendor: SugarSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "x" * 3000
    refuse(vendor, monkeypatch, Response({"access_token": long, "refresh_token": "y"}))
    client = connect()
    assert client.sign_in.token() == long
    held = client.sign_in.seat.token
    assert held is not None
    assert 2800 < held.renew_at - monotonic() <= 2880


def test_the_browsers_own_platform_is_refused(connect: Opener) -> None:
    with pytest.raises(CorrectInput) as refused:
        connect(platform="customer_hub_1, base")
    assert refused.value.field == "platform"


def test_no_secret_shows(connect: Opener, vendor: SugarSandbox) -> None:
    client = connect()
    client.get("ping")
    held = client.sign_in.seat.token
    assert held is not None
    shown = f"{client!r} {client.sign_in!r} {client.sign_in.seat!r} {held!r}"
    hidden = [*vendor.credentials()["secrets"].values(), held.access, held.refresh]
    assert not [word for word in hidden if word in shown]
