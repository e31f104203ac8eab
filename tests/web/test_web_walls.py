"""No page without a person, no change without the token, nothing of another tenant."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.web.site import Browser, Site, Tags

OPEN = {"sign_in", "assets", "status", "static"}
PLACE = re.compile(r"<([^>]+)>")


def screens(site: Site, method: str) -> Iterator[str]:
    """Every address of the screens, with the same made-up id in each place."""
    for rule in site.app.url_map.iter_rules():
        if method in (rule.methods or ()) and rule.endpoint.split(".")[0] not in OPEN:
            yield PLACE.sub(_made_up, rule.rule)


def _made_up(place: re.Match[str]) -> str:
    """A word that the place of an address takes: the first of those allowed, a number, or any."""
    kind, _, name = place[1].rpartition(":")
    if kind.startswith("any("):
        return kind[4:-1].split(",")[0].strip()
    return "1" if kind == "int" else name


def test_every_screen_asks_for_a_person(site: Site) -> None:
    paths = list(screens(site, "GET"))
    client = site.app.test_client()

    answers = {path: client.get(path) for path in paths}

    assert len(paths) > 20
    assert {a.location.partition("?")[0] for a in answers.values()} == {"/sign-in"}


def test_no_change_is_made_without_the_token(site: Site, ada: Browser) -> None:
    paths = list(screens(site, "POST"))

    answers = {path: ada.client.post(path).status_code for path in paths}

    assert len(paths) > 10
    assert set(answers.values()) == {400}


def test_no_page_needs_an_inline_script_or_style(site: Site, ada: Browser) -> None:
    account = site.stage.store.accounts.find_one({"listed": True})["_id"]
    connection = site.connection["_id"]
    paths = ["/", "/connections", "/connections/new", "/connections/new/hubspot", "/deliveries"]
    paths += ["/quarantine", "/plugins", "/plugins/hubspot", "/settings", "/help/mapping"]
    paths += [f"/accounts/{account}{tab}" for tab in ("", "/timeline", "/people", "/identity")]
    paths += [f"/connections/{connection}{tab}" for tab in ("", "/reconnect", "/remove")]

    for path in paths:
        answer = ada.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "script-src 'self';" in policy
        assert "style-src 'self';" in policy
        for tag, attributes in Tags(answer.text).found:
            assert tag != "style", path
            assert tag != "script" or attributes.get("src", "").startswith("/"), path
            assert not [n for n in attributes if n == "style" or n.startswith("on")], path


@pytest.fixture
def stranger(site: Site) -> Browser:
    tenant = site.stage.hub.catalogue.control.add_tenant("Other", site.stage.hub.now())
    return site.browser(site.person(tenant["_id"], "mallory@other.example"))


def test_a_stranger_finds_nothing_of_this_tenant(site: Site, stranger: Browser) -> None:
    store, connection = site.stage.store, site.connection["_id"]
    account = store.accounts.find_one({"listed": True})["_id"]
    record = store.records.find_one({})["_id"]
    endpoint = site.stage.endpoint(site.connection)["id"]
    paths = [f"/accounts/{account}", f"/records/{record}", f"/connections/{connection}"]
    paths += [f"/connections/{connection}/reconnect", f"/connections/{connection}/remove"]

    assert {stranger.get(path).status_code for path in paths} == {404}
    for step in ("pause", "sync", "remove", f"endpoints/{endpoint}/rotate"):
        assert stranger.post(f"/connections/{connection}/{step}").status_code == 404
    assert store.connections.find_one({"_id": connection})["state"] == "active"
    assert "No customers yet" not in stranger.page("/")
    assert "0 accounts" in stranger.words("/")


def test_a_person_of_another_tenant_cannot_be_removed(site: Site, stranger: Browser) -> None:
    user = site.person()

    assert stranger.post(f"/settings/people/{user['_id']}/remove").status_code == 404
    assert site.stage.hub.catalogue.control.user(user["_id"])
