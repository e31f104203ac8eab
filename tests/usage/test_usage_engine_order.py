"""Whatever the order, the repetition and the cut into batches: the end is that of a plain count.

The count beside it knows nothing of the engine: it reads the calls as a person would.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from tests.stage import Stage
from tests.usage.senders import Call, alias, group, identify, source, track

USERS, GROUPS, VISITORS = ("ana", "bea", "cy"), ("acme", "brick"), ("v1", "v2")
NAMES = ("Opened", "Exported", "Heartbeat")
DAY = timedelta(days=1)


def _history(random: Random, now: datetime) -> list[Call]:
    calls: list[Call] = [group("", name, now) for name in GROUPS]
    for _ in range(random.randint(10, 35)):
        at = now - timedelta(hours=random.randint(0, 24 * 12))
        user, visitor = random.choice(USERS), random.choice(VISITORS)
        kind = random.random()
        if kind < 0.5:
            name = random.choice(("", "", *GROUPS))
            calls.append(track(user, random.choice(NAMES), at, group=name))
        elif kind < 0.7:
            call = track("", random.choice(NAMES), at, group=random.choice(("", *GROUPS)))
            calls.append({**call, "anonymousId": visitor})
        elif kind < 0.85:
            calls.append(group(user, random.choice(GROUPS), at))
        else:
            linking = alias(user, visitor, at) if kind < 0.9 else identify(user, at, visitor)
            calls.append(linking)
    return calls


def _plain_count(calls: list[Call]) -> dict[str, Any]:
    """{group: {"active_user_days": ..., "last_active": ...}} by reading the calls over and over."""
    calls = sorted(calls, key=lambda c: (c["timestamp"], c["messageId"]))
    owner: dict[str, str] = {}
    for call in calls:
        visitor = call.get("previousId") or call.get("anonymousId")
        if visitor and call["userId"]:
            owner.setdefault(visitor, call["userId"])

    def who(call: Call) -> str:
        return str(call["userId"] or owner.get(call.get("anonymousId", ""), ""))

    def where(call: Call) -> str:
        if call.get("context"):
            return str(call["context"]["groupId"])
        joined = [c for c in calls if c["type"] == "group" and c["userId"] == who(call)]
        if not joined:
            return ""
        before = [c for c in joined if c["timestamp"][:10] <= call["timestamp"][:10]]
        first_day = joined[0]["timestamp"][:10]
        first = [c for c in joined if c["timestamp"][:10] == first_day]
        return str((before or first)[-1]["groupId"])

    used = [c for c in calls if c["type"] == "track" and c["event"] != "Heartbeat" and who(c) != ""]
    days: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for call in used:
        days[where(call)][who(call)].add(call["timestamp"][:10])
    for user, alone in days.pop("", {}).items():
        # Use in no group belongs to their only account: that of the group they last used.
        seen = sorted((max(d[user]), name) for name, d in days.items() if user in d)
        if seen:
            latest = [name for day, name in seen if day == seen[-1][0]]
            days[min(latest)][user] |= alone
    return {name: _summed(people) for name, people in days.items()}


def _summed(people: dict[str, set[str]]) -> dict[str, dict[str, int]]:
    active: dict[str, int] = defaultdict(int)
    last: dict[str, int] = defaultdict(int)
    for found in people.values():
        last[max(found)] += 1
        for day in found:
            active[day] += 1
    return {"active_user_days": dict(active), "last_active": dict(last)}


def _counted(stage: Stage) -> dict[str, Any]:
    found = {}
    for account in stage.store.accounts.find({"listed": True}):
        counters = account["state"]["counters"]
        kept = {k: v for k, v in counters.items() if k in ("active_user_days", "last_active")}
        if kept:
            found[account["external_ids"][0]] = kept
    return found


def _records(stage: Stage) -> dict[str, Any]:
    return {
        f"{d['object']}:{d['native_id']}": (d["values"], d["links"], d.get("external_id"))
        for d in stage.store.records.find({})
        if d["object"] != "usage" or d["values"].get("active_days")
    }


@pytest.mark.parametrize("seed", range(4))
def test_any_order_ends_like_a_plain_count(hub: Any, seed: int) -> None:
    random = Random(seed)
    calls = _history(random, hub.now())
    wanted = _plain_count(calls)
    pictures = []
    for _ in range(2):
        stage = Stage(hub)
        ours = source(stage)
        sent = [*calls, *random.choices(calls, k=8)]
        random.shuffle(sent)
        while sent:
            some = random.randint(1, len(sent))
            ours.send(*sent[:some])
            del sent[:some]
            ours.work()
        assert _counted(stage) == wanted
        pictures.append(_records(stage))
    assert pictures[0] == pictures[1]
