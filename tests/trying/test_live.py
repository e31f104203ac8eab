"""`try --live` and its endpoint, against a vendor that really listens and pushes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from hub.api import Field
from hub.conform.suite import creator
from hub.errors import CorrectInput, Reconnect
from hub.plugin_host import PluginHost, load_plugins
from hub.sandbox import Sandbox, Vendor
from hub.trying import live
from hub.trying.footing import Footing
from hub.trying.listening import Listener, listening
from hub.trying.walk import walk


@pytest.fixture(scope="module")
def host() -> PluginHost:
    return load_plugins(only="freshdesk")


@pytest.fixture(scope="module")
def vendor(host: PluginHost) -> Iterator[Vendor]:
    folder = host.connector("freshdesk").mapping.parent
    with Sandbox([creator(folder)], accounts=8, retry_scale=0.001) as sandbox:
        yield sandbox["freshdesk"]


@pytest.fixture(scope="module")
def environ(vendor: Vendor) -> dict[str, str]:
    parts = vendor.credentials()
    both = {**parts["settings"], **parts["secrets"]}
    return {f"HUB_TRY_{key.upper()}": value for key, value in both.items()}


@pytest.fixture(scope="module")
def footing(host: PluginHost, environ: dict[str, str], vendor: Vendor) -> Footing:
    connector = host.connector("freshdesk")
    found, _ = live.connect(host, "freshdesk", *live.given(connector, environ, nobody))
    found.moment = vendor.moment
    return found


def nobody(field: Field) -> str:
    raise AssertionError(f"{field.key} was in the environment and is asked for")


def test_only_what_the_environment_lacks_is_asked(
    host: PluginHost, environ: dict[str, str]
) -> None:
    connector, asked = host.connector("freshdesk"), []
    secret = next(field for field in connector.fields if field.secret)
    less = {k: v for k, v in environ.items() if k != f"HUB_TRY_{secret.key.upper()}"}

    def ask(field: Field) -> str:
        asked.append(field.key)
        return "typed"

    _, secrets = live.given(connector, less, ask)
    assert asked == [secret.key]
    assert secrets[secret.key] == "typed"


def test_credentials_that_are_refused_are_told_and_repeated_nowhere(
    host: PluginHost, environ: dict[str, str]
) -> None:
    wrong = {**environ, "HUB_TRY_API_KEY": "a-wrong-one"}
    with pytest.raises((Reconnect, CorrectInput)) as refused:
        live.connect(host, "freshdesk", *live.given(host.connector("freshdesk"), wrong, nobody))
    assert "a-wrong-one" not in str(refused.value)


def test_the_first_page_of_each_stream_is_counted_mapped_and_one_record_read_again(
    footing: Footing, vendor: Vendor
) -> None:
    rows = {row["stream"]: row for row in live.look(footing)}
    assert {row["state"] for row in rows.values()} == {"ok"}
    assert rows["companies"]["records"] == len(vendor.table("companies"))
    assert rows["companies"]["mapped"] == len(vendor.table("companies"))
    assert rows["tickets"]["fetch"] == "same fields"


def test_what_the_vendor_pushes_arrives_and_nobody_else_is_answered(
    footing: Footing, vendor: Vendor
) -> None:
    (webhook,) = footing.connector.webhooks
    listener = Listener(footing, webhook, "of-this-run")
    with listening(listener, 0):
        assert requests.post(f"{listener.url}x", data=b"{}", timeout=5).status_code == 404
        assert requests.post(listener.url, data=b"{}", timeout=5).status_code == 401
        (forged,) = listener.deliveries(1)
        assert next(walk(footing, webhook, *forged, "empty")).state == "refused"
        vendor.subscribe(listener.url, "of-this-run", extra={"webhook": webhook.name})
        vendor.stir_many(1)
        ((delivery, registration),) = listener.deliveries(1)
        steps = list(walk(footing, webhook, delivery, registration, "empty"))
    assert {step.state for step in steps} == {"passed"}
    assert steps[-1].name == "profile"


def test_the_address_is_the_public_one_with_a_key_that_nobody_guesses(footing: Footing) -> None:
    (webhook,) = footing.connector.webhooks
    one, two = (Listener(footing, webhook, "s", "https://a.tunnel.example/") for _ in range(2))
    assert one.url.startswith("https://a.tunnel.example/webhooks/freshdesk/")
    assert one.url != two.url
    assert len(one.key) >= 32
