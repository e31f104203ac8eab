"""Measures of the commercial side: do they pay, and is it more or less than before."""

from __future__ import annotations

from hub.health.context import ratio, reporting_mrr
from hub.health.view import Reading, View, no_answer, records

WRITTEN_OFF_DAYS = 30
OVERDUE_CAP_DAYS = 30


def payment(view: View) -> Reading:
    """Days overdue of the worst open invoice; what is unpaid for good counts as 30."""
    worst, evidence = 0, ""
    for key, days in sorted(_overdue(view).items()):
        if days > worst:
            worst, evidence = days, key
    caps = ("payment_overdue",) if worst >= OVERDUE_CAP_DAYS else ()
    if not worst:
        return Reading(0.0, "no invoice is overdue")
    due = view.items("invoices").get(evidence, {}).get("due_on")
    ages = [view.age(i["due_on"]) for i in view.items("invoices").values() if "due_on" in i]
    text = f"the worst invoice was due on {due}" if due else "a bill is given up as unpaid"
    return Reading(float(worst), text, (evidence,), caps=caps, ages=worst in ages)


def _overdue(view: View) -> dict[str, int]:
    found = {}
    for key, invoice in view.items("invoices").items():
        days = view.age(invoice["due_on"]) if "due_on" in invoice else 0
        written_off = invoice["status"] == "uncollectible"
        found[key] = max(days, WRITTEN_OFF_DAYS) if written_off else days
    return found | dict.fromkeys(_unpaid(view), WRITTEN_OFF_DAYS)


def _unpaid(view: View) -> list[str]:
    if "subscription" not in view.usable:
        return []
    return [k for k, s in view.items("subscriptions").items() if s.get("status") == "unpaid"]


def mrr_trend(view: View) -> Reading:
    """Monthly revenue today over that of 90 days ago."""
    caps = _subscription_caps(view)
    now = reporting_mrr(view.items("subscriptions").values(), view.context)
    then = view.context.mrr_then
    if now is None or then is None:
        return no_answer("no monthly revenue 90 days ago to compare with", caps)
    grown = ratio(now, then, view.context.rates)
    if grown is None:
        return no_answer("monthly revenue cannot be compared with 90 days ago", caps)
    text = f"monthly revenue is {grown * 100:.0f} % of what it was 90 days ago"
    return Reading(grown, text, records(view.items("subscriptions")), caps=caps)


def _subscription_caps(view: View) -> tuple[str, ...]:
    live = [
        s
        for s in view.items("subscriptions").values()
        if s.get("status") not in ("canceled", "incomplete_expired")
    ]
    caps = ("cancellation_scheduled",) if any(s.get("cancels") for s in live) else ()
    return caps + (("payment_overdue",) if _unpaid(view) else ())
