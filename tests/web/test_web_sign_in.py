"""Signing in by a one-time link, and what keeps everybody else out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.web.site import Browser, Site


def test_a_link_opens_signed_in(site: Site) -> None:
    client = site.app.test_client()

    answer = client.get(site.link(), follow_redirects=True)

    assert answer.status_code == 200
    assert answer.request.path == "/"
    assert "Portfolio" in answer.text


def test_a_link_works_once(site: Site) -> None:
    link = site.link()
    site.app.test_client().get(link)

    answer = site.app.test_client().get(link)

    assert answer.status_code == 410
    assert "hub login-link" in answer.text


def test_an_old_link_does_not_work(site: Site) -> None:
    user, hub = site.person(), site.stage.hub
    before = hub.now() - timedelta(minutes=31)
    token = hub.catalogue.control.add_link(user["_id"], user["tenant_id"], before)

    assert site.app.test_client().get(f"/sign-in/{token}").status_code == 410


@pytest.mark.parametrize("how", [{"method": "HEAD"}, {"headers": {"Sec-Purpose": "prefetch"}}])
def test_a_preview_does_not_use_the_link_up(site: Site, how: dict) -> None:
    link = site.link()
    site.app.test_client().open(link, **how)

    assert site.app.test_client().get(link).status_code == 302


def test_a_second_person_in_the_same_browser_is_asked_first(site: Site, ada: Browser) -> None:
    other = site.person(email="eve@acme.example")

    page = ada.page(site.link(other))

    assert "ada@acme.example" in page


def test_the_same_person_goes_straight_in_again(site: Site, ada: Browser) -> None:
    assert ada.get(site.link()).location == "/"


def test_a_plain_page_does_not_renew_the_cookie(ada: Browser) -> None:
    """Else a refresh that ends after signing out would bring the session back."""
    ada.page("/plugins")

    assert "Set-Cookie" not in ada.get("/plugins").headers


def test_the_page_that_was_asked_for_opens_after_signing_in(site: Site) -> None:
    client = site.app.test_client()
    asked = client.get("/connections?x=1")
    client.get(asked.location)

    assert client.get(site.link()).location == "/connections?x=1"


@pytest.mark.parametrize("there", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_signing_in_leads_nowhere_else(site: Site, there: str) -> None:
    client = site.app.test_client()
    client.get("/sign-in", query_string={"next": there})

    assert client.get(site.link()).location == "/"


def test_the_cookie_is_not_for_scripts_nor_for_other_sites(site: Site) -> None:
    cookie = site.app.test_client().get(site.link()).headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_signing_out_ends_the_session(ada: Browser) -> None:
    ada.post("/sign-out")

    assert ada.get("/").location == "/sign-in"


def test_a_removed_person_is_out_at_once(site: Site) -> None:
    user = site.person(email="gone@acme.example")
    browser = site.browser(user)
    site.stage.hub.catalogue.control.users.delete_one({"_id": user["_id"]})

    assert browser.get("/").status_code == 302
