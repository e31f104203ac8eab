"""Who is who on the screen: evidence, decisions with their effect, the review queue, the sample."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from tests.identity.ground import Ground
from tests.stage import Stage
from tests.web.site import Browser, Site, words


@dataclass
class Place:
    """A tenant whose records are written by hand, and a person who is signed in to it."""

    ground: Ground
    browser: Browser

    def identity(self, key: str) -> str:
        return self.browser.words(f"/accounts/{self.ground.account(key)}/identity")


@pytest.fixture
def place(site: Site) -> Place:
    stage = Stage(site.stage.hub)
    user = site.person(stage.tenant_id, "grace@acme.example")
    return Place(Ground(stage.store), site.browser(user))


def pair(ground: Ground) -> tuple[str, str]:
    crm = ground.put("crm", "company", "1", name="Acme GmbH", domain="acme.de")
    return crm, ground.put("desk", "company", "2", name="ACME")


def hidden(html: str) -> dict[str, str]:
    """The hidden fields of a page's forms but its token."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', html)
    return {name: value for name, value in found if name != "csrf_token"}


def test_the_identity_page_says_why_in_words_and_shows_both_sides(place: Place) -> None:
    crm = place.ground.put("crm", "company", "1", name="Acme", domain="acme.de")
    place.ground.put("desk", "company", "2", name="Acme Support", domain="acme.de")

    text = place.identity(crm)

    assert "Crm company Acme (1) and Desk company Acme Support (2) both have the domain" in text
    assert text.count("domains acme.de") == 2
    assert "Merge with another account" in text


def test_a_merge_is_looked_up_previewed_decided_and_undone(place: Place) -> None:
    crm, desk = pair(place.ground)
    first, second = place.ground.account(crm), place.ground.account(desk)
    found = place.browser.page(f"/identity/merge?account={first}&q=acme")
    link = f"/identity/decide?kind=same&amp;a={first}&amp;b={second}"
    assert link in found

    preview = place.browser.page(link.replace("&amp;", "&"))
    assert "Acme GmbH and ACME are one." in words(preview)
    assert place.ground.account(desk) == second
    said = place.browser.post("/identity/decide", **hidden(preview), note="asked them")

    assert place.ground.account(desk) == first
    assert "asked them" in said.text
    undo = re.search(r'href="(/identity/decisions/[^"]+/undo)"', said.text)
    assert undo is not None
    assert "What undoing it would do" in place.browser.page(undo[1])
    after = place.browser.post(undo[1])
    assert place.ground.account(desk) == second
    assert "Undone by grace@acme.example" in after.text


def test_the_chosen_records_are_split_off(place: Place) -> None:
    crm = place.ground.put("crm", "company", "1", name="Acme", domain="acme.de")
    desk = place.ground.put("desk", "company", "2", name="Cars", domain="acme.de")
    account = place.ground.account(crm)
    page = place.browser.page(f"/accounts/{account}/identity")
    assert f'name="record" value="{desk}"' in page

    preview = place.browser.page(f"/identity/decide?kind=split&account={account}&record={desk}")
    place.browser.post("/identity/decide", **hidden(preview))

    assert place.ground.account(desk) != place.ground.account(crm)


def test_a_person_is_explained_and_split_like_an_account(place: Place) -> None:
    company = place.ground.put("crm", "company", "1", name="Acme", domain="acme.de")
    one = place.ground.put("crm", "person", "2", name="Ann", email="ann@acme.de", company="1")
    two = place.ground.put("desk", "person", "3", name="Ann B", email="ann@acme.de")
    person = place.ground.contact(one)
    link = f"/identity/contacts/{person}"
    assert link in place.browser.page(f"/accounts/{place.ground.account(company)}/people")

    text = place.browser.words(link)
    assert "both have the e-mail address ann@acme.de, so they are one." in text
    preview = place.browser.page(f"/identity/decide?kind=split&account={person}&record={two}")
    after = place.browser.post("/identity/decide", **hidden(preview))

    assert place.ground.contact(one) != place.ground.contact(two)
    assert "are not the same." in after.text
    assert "What people decided" in place.browser.words(f"/identity/contacts/{person}")


def test_a_review_shows_two_sides_and_what_yes_does_and_takes_the_word(place: Place) -> None:
    crm, desk = pair(place.ground)
    page = place.browser.page("/review")
    assert page.count('class="side-of"') == 2
    assert "If you say yes" in page
    assert '<span class="count" title="waiting for your word">1</span>' in page
    accept = re.search(r'action="(/review/[^"]+/accept)"', page)
    assert accept is not None

    said = place.browser.post(accept[1], back="/review?kind=candidate")

    assert place.ground.account(crm) == place.ground.account(desk)
    assert "are one." in said.text
    assert "Nothing more here" in said.text
    assert "Nothing waits for you" in place.browser.words("/review")


def test_a_review_is_refused_and_its_own_page_names_the_decision(place: Place) -> None:
    crm, desk = pair(place.ground)
    page = place.browser.page("/review")
    dismiss = re.search(r'formaction="(/review/[^"]+)/dismiss"', page)
    assert dismiss is not None

    place.browser.post(f"{dismiss[1]}/dismiss", note="namesakes")

    assert place.ground.account(crm) != place.ground.account(desk)
    text = place.browser.words(dismiss[1])
    assert "are not the same." in text
    assert "Undo" in text


def test_an_ambiguous_domain_is_given_to_the_chosen(place: Place) -> None:
    one = place.ground.put("crm", "company", "1", name="Acme Holding", domain="acme.de")
    place.ground.put("crm", "company", "2", name="Acme Cars", domain="acme.de")
    desk = place.ground.put("desk", "company", "3", name="Help", domain="acme.de")
    owner = place.ground.account(one)
    page = place.browser.page("/review?kind=ambiguous_domain")
    accept = re.search(r'action="(/review/[^"]+)/accept"', page)
    assert accept is not None
    assert f'value="{owner}" required' in page

    assert "Say whose acme.de is." in place.browser.post(f"{accept[1]}/accept").text
    assert "If you say yes" in place.browser.words(f"{accept[1]}?owner={owner}")
    place.browser.post(f"{accept[1]}/accept", owner=owner)

    assert place.ground.account(desk) == owner


def test_why_not_is_told_for_what_is_typed_in(place: Place) -> None:
    crm, desk = pair(place.ground)

    text = place.browser.words(f"/identity/why-not?a={crm}&b={desk}")

    assert "6 name" in text
    assert "it waits in the review queue" in text
    assert "no account, contact or record" in place.browser.words("/identity/why-not?a=x&b=y")


def test_a_sample_is_drawn_labelled_and_told_with_its_interval(place: Place) -> None:
    crm = place.ground.put("crm", "company", "1", name="Acme", domain="acme.de")
    place.ground.put("desk", "company", "2", name="Acme", domain="acme.de")
    assert "Nobody has looked yet" in place.browser.words("/review/measures")

    drawn = place.browser.post("/review/sample").text
    label = re.search(r'action="(/review/sample/[^"]+)"', drawn)
    assert label is not None
    place.browser.post(label[1], verdict="right")
    place.browser.post("/review/measures")

    text = place.browser.words("/review/measures")
    assert "100.0 % of 1 labelled link" in text
    assert "20.7 % and 100.0 %" in text  # Wilson, one of one.
    assert "Crm 1 1 100.0 %" in text
    assert place.identity(crm).count("Acme") > 2


def test_another_tenant_finds_none_of_it(place: Place, site: Site) -> None:
    crm, desk = pair(place.ground)
    page = place.browser.page("/review")
    review = re.search(r'action="(/review/[^"]+)/accept"', page)
    assert review is not None
    stranger = site.browser()

    assert stranger.get(review[1]).status_code == 404
    stranger.post(f"{review[1]}/accept")
    stranger.post(f"{review[1]}/dismiss")
    assert stranger.get(f"/identity/decide?kind=same&a={crm}&b={desk}").status_code == 404
    assert place.ground.account(crm) != place.ground.account(desk)
    assert place.ground.store.decisions.count({}) == 0
