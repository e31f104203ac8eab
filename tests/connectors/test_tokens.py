"""The pure part of granted access: the proof, the address of the consent page, a token's life."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from hub.api import OAuth
from hub.tokens import App, challenge, consent_url, is_due

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
