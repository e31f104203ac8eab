"""Scorecards, pulse and override as a person shapes and gives them in the browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from hub.web.app import create_app
from tests.scorecards.desk import Desk
from tests.web.site import Browser, Site, words


@pytest.fixture
def ada(desk: Desk) -> Iterator[Browser]:
    app = create_app(desk.hub.settings)
    app.extensions["hub"].plugins.connectors["desk"] = desk.source.connector
    yield Site(app, desk, {}).browser()
    app.extensions["hub"].close()


def form_of(html: str) -> dict[str, str]:
    """Every field of the editor as the page filled it in."""
    found = dict(
        re.findall(
            r'<input class="form-control[^"]*"[^>]* name="([^"]+)"[^>]* value="([^"]*)"', html
        )
    )
    areas = re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>([^<]*)</textarea>', html)
    found |= {name: text.replace("&#34;", '"') for name, text in areas}
    return found | {"seats.source": "subscription"}


def test_a_person_shapes_tries_and_activates_a_scorecard(desk: Desk, ada: Browser) -> None:
    desk.company("one")
    given = form_of(ada.page("/scorecards/hub-default/1/edit"))
    assert given["default.adoption.usage_trend.weight"] == "25"
    given |= {"bands.yellow": "98.5", "bands.green": "99", "note": "stricter", "do": "try"}
    shown = words(ada.post("/scorecards/hub-default/1/edit", **given).text)
    assert "bands.yellow is 98.5 instead of 50." in shown
    before = desk.account("one")["health"]["band"]
    assert f"1 of 1 accounts change their band: 1 from {before} to red." in shown
    assert "counts from now on" in words(ada.post("/scorecards/hub-default/2/activate").text)
    desk.settle()
    assert desk.account("one")["health"]["band"] == "red"
    assert "retired" in words(ada.page("/scorecards/hub-default/1"))


def test_what_cannot_be_right_is_said_and_what_was_typed_stays(desk: Desk, ada: Browser) -> None:
    given = form_of(ada.page("/scorecards/hub-default/1/edit"))
    given |= {"default.support.reopens.curve": "0:100, six:0", "do": "save"}
    answer = ada.post("/scorecards/hub-default/1/edit", **given).text
    assert "points such as 0:0, 0.5:50, 1:100 are due" in words(answer)
    assert "0:100, six:0" in answer
    assert desk.store.scorecards.count({}) == 0


def test_a_pulse_and_an_override_are_given_on_the_account(desk: Desk, ada: Browser) -> None:
    account = desk.company("one")
    home = f"/accounts/{account['_id']}"
    ada.post(f"{home}/judgement/pulse", level="red", note="They are furious")
    ada.post(f"{home}/judgement/override", value="35", days="7", reason="Their buyer left")
    shown = words(ada.page(home))
    assert "They are furious" in shown
    assert "override: 35.0" in shown
    assert "Their buyer left" in words(ada.page("/")) or "says 35.0" in words(ada.page("/"))
    refused = words(ada.post(f"{home}/judgement/override", value="soon", reason="x").text)
    assert "Give green, yellow or red, or a score of 0 to 100." in refused
    assert "The override has ended." in words(ada.post(f"{home}/judgement/override/end").text)
    assert "override:" not in words(ada.page(home))


def test_the_portfolio_leaves_trials_out_and_shows_families(desk: Desk, ada: Browser) -> None:
    desk.company("top")
    desk.company("below", parent="top", mrr=10, currency="EUR")
    desk.company("new", stage="trial")
    home = words(ada.page("/"))
    assert "1 On trial" in home
    assert "without trials" in home
    assert "of 1 child" in home
    trials = words(ada.page("/?trials=yes"))
    assert "Company new" in trials
    assert "Company below" not in trials
    family = words(ada.page(f"/accounts/{desk.account('top')['_id']}"))
    assert "Its 1 of 1 child accounts have a mean health of" in family
    assert "by its 1 child account; its own score is" in family
    tree = ada.page(f"/accounts/{desk.account('below')['_id']}")
    assert f"/accounts/{desk.account('top')['_id']}" in tree
