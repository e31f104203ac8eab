"""What a person says of an account: the forms for a pulse and an override."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from hub import judgements
from hub.engine import apply
from hub.errors import CorrectInput, HubError
from hub.web.screens.here import here

pages = Blueprint("judgement", __name__, url_prefix="/accounts/<account_id>/judgement")


@pages.post("/pulse")
def pulse(account_id: str) -> Response:
    asked, given = here(), request.form
    try:
        judgements.give_pulse(
            asked.hub,
            asked.tenant_id,
            account_id,
            given.get("level", ""),
            asked.person.email,
            given.get("note", ""),
        )
    except HubError as error:
        return _back(account_id, error.sentence, "error")
    _noted("pulse given", account_id)
    return _back(account_id, "Your pulse counts from now on, and fades after two months.")


@pages.post("/override")
def override(account_id: str) -> Response:
    asked, given = here(), request.form
    try:
        judgements.set_override(
            asked.hub,
            asked.tenant_id,
            account_id,
            asked.person.email,
            given.get("reason", ""),
            score=_score(given.get("value", "")),
            band=_band(given.get("value", "")),
            days=_days(given.get("days", "")),
        )
    except HubError as error:
        return _back(account_id, error.sentence, "error")
    _noted("health overridden", account_id)
    return _back(account_id, "Your word stands beside the score until it expires.")


@pages.post("/override/end")
def end(account_id: str) -> Response:
    asked = here()
    judgements.clear_override(asked.hub, asked.tenant_id, account_id, asked.person.email)
    _noted("override ended", account_id)
    return _back(account_id, "The override has ended.")


def _band(text: str) -> str | None:
    """One of the bands by its name."""
    given = text.strip().lower()
    return given if given in judgements.LEVELS else None


def _score(text: str) -> float | None:
    """A number, where the text is no band."""
    if _band(text):
        return None
    try:
        return float(text)
    except ValueError:
        raise CorrectInput("Give green, yellow or red, or a score of 0 to 100.") from None


def _days(text: str) -> int:
    return int(text) if text.strip().isdigit() and len(text) < 5 else 0


def _noted(what: str, account_id: str) -> None:
    asked = here()
    control = asked.hub.catalogue.control
    control.note(asked.tenant_id, asked.person.email, what, asked.now, account=account_id)


def _back(account_id: str, words: str, kind: str = "message") -> Response:
    """To the account, scored by now if nobody else is at it."""
    asked = here()
    if kind == "message":
        apply.settle(asked.hub, asked.tenant_id)
    flash(words, kind)
    return redirect(url_for("account.page", account_id=account_id) + "#say")
