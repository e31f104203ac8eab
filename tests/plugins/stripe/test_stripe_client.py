"""Keys, modes, permissions, limits and the pinned version, over HTTP."""

from __future__ import annotations

import pytest

from hub.api import CorrectInput, GiveUp, Reconnect, RetryLater
from hub.sandbox import Request, Response
from plugins.stripe import STRIPE, streams
from plugins.stripe.client import VERSION, StripeClient
from plugins.stripe.sandbox import StripeSandbox
from tests.plugins.stripe.conftest import Opener


def test_the_account_is_named_with_its_mode(client: StripeClient) -> None:
    found = STRIPE.check(client)
    assert (found.id, found.name) == ("acct_1Sandbox:test", "Hub (test mode)")
    assert found.missing == ()


def test_a_key_that_lacks_permissions_names_them(
    vendor: StripeSandbox, client: StripeClient, connect: Opener
) -> None:
    vendor.denied = {"invoices", "account"}
    found = STRIPE.check(client)
    assert found.missing == ("Invoices (read)",)
    assert "API keys" in found.where
    assert found.id == "test"
    assert STRIPE.check(connect(account="acct_9")).id == "acct_9:test"


@pytest.mark.parametrize(
    ("key", "settings", "field"),
    [
        ("pk_test_1", {}, "api_key"),
        ("rk_live_1", {}, "mode"),
        ("rk_test_1", {"mode": "live"}, "mode"),
        ("sk_org_live_1", {"mode": "live"}, "api_key"),
        ("rk_test_1", {"account": "cus_1"}, "account"),
    ],
)
def test_a_key_of_the_other_mode_is_refused_before_it_is_sent(
    vendor: StripeSandbox, connect: Opener, key: str, settings: dict[str, str], field: str
) -> None:
    with pytest.raises(CorrectInput) as refused:
        STRIPE.check(connect(key, **settings))
    assert refused.value.field == field
    assert not vendor.calls


def test_a_wrong_key_is_to_be_replaced(connect: Opener) -> None:
    with pytest.raises(Reconnect):
        STRIPE.check(connect("rk_test_wrong"))


@pytest.mark.parametrize(
    "address", ["https://api.stripe.com.evil.example", "http://api.stripe.com", "https://evil.com"]
)
def test_the_key_goes_to_stripe_alone(connect: Opener, address: str) -> None:
    with pytest.raises(CorrectInput):
        connect(base_url=address)


def test_every_call_pins_the_version(
    vendor: StripeSandbox, client: StripeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = []
    known = vendor.authorise

    def noting(request: Request) -> object:
        sent.append(request.headers.get("stripe-version"))
        return known(request)

    monkeypatch.setattr(vendor, "authorise", noting)
    STRIPE.check(client)
    assert set(sent) == {VERSION}
    assert VERSION == "2026-10-28.endive"


def test_a_platform_reads_a_connected_account(
    vendor: StripeSandbox, connect: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = []
    known = vendor.authorise

    def noting(request: Request) -> object:
        sent.append(request.headers.get("stripe-account"))
        return known(request)

    monkeypatch.setattr(vendor, "authorise", noting)
    client = connect(account=" acct_9 ")
    assert STRIPE.check(client).id == "acct_9:test"
    list(streams.STREAMS[1].pages(client, None, ()))
    assert set(sent) == {"acct_9"}
    assert client.tells(None)
    assert client.tells("acct_9:test")
    assert not any(map(client.tells, ("acct_9:live", "acct_1:test")))
    assert not connect().tells("acct_9:test")


def test_what_stripe_says_about_trying_again_counts_more_than_the_status(
    vendor: StripeSandbox, client: StripeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fact sheet, section 6: `Stripe-Should-Retry` overrides everything."""
    for said, kind in (("true", RetryLater), ("false", GiveUp)):
        answer = Response({"error": {}}, 400, {"Stripe-Should-Retry": said})
        monkeypatch.setattr(vendor, "authorise", lambda request, answer=answer: answer)
        with pytest.raises(kind):
            client.one("customers", "cus_1")


def test_a_record_of_the_other_mode_is_never_taken(
    vendor: StripeSandbox, client: StripeClient
) -> None:
    table = vendor.table("customers")
    table.patch(table.ids()[0], {"livemode": True}, quiet=True)
    with pytest.raises(GiveUp) as refused:
        list(streams.STREAMS[0].pages(client, None, ()))
    assert refused.value.reason == "other_mode"


@pytest.mark.parametrize("status", [409, 429, 500, 503])
def test_locks_limits_and_failures_are_tried_later(
    vendor: StripeSandbox, client: StripeClient, status: int
) -> None:
    """A lock is 409, or 429 with `lock_timeout`; there is no Retry-After (fact sheet, 6)."""
    if status == 429:
        vendor.faults.add("limit", count=1)
    else:
        vendor.faults.add("error", status=status, count=1)
    with pytest.raises(RetryLater):
        client.one("customers", "cus_1")
