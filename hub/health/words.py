"""An explanation in sentences, for the command line and the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.health.shown import half_up

Explanation = Mapping[str, Any]

TITLES = {
    "adoption": "Adoption",
    "support": "Support",
    "commercial": "Commercial",
    "sentiment": "Sentiment",
    "relationship": "Relationship",
    "delivery": "Delivery",
    "seat_utilisation": "Seats in use",
    "usage_trend": "Usage trend",
    "usage_recency": "Last use",
    "feature_breadth": "Key features in use",
    "open_urgent": "Open urgent tickets",
    "ticket_load": "Ticket load",
    "oldest_waiting": "Oldest ticket waiting for us",
    "reopens": "Reopened tickets",
    "payment": "Payment",
    "mrr_trend": "Revenue trend",
    "csm_pulse": "Manager's pulse",
    "csat": "Satisfaction ratings",
    "nps": "Would recommend us",
    "last_interaction": "Last two-way contact",
    "engaged_contacts": "People in contact",
    "overdue_items": "Overdue work",
    "oldest_bug": "Oldest open bug",
}
BANDS = {
    "green": "Healthy",
    "yellow": "Watch",
    "red": "At risk",
    "unknown": "Unknown",
    "churned": "Churned",
}
CAPS = {
    "cancellation_scheduled": "a cancellation is scheduled",
    "payment_overdue": "an invoice is 30 days overdue or a subscription is unpaid",
    "urgent_open": "an urgent or escalated ticket has been open for more than 7 days",
    "unused_seats": "seats are paid for and nobody has used the product for 30 days",
}
_STATES = {
    "unlinked": "not linked",
    "no_answer": "no answer",
    "stale": "stale, last known value",
}


def explain_words(explanation: Explanation) -> list[str]:
    """One line for each thing worth knowing: the score, caps, each dimension and measure, moves.

    Lines of measures begin with two spaces. The shown points and caps sum to the shown score.
    """
    lines = [_headline(explanation)]
    lines += [_cap(cap, explanation) for cap in explanation["caps"]]
    for dimension in explanation["dimensions"]:
        lines.append(_dimension(dimension))
        lines += [f"  {_measure(measure)}" for measure in dimension["measures"]]
    if explanation["not_configured"]:
        names = ", ".join(TITLES.get(key, key) for key in explanation["not_configured"])
        lines.append(f"Not configured and left out: {names}.")
    lines += [_aside(measure) for measure in explanation.get("unweighted", ())]
    return lines + _card(explanation) + _moves(explanation)


def _aside(measure: Mapping[str, Any]) -> str:
    title = measure.get("title") or TITLES.get(measure["key"], measure["key"])
    return f"{title}: {measure['text']}; this scorecard gives it no weight."


def _card(explanation: Explanation) -> list[str]:
    """Which card of the revision counts, and since when it can be compared."""
    key = explanation.get("scorecard_key", "default")
    lines = [] if key == "default" else [f"It is scored by the {key} scorecard."]
    if before := explanation.get("scorecard_before"):
        since = explanation["scorecard_since"]
        lines.append(f"Compared since {since} only, when the {card_words(before)} ended.")
    return lines


def card_words(label: str) -> str:
    """ "onboarding scorecard" of "hub-default/1#onboarding"."""
    revision, _, key = label.partition("#")
    return f"{key or 'default'} scorecard of {revision}"


def _headline(explanation: Explanation) -> str:
    since = explanation["band_since"]
    if explanation["band"] == "churned":
        final = explanation["final"]
        last = (
            "it never had a score" if final is None else f"its last health was {half_up(final):.0f}"
        )
        return f"This account left on {since}; {last}."
    coverage = half_up(explanation["coverage"] * 100)
    known = f"{coverage:.0f} % of the weight is known, confidence {explanation['confidence']}"
    if explanation["health"] is None:
        return f"Health is unknown: {known}."
    shown, band = explanation["health_shown"], explanation["band"]
    return f"Health {shown} of 100, {band} since {since}{_trend(explanation)}; {known}."


def _trend(explanation: Explanation) -> str:
    delta, direction = explanation["trend"]["delta_28d"], explanation["trend"]["direction"]
    return "" if delta is None else f", {direction} ({_signed(delta)} in 28 days)"


def _cap(cap: Mapping[str, Any], explanation: Explanation) -> str:
    reason = CAPS.get(cap["key"], cap["key"])
    if not cap["binding"]:
        return f"Capped at {cap['limit']:.0f} because {reason}, which takes nothing here."
    takes = -explanation["cap_shown"]
    return f"Capped at {cap['limit']:.0f} because {reason}: takes {takes} points."


def _dimension(dimension: Mapping[str, Any]) -> str:
    title = TITLES.get(dimension["key"], dimension["key"])
    shown = half_up(sum(measure["points_shown"] for measure in dimension["measures"]), 1)
    score, weight = half_up(dimension["score"], 1), half_up(dimension["weight"], 1)
    return f"{title} {score:.1f} of 100: brings {shown:.1f} of {weight:.1f} points."


def _measure(measure: Mapping[str, Any]) -> str:
    title = measure.get("title") or TITLES.get(measure["key"], measure["key"])
    points = f"{measure['points_shown']:.1f} of {half_up(measure['max_points'], 1):.1f} points"
    state = _STATES.get(measure["state"])
    if measure["value"] is None:
        reference = f"{half_up(measure['score'], 1):.1f}"
        return f"{title}: {state} ({measure['text']}); taken as {reference}: {points}."
    note = f" [{state}]" if state else ""
    return f"{title}: {measure['text']}: {points}{note}{_origin(measure)}."


def _origin(measure: Mapping[str, Any]) -> str:
    if not measure["source"]:
        return ""
    fresh = measure["fresh_at"]
    at = f", fresh at {fresh:%Y-%m-%d %H:%M} UTC" if fresh else ""
    return f" (from {measure['source']}{at})"


def _moves(explanation: Explanation) -> list[str]:
    change = explanation["change"]
    if not change or not change["by"]:
        return []
    titles = {"cap": "Caps", **TITLES}
    by = ", ".join(f"{titles.get(key, key)} {_signed(points)}" for key, points in change["by"])
    return [f"Since {change['since']} the score moved by {_signed(change['delta'])}: {by}."]


def _signed(points: float) -> str:
    return f"{half_up(points, 1):+.1f}"


def money_words(money: Mapping[str, Any]) -> str:
    """ "1,250.00 EUR"."""
    whole = money["minor"] / 10 ** money["exponent"]
    return f"{whole:,.{money['exponent']}f} {money['currency']}"
