"""Measures of sentiment: what our own manager thinks, and what their people answer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from hub.health.facts import CSAT
from hub.health.view import Reading, View, counted, no_answer, records

PULSE_VALUE = {"green": 2.0, "yellow": 1.0, "red": 0.0}
CSAT_PRIOR = 4
NPS_HALF_LIFE_DAYS = 90


def csm_pulse(view: View) -> Reading:
    """The manager's pulse: whole for 60 days, then fading into the reference until 90."""
    pulse = view.context.pulse
    if pulse is None or pulse.day > view.today:
        return no_answer("no pulse has been given")
    age = view.age(pulse.day.isoformat())
    full, gone = view.context.pulse_full_days, view.context.pulse_gone_days
    if age >= gone:
        return no_answer(f"the last pulse is of {pulse.day}, {gone} days old or more")
    fading = (gone - age) / (gone - full)
    by = f" by {pulse.by}" if pulse.by else ""
    text = f"{pulse.level} on {pulse.day}{by}"
    return Reading(PULSE_VALUE[pulse.level], text, (f"pulse:{pulse.day}",), min(1.0, fading))


def csat(view: View) -> Reading:
    """Share of positive ratings in 90 days, with four ratings at the tenant's rate added."""
    days = view.window("csat")
    labels = ("positive", "neutral", "negative")
    positive, neutral, negative = (view.count(CSAT + label, days) for label in labels)
    answers = positive + neutral + negative
    if not answers:
        return no_answer(f"no rating in the last {days} days")
    value = (positive + CSAT_PRIOR * view.context.csat_rate) / (answers + CSAT_PRIOR)
    text = f"{positive} of {counted(answers, 'rating')} positive in {days} days"
    return Reading(value, text, view.span("ratings", days))


def nps(view: View) -> Reading:
    """Mean of each contact's latest answer of 180 days, where 90 days halve its weight."""
    latest = _latest_answers(view)
    if not latest:
        return no_answer(f"no NPS answer in the last {view.window('nps')} days")
    # Only differences of age count in a mean, and they do not change from day to day.
    newest = min(view.age(answer["day"]) for answer in latest.values())
    older = {k: view.age(answer["day"]) - newest for k, answer in latest.items()}
    weights = {k: 0.5 ** (days / NPS_HALF_LIFE_DAYS) for k, days in older.items()}
    total = math.fsum(weights.values())
    value = math.fsum(weights[k] * a["points"] for k, a in latest.items()) / total
    text = f"{counted(len(latest), 'contact')} answered, {value:.1f} of 10 on average"
    return Reading(value, text, records(latest))


def _latest_answers(view: View) -> Mapping[str, Mapping[str, Any]]:
    first, today = view.day(view.window("nps")), view.day(0)
    latest: dict[str, tuple[str, str]] = {}
    for key, answer in view.items("nps").items():
        if first <= answer["day"] <= today:
            mine = (answer["at"], key)
            latest[answer["contact"]] = max(latest.get(answer["contact"], mine), mine)
    return {key: view.items("nps")[key] for _, key in latest.values()}
