"""What each measure counts, in words, and in which records and fields its facts are found.

The facts themselves are `hub.health.facts`: a record keeps what it contributes, and evidence is
found by those contributions, so that what is shown is what was counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Part = Literal["counters", "items", "none"]

TICKET_OPEN = ("status", "priority", "escalated", "opened_at")
RATED = ("kind", "label", "responded_at")
TOUCHED = ("touch", "kind", "direction", "outcome", "started_at", "last_customer_message_at")
USED = ("user_key", "group_key", "active_days", "features", "last_active_on")
BILLED = ("status", "due_on", "issued_at", "attempt_count", "mrr", "cancel_at")


@dataclass(frozen=True, slots=True)
class Definition:
    """`names`: counters (a trailing | takes all that begin so) or kinds of items; `entities` and
    `fields`: where the facts are; `lists`: what the counters are named for is what is counted;
    `trend`: the window before counts too."""

    words: str
    part: Part
    names: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    lists: bool = False
    trend: bool = False


_USE = ("usage", "contact")
DEFINITIONS: Mapping[str, Definition] = {
    "seat_utilisation": Definition(
        "Distinct external people who used the product within the window, for each seat paid for; "
        "at most 1.", "counters", ("last_active",), _USE, USED),
    "usage_trend": Definition(
        "Active user-days of the window over those of the window before; one person on one day is "
        "one, whatever they did.", "counters", ("active_user_days",), _USE, USED, trend=True),
    "usage_recency": Definition(
        "Days since any external person last used the product.",
        "counters", ("last_active",), _USE, USED),
    "feature_breadth": Definition(
        "Share of the key features of this hub's own list that anybody used within the window.",
        "counters", ("feature|",), _USE, USED, lists=True),
    "open_urgent": Definition(
        "Open tickets (new, open, pending, on hold) that are urgent or high, or escalated.",
        "items", ("tickets",), ("ticket",), TICKET_OPEN),
    "ticket_load": Definition(
        "Tickets opened within the window for each 25 seats, an account with fewer taken as of 25; "
        "a question counts half and a feature request not at all.",
        "counters", ("tickets_opened|",), ("ticket",), ("opened_at", "type")),
    "oldest_waiting": Definition(
        "Age in days of the oldest open ticket that waits for us: since the customer's last "
        "message, else since it was opened.", "items", ("tickets",), ("ticket",),
        ("status", "last_customer_message_at", "opened_at")),
    "reopens": Definition(
        "How often the vendor says that tickets were reopened, on the day each was last solved, "
        "else closed, else opened.", "counters", ("reopens",), ("ticket",),
        ("reopen_count", "solved_at", "closed_at", "opened_at")),
    "payment": Definition(
        "Days overdue of the worst open invoice; what is unpaid for good counts as 30.",
        "items", ("invoices", "subscriptions"), ("invoice", "subscription"), BILLED),
    "mrr_trend": Definition(
        "Monthly revenue today over that of 90 days ago.",
        "items", ("subscriptions",), ("subscription",), BILLED),
    "csm_pulse": Definition(
        "What your own manager thinks: green, yellow or red. It fades with age.", "none"),
    "csat": Definition(
        "Share of positive ratings within the window, with four ratings at this hub's usual rate "
        "added, so that one answer does not decide.",
        "counters", ("csat|",), ("satisfaction",), RATED),
    "nps": Definition(
        "Mean of each person's latest answer within the window, where 90 days halve its weight.",
        "items", ("nps",), ("satisfaction",), ("kind", "score_raw", "score_norm", "responded_at")),
    "last_interaction": Definition(
        "Days since the last two-way contact: a meeting held, a call answered, an e-mail or chat "
        "from them, or their word in a ticket.",
        "counters", ("touch_days",), ("activity", "ticket"), TOUCHED),
    "engaged_contacts": Definition(
        "Distinct external people with a two-way contact within the window.",
        "counters", ("touch|",), ("activity", "ticket"), TOUCHED, lists=True),
    "overdue_items": Definition(
        "Open work that the customer sees and that is past its due day.",
        "items", ("work_items",), ("work_item",),
        ("status_category", "customer_visible", "due_on")),
    "oldest_bug": Definition(
        "Age in days of the oldest open bug that hangs on the account.",
        "items", ("work_items",), ("work_item",), ("kind", "status_category", "opened_at")),
}  # fmt: skip
