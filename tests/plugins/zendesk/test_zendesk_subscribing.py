"""Zendesk's subscriptions, made, listed and removed against its sandbox."""

from __future__ import annotations

from typing import Any

import pytest

from hub.api import GiveUp
from plugins.zendesk import subscribing
from plugins.zendesk.client import ZendeskClient
from plugins.zendesk.sandbox import ZendeskSandbox

HOOK = "http://127.0.0.1:9/webhooks/zendesk/key"


def test_webhooks_are_made_with_zendesk_s_secret_listed_and_removed(
    vendor: ZendeskSandbox, client: ZendeskClient
) -> None:
    made = {
        target: subscribing.register(client, f"{HOOK}/{target}", target, None)
        for target in subscribing.targets(client)
    }
    kept = {s.url.rpartition("/")[2]: s for s in vendor.subscriptions()}
    assert {t: r.secret for t, r in made.items()} == {t: s.secret for t, s in kept.items()}
    assert "zen:event-type:ticket.comment_added" in kept["tickets"].events
    assert "zen:event-type:user.last_login_changed" not in kept["organizations_and_users"].events
    vendor.subscribe(HOOK, "by hand", (), {"webhook": "trigger"})
    listed = {s.target: (s.vendor_id, s.url, s.active) for s in subscribing.listed(client)}
    assert listed == {t: (r.vendor_id, f"{HOOK}/{t}", True) for t, r in made.items()}
    for registered in made.values():
        subscribing.unregister(client, registered.vendor_id)
        subscribing.unregister(client, registered.vendor_id)
    assert list(subscribing.listed(client)) == []


def test_an_account_that_does_not_know_all_events_gets_the_confirmed_ones(
    vendor: ZendeskSandbox, client: ZendeskClient
) -> None:
    vendor.refused_types = {"ticket.merged", "user.merged"}
    for target in subscribing.targets(client):
        subscribing.register(client, HOOK, target, None)
        events = {e.removeprefix("zen:event-type:") for e in vendor.subscriptions()[-1].events}
        assert events == set(subscribing.CONFIRMED[target])


def test_an_account_without_events_of_tickets_is_led_to_the_trigger(
    vendor: ZendeskSandbox, client: ZendeskClient
) -> None:
    vendor.refused_types = {*subscribing.CONFIRMED["tickets"]}
    with pytest.raises(GiveUp, match="trigger"):
        subscribing.register(client, HOOK, "tickets", None)
    subscribing.register(client, HOOK, "organizations_and_users", None)
    assert len(vendor.subscriptions()) == 1


def test_a_webhook_whose_secret_cannot_be_read_is_taken_back(
    vendor: ZendeskSandbox, client: ZendeskClient
) -> None:
    vendor.hides_secrets = True
    with pytest.raises(GiveUp):
        subscribing.register(client, HOOK, "tickets", None)
    assert vendor.subscriptions() == []


def test_a_system_s_change_is_no_webhook_s_to_tell() -> None:
    """1767607200 is 2026-01-05T10:00:00Z."""
    row: dict[str, Any] = {"updated_at": "2026-01-05T10:00:00Z"}
    for generated, targets in ((1767607200, ("tickets",)), (1767607201, ()), (None, ("tickets",))):
        assert subscribing.told_by({**row, "generated_timestamp": generated}) == targets
