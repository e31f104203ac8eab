"""Signing in without a person: the assertion, the clocks, and refusals that say what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import jwt
import pytest

from hub.api import CorrectInput, Reconnect, RetryLater
from hub.http import VendorHttp
from hub.sandbox import Sandbox
from hub.sandbox.serving import Response
from plugins.salesforce import CONNECTOR, memory
from plugins.salesforce.client import Client
from plugins.salesforce.sandbox import Org, create
from plugins.salesforce.sandbox_granting import USERNAME
from plugins.salesforce.signing_in import Signer, pem

Opener = Callable[..., Client]


@pytest.fixture(scope="module")
def served() -> Iterator[Org]:
    """One small org for all that do not move its clock."""
    with Sandbox(vendors=[create], seed=7, accounts=4) as sandbox:
        found = sandbox["salesforce"]
        assert isinstance(found, Org)
        yield found


@pytest.fixture
def org(served: Org) -> Org:
    memory.KEPT.clear()
    served.approved, served.audience = {USERNAME}, ""
    served.calls.clear()
    return served


@pytest.fixture
def ahead(request: pytest.FixtureRequest) -> Iterator[Org]:
    """One whose clock, by the test's parameter, is ahead of ours."""
    memory.KEPT.clear()
    with Sandbox(vendors=[create], seed=7, accounts=4) as sandbox:
        found = sandbox["salesforce"]
        assert isinstance(found, Org)
        found.clock.advance(request.param.total_seconds())
        yield found


def opened(org: Org, **other: str) -> Client:
    """A client that signs in by assertion; named values take the place of the right ones."""
    own = {"username": USERNAME, "private_key": org.private_key, "consumer_secret": ""}
    values = org.credentials()["settings"] | own | other
    secret = {field.key for field in CONNECTOR.fields if field.secret}
    client = CONNECTOR.open(
        {k: v for k, v in values.items() if k not in secret},
        {k: v for k, v in values.items() if k in secret},
        VendorHttp(None, "c1", loopback_ca=str(org.ca)),
    )
    assert isinstance(client, Client)
    return client


@pytest.fixture
def assert_with(org: Org) -> Opener:
    return lambda **other: opened(org, **other)


def test_a_signed_assertion_gets_a_token_without_a_secret(assert_with: Opener, org: Org) -> None:
    assert CONNECTOR.check(assert_with()).id == org.org_id
    assert org.calls["sign_in"] == 1


def test_there_is_no_refresh_token_so_that_an_ended_session_is_asserted_anew(
    assert_with: Opener, org: Org
) -> None:
    org.faults.add("expired", count=1, path="/query")
    assert len(list(assert_with().rows("SELECT Id FROM User"))) == len(org.table("User"))
    assert org.calls["sign_in"] == 2


@pytest.mark.parametrize("ahead", [timedelta(hours=7), timedelta(minutes=10)], indirect=True)
def test_a_clock_of_ours_that_is_wrong_is_made_up_for(ahead: Org) -> None:
    assert CONNECTOR.check(opened(ahead)).id == ahead.org_id
    assert ahead.calls["sign_in"] == 2


def test_right_clocks_refused_are_not_asked_twice(assert_with: Opener, org: Org) -> None:
    org.approved.clear()
    with pytest.raises(Reconnect):
        CONNECTOR.check(assert_with())
    assert org.calls["sign_in"] == 1


def test_a_user_that_was_not_approved_is_told_where_to_approve(
    assert_with: Opener, org: Org
) -> None:
    org.approved.clear()
    with pytest.raises(Reconnect, match="Admin approved users are pre-authorized") as refused:
        CONNECTOR.check(assert_with())
    assert refused.value.field == "username"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"consumer_key": "3MVG9no"}, "consumer_key"),
        ({"username": "who@acme.example"}, "username"),
    ],
)
def test_what_is_wrong_is_named(assert_with: Opener, wrong: dict[str, str], field: str) -> None:
    with pytest.raises(Reconnect) as refused:
        CONNECTOR.check(assert_with(**wrong))
    assert refused.value.field == field


def test_the_key_of_another_certificate_is_named(assert_with: Opener, org: Org) -> None:
    mine = org.private_key
    del org.private_key
    assert org.private_key != mine
    with pytest.raises(Reconnect, match="certificate") as refused:
        CONNECTOR.check(assert_with(private_key=mine))
    assert refused.value.field == "private_key"


@pytest.mark.parametrize("key", ["secret words", "-----BEGIN X-----\nAAAA\n-----END X-----", "§"])
def test_what_is_no_key_is_refused_here_and_not_repeated(assert_with: Opener, key: str) -> None:
    with pytest.raises(CorrectInput, match="no RSA private key") as refused:
        CONNECTOR.check(assert_with(private_key=key))
    assert refused.value.field == "private_key"
    assert key not in str(refused.value)


@pytest.mark.parametrize("between", ["", " ", "\r\n", "\n\n  "])
def test_line_breaks_that_a_form_swallowed_are_put_back(
    assert_with: Opener, org: Org, between: str
) -> None:
    typed = between.join(org.private_key.splitlines())
    assert pem(typed) == org.private_key
    assert CONNECTOR.check(assert_with(private_key=typed)).id == org.org_id


def test_the_assertion_says_what_the_vendor_documents(
    assert_with: Opener, org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    judge = org._asserted

    def listening(assertion: str) -> Response:
        seen.append(assertion)
        return judge(assertion)

    monkeypatch.setattr(org, "_asserted", listening)
    CONNECTOR.check(assert_with())
    claims = jwt.decode(seen[0], options={"verify_signature": False})
    assert claims.keys() == {"iss", "sub", "aud", "exp"}
    assert (claims["iss"], claims["sub"], claims["aud"]) == (org.consumer_key, USERNAME, org.url)
    assert 120 < claims["exp"] - org.clock.now().timestamp() <= 180
    assert jwt.get_unverified_header(seen[0])["alg"] == "RS256"


def test_an_org_of_the_government_cloud_wants_the_general_host_as_audience(
    assert_with: Opener, org: Org
) -> None:
    org.audience = "https://login.salesforce.com"
    assert CONNECTOR.check(assert_with()).id == org.org_id
    assert org.calls["sign_in"] == 2


@pytest.mark.parametrize(
    ("address", "audience"),
    [
        ("https://acme.my.salesforce.com", "https://login.salesforce.com"),
        ("https://acme--dev.sandbox.my.salesforce.com", "https://test.salesforce.com"),
    ],
)
def test_a_sandbox_has_a_general_host_of_its_own(address: str, audience: str) -> None:
    assert Signer(address, "3MVG9").general == audience


def test_a_limit_on_signing_in_holds_for_all(
    assert_with: Opener, org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited = Response({"error": "rate_limit_exceeded"}, 400)
    monkeypatch.setattr(org, "_asserted", lambda assertion: limited)
    with pytest.raises(RetryLater) as refused:
        CONNECTOR.check(assert_with())
    assert refused.value.retry_after == 60


def test_no_secret_is_in_what_a_client_shows(assert_with: Opener, org: Org) -> None:
    client = assert_with()
    assert org.private_key.splitlines()[1] not in repr(vars(client))
