"""What happened between the tenant and one company: deals, tickets, issues, tasks, touches.

The company's mood sets how much, how bad and how long ago, so that health differs between them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from hub.sandbox import words
from hub.sandbox.companies import slug
from hub.sandbox.truth import Company, Deal, Issue, Person, Rating, Task, Ticket, Touch

ENGINEERS, AGENTS = ("u8", "u9", "u10"), ("u4", "u5", "u6", "u7")
YEAR_DAYS = 365


class Temper(NamedTuple):
    """How a mood shows: counts over a year and chances between 0 and 1."""

    tickets: tuple[int, int]
    open: float
    urgent: float
    reopened: float
    praise: float
    last_touch_days: tuple[int, int]
    overdue: int
    bug_days: tuple[int, int]


TEMPERS = {
    "good": Temper((3, 7), 0.06, 0.05, 0.03, 0.95, (1, 20), 0, (2, 15)),
    "fair": Temper((5, 10), 0.2, 0.15, 0.12, 0.75, (22, 60), 1, (15, 60)),
    "bad": Temper((9, 16), 0.4, 0.4, 0.3, 0.4, (70, 150), 3, (60, 160)),
}


def deals(rng: random.Random, company: Company, now: datetime) -> Iterator[Deal]:
    """One first sale and up to three more, won, lost or open."""
    for j in range(1 + rng.randint(0, 3)):
        created = _moment(rng, company.created_at, now)
        status = "won" if j == 0 and company.lifecycle != "prospect" else rng.choice(_OUTCOMES)
        ends = created + (now - created) * rng.random()
        close = ends if status != "open" else now + timedelta(days=rng.randint(-10, 120))
        kind = "new_business" if j == 0 else rng.choice(("expansion", "renewal"))
        stage = 5 if status != "open" else rng.randint(0, 4)
        closed_at = ends if status != "open" else None
        yield Deal(
            key=f"{company.key}.d{j}",
            company=company.key,
            name=f"{company.name} – {kind.replace('_', ' ')} {close.year}",
            kind=kind,
            amount_minor=(company.mrr_minor or 9900) * 12 if rng.random() < 0.92 else None,
            currency=company.currency,
            status=status,
            stage=stage,
            probability={"won": 1.0, "lost": 0.0}.get(status, stage / 5),
            owner=company.csm,
            people=tuple(p.key for p in company.people[: rng.randint(0, 2)]),
            close_on=close.date(),
            closed_at=closed_at,
            next_step=rng.choice((None, "Send proposal", "Legal review")),
            created_at=created,
            updated_at=closed_at or _moment(rng, created, now),
            deleted=rng.random() < 0.04,
        )


_OUTCOMES = ("open", "open", "won", "lost")


def tickets(
    rng: random.Random, company: Company, people: Sequence[Person], now: datetime
) -> Iterator[Ticket]:
    """A year of requests for support by these people."""
    temper = TEMPERS[company.mood]
    if company.lifecycle == "prospect" or not people:
        return
    for j in range(rng.randint(*temper.tickets)):
        opened = now - timedelta(days=YEAR_DAYS * rng.random() ** 1.6, minutes=rng.randint(1, 999))
        opened = max(opened, company.created_at).replace(microsecond=0)
        merged = f"{company.key}.t{j - 1}" if j and rng.random() < 0.03 else None
        yield ticket(rng, f"{company.key}.t{j}", company.key, people, opened, now, temper, merged)


def ticket(
    rng: random.Random,
    key: str,
    company: str | None,
    people: Sequence[Person],
    opened: datetime,
    now: datetime,
    temper: Temper,
    merged_into: str | None = None,
) -> Ticket:
    """One ticket opened at `opened`, as far as it has come until `now`."""
    subject, kind = rng.choice(words.SUBJECTS)
    recent = now - opened < timedelta(days=60)
    is_open = merged_into is None and rng.random() < (temper.open if recent else temper.open / 8)
    urgent = rng.random() < temper.urgent
    replied = opened + (now - opened) * min(rng.random() * 0.2, 0.2)
    last_word = opened + (now - opened) * rng.random() * (0.5 if is_open else 0.3)
    solved = None if is_open else last_word + (now - last_word) * rng.random() * 0.4
    closed = solved + (now - solved) * 0.5 if solved and rng.random() < 0.6 else None
    rating = _rating(rng, solved, now, temper)
    fresh = is_open and rng.random() < 0.3
    moments = [opened, last_word, solved, closed, None if fresh else replied]
    moments += [rating.at] if rating else []
    return Ticket(
        key=key,
        company=company,
        requester=rng.choice(people).key,
        subject=subject,
        text=f"Hello,\n\n{subject}. Können Sie helfen? <b>Thanks</b> & regards – {key}",
        status=_status(rng, is_open, fresh, closed is not None),
        priority=rng.choice(("high", "urgent") if urgent else ("low", "normal", "normal")),
        type=kind,
        channel=rng.choice(("email", "portal", "phone", "chat")),
        tags=tuple(rng.sample(("billing", "vip", "export", "naïve"), rng.randint(0, 2))),
        assignee=None if fresh else rng.choice(AGENTS),
        opened_at=opened,
        first_reply_at=None if fresh else replied.replace(microsecond=0),
        solved_at=solved and solved.replace(microsecond=0),
        closed_at=closed and closed.replace(microsecond=0),
        last_customer_at=last_word.replace(microsecond=0),
        reopens=(1 + rng.randint(0, 1)) if rng.random() < temper.reopened else 0,
        escalated=urgent and rng.random() < 0.25,
        rating=rating,
        spam=False,
        merged_into=merged_into,
        deleted=rng.random() < 0.02,
        updated_at=max(m for m in moments if m).replace(microsecond=0),
    )


def _status(rng: random.Random, is_open: bool, fresh: bool, closed: bool) -> str:
    if not is_open:
        return "closed" if closed else "solved"
    return "new" if fresh else rng.choice(("open", "open", "pending", "on_hold"))


def _rating(
    rng: random.Random, solved: datetime | None, now: datetime, temper: Temper
) -> Rating | None:
    if solved is None or rng.random() > 0.45:
        return None
    at = solved + min(now - solved, timedelta(hours=rng.randint(1, 40)))
    unhappy = rng.choice(("negative", "negative", "neutral"))
    label = "positive" if rng.random() < temper.praise else unhappy
    return Rating(label, rng.choice(words.COMMENTS), at.replace(microsecond=0))


def issues(rng: random.Random, company: Company, now: datetime) -> Iterator[Issue]:
    """Engineering work done or due for one company; a bad mood has old open bugs."""
    temper = TEMPERS[company.mood]
    for j in range(rng.randint(2, 5)):
        title, kind = rng.choice(words.ISSUES)
        is_open = j == 0 or rng.random() < temper.open
        age = rng.randint(*temper.bug_days) if is_open else rng.randint(20, 300)
        opened = max(now - timedelta(days=age, minutes=rng.randint(1, 999)), company.created_at)
        done = None if is_open else _moment(rng, opened, now)
        steps = _steps(rng, opened, done or now, done is not None, temper)
        yield Issue(
            key=f"{company.key}.i{j}",
            project=rng.choice(("pr0", "pr1")),
            company=company.key,
            ticket=f"{company.key}.t{j}" if rng.random() < 0.4 else None,
            title=f"{title} ({company.name})",
            text=f"Seen at {company.name}.\n\n* step one\n* step two → fails",
            kind=kind,
            category=steps[-1][2] if steps else "to_do",
            priority=rng.choice(("low", "normal", "high", "urgent")),
            reporter=rng.choice(AGENTS),
            assignee=rng.choice((*ENGINEERS, None)),
            opened_at=opened,
            done_at=done,
            due_on=(opened + timedelta(days=30)).date() if rng.random() < 0.5 else None,
            estimate_min=rng.choice((None, 60, 240, 960)),
            spent_min=rng.choice((None, 0, 90, 700)),
            transitions=steps,
            reopens=sum(1 for _, before, _ in steps if before == "done"),
            labels=(f"customer-{slug(company.name) or company.key}",),
            deleted=rng.random() < 0.03,
            updated_at=max([opened, *(at for at, _, _ in steps)]),
        )


def _steps(
    rng: random.Random, opened: datetime, end: datetime, done: bool, temper: Temper
) -> tuple[tuple[datetime, str, str], ...]:
    path = ["to_do", "in_progress"]
    if rng.random() < temper.reopened:
        path += ["done", "in_progress"]
    path += ["done"] if done else []
    if not done and rng.random() < 0.4:
        path = ["to_do"]
    span = (end - opened) / len(path)
    moves = pairwise(path)
    steps = [(opened + span * (k + 1), a, b) for k, (a, b) in enumerate(moves)]
    if done and steps:
        steps[-1] = (end, steps[-1][1], steps[-1][2])
    return tuple((at.replace(microsecond=0), a, b) for at, a, b in steps)


def tasks(rng: random.Random, company: Company, now: datetime) -> Iterator[Task]:
    """The onboarding and success plan of one company, with what is overdue."""
    temper = TEMPERS[company.mood]
    for j in range(rng.randint(4, 8)):
        title, kind = words.TASKS[j % len(words.TASKS)]
        opened = _moment(rng, max(company.created_at, now - timedelta(days=YEAR_DAYS)), now)
        overdue = j < temper.overdue
        done = None if overdue or rng.random() < 0.3 else _moment(rng, opened, now)
        due = now + timedelta(days=rng.randint(-40, -2) if overdue else rng.randint(3, 60))
        yield Task(
            key=f"{company.key}.k{j}",
            project=f"{company.key}.r0" if j % 4 else "pr4",
            company=company.key,
            title=f"{title} – {company.name}" if j % 4 == 0 else title,
            notes=rng.choice((None, "Siehe Protokoll vom Auftakt", "• first\n• second")),
            section=rng.choice(("Planned", "Doing", "Waiting for customer")),
            kind=kind,
            completed_at=done,
            due_on=due.date() if overdue or rng.random() < 0.8 else None,
            assignee=rng.choice((company.csm, None, *ENGINEERS[:1])),
            opened_at=opened,
            deleted=not overdue and rng.random() < 0.03,
            updated_at=done or opened,
        )


def touches(
    rng: random.Random, company: Company, people: Sequence[Person], now: datetime
) -> Iterator[Touch]:
    """Calls, meetings and mails; the last one as long ago as the mood says."""
    days = rng.randint(*TEMPERS[company.mood].last_touch_days)
    for j in range(rng.randint(3, 9) if people else 0):
        started = now - timedelta(days=days, minutes=rng.randint(1, 700))
        if started < company.created_at:
            return
        kind = rng.choice(("call", "meeting", "email"))
        yield Touch(
            key=f"{company.key}.a{j}",
            company=company.key,
            person=rng.choice(people).key,
            user=company.csm,
            kind=kind,
            direction=rng.choice(("inbound", "outbound")) if j else "inbound",
            subject=rng.choice(words.TOUCHES),
            started_at=started.replace(microsecond=0),
            ended_at=(started + timedelta(minutes=30)).replace(microsecond=0),
            outcome="held" if j == 0 else rng.choice(("held", "held", "no_show", "cancelled")),
            updated_at=started.replace(microsecond=0) + timedelta(minutes=31),
        )
        days += rng.randint(5, 60)


def _moment(rng: random.Random, start: datetime, end: datetime) -> datetime:
    return (start + (end - start) * rng.random()).replace(microsecond=0)
