"""The pure part of granted access: the proof, the address of the consent page, a token's life."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter

from hub.api import Choice, CorrectInput, OAuth
from hub.plugin_host import load_plugins
from hub.tokens import App, TokenEndpoint, challenge, consent_url, is_due, missing, own_address

AT = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
"""The pair of RFC 7636, appendix B."""


def test_the_challenge_is_that_of_the_standard() -> None:
    assert challenge(VERIFIER) == CHALLENGE


def test_the_consent_page_is_asked_for_with_proof_and_state_and_without_the_secret() -> None:
    oauth = OAuth(
        authorize=lambda s: f"https://{s['site']}/authorize",
        token=lambda s: "",
        hosts=("acme.example",),
        scopes=("read", "offline"),
        parameters={"prompt": "consent"},
    )
    app = App("client 1", "the app's secret")
    back = "https://hub.example/connections/consent"
    url = consent_url(oauth, app, {"site": "acme.example"}, "st&te", VERIFIER, back)
    parts = urlsplit(url)
    assert (parts.netloc, parts.path) == ("acme.example", "/authorize")
    assert parse_qs(parts.query) == {
        "response_type": ["code"],
        "client_id": ["client 1"],
        "redirect_uri": [back],
        "scope": ["read offline"],
        "state": ["st&te"],
        "code_challenge": [CHALLENGE],
        "code_challenge_method": ["S256"],
        "prompt": ["consent"],
    }
    assert "secret" not in url


@pytest.mark.parametrize(("seconds", "due"), [(0, False), (2879, False), (2880, True)])
def test_a_token_of_an_hour_is_due_after_48_minutes(seconds: int, due: bool) -> None:
    grant = {"issued_at": AT.isoformat(), "life_s": 3600.0}
    assert is_due(grant, AT + timedelta(seconds=seconds)) is due


class Posted(HTTPAdapter):
    """The far end of a session: keeps each body, and answers with a token."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[dict[str, Any]] = []

    def send(self, request: Any, *args: Any, **options: Any) -> requests.Response:
        self.bodies.append(json.loads(request.body))
        answer = requests.Response()
        answer.status_code, answer.raw = 200, io.BytesIO(b'{"access_token": "new"}')
        return answer


def test_what_a_vendor_wants_to_be_asked_goes_with_each_request_for_a_token() -> None:
    sent, session = Posted(), requests.Session()
    session.mount("https://", sent)
    where = "https://acme.vendor.example/tokens"
    lives = OAuth(
        lambda s: "", lambda s: where, ("vendor.example",), body="json", asked={"expires_in": 300}
    )
    connector = load_plugins().connectors["asana"]
    endpoint = TokenEndpoint(connector, lives, App("client", "secret"), session, {})
    endpoint.exchange("code", VERIFIER, "https://hub.example/back", AT)
    endpoint.refresh({"refresh_token": "old"}, AT)
    assert [(b["grant_type"], b["expires_in"]) for b in sent.bodies] == [
        ("authorization_code", 300),
        ("refresh_token", 300),
    ]


def oauth(*scopes: str) -> OAuth:
    return OAuth(lambda s: "", lambda s: "", ("vendor.example",), scopes=scopes)


@pytest.mark.parametrize(
    "url",
    [
        "https://vendor.example/token",
        "https://acme.my.vendor.example/token",
        "http://127.0.0.1:8123/token",
    ],
)
def test_the_vendors_own_hosts_get_our_secret(url: str) -> None:
    assert own_address("Vendor", oauth(), url) == url


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/token",
        "https://evilvendor.example/token",
        "https://vendor.example.evil.example/token",
        "http://vendor.example/token",
        "https://vendor.example@evil.example/token",
        "https://evil.example\\@vendor.example/token",
        "https://evil.example\\.vendor.example/token",
        "ftp://vendor.example/token",
        "",
    ],
)
def test_nobody_else_does(url: str) -> None:
    with pytest.raises(CorrectInput, match="is no address of Vendor"):
        own_address("Vendor", oauth(), url)


@pytest.mark.parametrize(
    ("told", "refresh", "at", "lacking"),
    [
        (["read", "offline_access"], "r", None, ()),
        (["read"], "r", None, ()),
        (["read"], None, None, ("offline_access",)),
        (["write"], "r", None, ("read",)),
        (None, "r", None, ()),
        (["read"], "r", ("write",), ("read",)),
        ([], "r", ("read",), ()),
    ],
)
def test_what_was_granted_is_compared_with_what_is_needed(
    told: list[str] | None,
    refresh: str | None,
    at: tuple[str, ...] | None,
    lacking: tuple[str, ...],
) -> None:
    chosen = Choice("1", "One", {}, scopes=at) if at is not None else None
    grant = {"refresh_token": refresh, "scopes": told}
    assert missing(oauth("read", "offline_access"), grant, chosen) == lacking
