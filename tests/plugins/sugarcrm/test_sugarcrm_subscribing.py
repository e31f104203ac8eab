"""Web Logic Hooks made, listed and removed through the API, by an administrator alone."""

from __future__ import annotations

import pytest

from hub.api import GiveUp
from plugins.sugarcrm import SUGARCRM, subscribing
from plugins.sugarcrm.client import SugarClient
from plugins.sugarcrm.sandbox import SugarSandbox

WEBHOOK = SUGARCRM.webhooks[0]
URL = "http://127.0.0.1:9/webhooks/sugarcrm/key"
assert WEBHOOK.targets
assert WEBHOOK.register
assert WEBHOOK.unregister
assert WEBHOOK.listed
targets, register, unregister, listed = (
    WEBHOOK.targets,
    WEBHOOK.register,
    WEBHOOK.unregister,
    WEBHOOK.listed,
)


def test_one_hook_is_one_module_and_one_event(client: SugarClient, vendor: SugarSandbox) -> None:
    found = targets(client)
    assert len(found) == len(set(found)) == 17
    assert {"Accounts:after_save", "Contacts:after_relationship_add"} <= set(found)
    assert "Users:after_delete" not in found
    vendor.lacking = {"Cases"}
    assert [t for t in found if t not in targets(client)] == [
        "Cases:after_save",
        "Cases:after_delete",
    ]


def test_a_hook_is_made_with_the_fields_of_the_guide(
    client: SugarClient, vendor: SugarSandbox
) -> None:
    made = register(client, URL, "Accounts:after_save", "s3cret")
    (kept,) = vendor.subscriptions()
    assert (made.vendor_id, made.secret) == (kept.id, None)
    assert (kept.url, kept.secret) == (f"{URL}?module=Accounts", "hub:s3cret")
    address = "http://hub:s3cret@127.0.0.1:9/webhooks/sugarcrm/key?module=Accounts"
    assert kept.extra == {
        "url": address,
        "request_method": "POST",
        "name": "Customer hub: Accounts after_save",
        "webhook_target_module": "Accounts",
        "trigger_event": "after_save",
    }


def test_hooks_are_listed_by_the_address_that_the_hub_knows(
    client: SugarClient, vendor: SugarSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = {"webhook_target_module": "Leads", "trigger_event": "after_save"}
    other = "http://127.0.0.1:9/other"
    vendor.subscribe(other, extra={**foreign, "url": f"{other}?x=1"})
    monkeypatch.setattr(subscribing, "PAGE", 2)
    made = [register(client, f"{URL}{n}", "Cases:after_delete", "s") for n in range(2)]
    found = {one.vendor_id: one for one in listed(client)}
    assert len(found) == 3
    assert found[made[1].vendor_id].url == f"{URL}1"
    assert found[made[1].vendor_id].target == "Cases:after_delete"
    assert {one.url for one in found.values()} >= {other}


def test_removing_twice_is_fine(client: SugarClient, vendor: SugarSandbox) -> None:
    made = register(client, URL, "Accounts:after_save", "s")
    for _ in range(2):
        unregister(client, made.vendor_id)
    assert vendor.subscriptions() == []


def test_who_is_no_administrator_is_told_so(client: SugarClient, vendor: SugarSandbox) -> None:
    vendor.admin = False
    with pytest.raises(GiveUp) as refused:
        register(client, URL, "Accounts:after_save", "s")
    assert refused.value.reason == "no_admin"
    with pytest.raises(GiveUp):
        list(listed(client))


def test_an_address_that_sugar_would_cut_is_refused(client: SugarClient) -> None:
    """Fact sheet, section 7: at most 255 characters."""
    fits = 255 - len("hub:s@") - len("?module=Cases")
    assert register(client, URL.ljust(fits, "x"), "Cases:after_save", "s").vendor_id
    with pytest.raises(GiveUp) as refused:
        register(client, URL.ljust(fits + 1, "x"), "Cases:after_save", "s")
    assert refused.value.reason == "long_address"
