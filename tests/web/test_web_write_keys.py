"""A source's page: keys are made, shown once, held to pages and revoked; refusals are shown."""

from __future__ import annotations

import re

import pytest

from hub import connections, write_keys
from tests.stage import Stage
from tests.web.site import Browser, Site


class Mine:
    """A tenant of its own with one source, as one of its people sees it."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.stage = Stage(site.stage.hub)
        given = {"source": "Web app"}
        made = connections.add(self.stage.hub, self.stage.tenant_id, "product_usage", given, {})
        self.path = f"/connections/{made['_id']}"
        self.browser: Browser = site.browser(site.person(self.stage.tenant_id, "bob@acme.example"))

    def make(self, **fields: str) -> str:
        """A key made on the page; returns it as it is shown."""
        shown = self.browser.post(f"{self.path}/write-keys", **fields).text
        found = re.search(r'data-copy="(hubw_[^"]+)"', shown)
        assert found is not None, shown
        return found[1]

    def send(self, key: str, **event: object) -> int:
        headers = {"Authorization": f"Bearer {key}"}
        client = self.site.app.test_client()
        return client.post("/api/v1/events", json=event, headers=headers).status_code


@pytest.fixture
def mine(site: Site) -> Mine:
    return Mine(site)


def test_an_empty_source_says_what_to_do(mine: Mine) -> None:
    said = mine.browser.words(mine.path)
    assert "No key yet, so nothing can be sent." in said
    assert "How to send" in said
    assert "read on a schedule" not in said


def test_a_key_made_on_the_page_sends_and_is_never_shown_again(mine: Mine) -> None:
    key = mine.make(name="Web app", origins="https://app.acme.test, https://www.acme.test")
    assert key not in mine.browser.page(mine.path)
    assert f"Web app …{key[-4:]}" in mine.browser.words(mine.path)
    assert mine.send(key, event_id="1", user_id="u", name="A") == 202
    said = mine.browser.words(mine.path)
    assert "1 received = 1 accepted + 0 duplicate + 0 rejected" in said
    assert "in use" in said


def test_a_refused_event_is_shown_with_its_field_and_shape(mine: Mine) -> None:
    assert mine.send(mine.make(name="Server"), name="A", properties={"card": "4111"}) == 202
    said = mine.browser.words(mine.path)
    assert "no event id in event_id" in said
    assert '"card": "text"' in said
    assert "4111" not in said


def test_pages_are_changed_and_a_key_revoked_on_the_page(mine: Mine) -> None:
    key = mine.make(name="Web app")
    [made] = write_keys.everything(mine.stage.hub, mine.stage.tenant_id)
    one = f"{mine.path}/write-keys/{made['_id']}"
    mine.browser.post(f"{one}/origins", origins="https://app.acme.test")
    assert 'value="https://app.acme.test"' in mine.browser.page(mine.path)
    refused = mine.browser.post(f"{one}/origins", origins="app.acme.test").text
    assert "An origin is a scheme and a host" in refused
    mine.browser.post(f"{one}/revoke")
    assert mine.send(key, event_id="1", user_id="u") == 401
    assert "revoked" in mine.browser.words(mine.path)


def test_another_tenant_cannot_make_or_revoke_keys_here(mine: Mine, ada: Browser) -> None:
    mine.make(name="Web app")
    [made] = write_keys.everything(mine.stage.hub, mine.stage.tenant_id)
    assert ada.post(f"{mine.path}/write-keys", name="Mine now").status_code == 404
    assert ada.post(f"{mine.path}/write-keys/{made['_id']}/revoke").status_code == 404
    assert len(write_keys.everything(mine.stage.hub, mine.stage.tenant_id)) == 1
