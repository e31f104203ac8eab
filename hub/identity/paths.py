"""The links that lead from one record of an account to another."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from hub.identity.subjects import Subject
from hub.store.client import Doc


def path(subject: Subject, a: str, b: str) -> list[Doc]:
    """The fewest accepted links from record `a` to record `b`; all of them where one of the two
    names the whole account."""
    links = [e for e in subject.doc.get("edges", ()) if e["state"] == "accepted"]
    if a not in subject.records or b not in subject.records:
        return links
    came: dict[str, Doc | None] = {a: None}
    waiting = deque([a])
    while waiting and b not in came:
        here = waiting.popleft()
        for link in links:
            if here in (link["a"], link["b"]):
                there = link["b"] if here == link["a"] else link["a"]
                if there not in came:
                    came[there] = link
                    waiting.append(there)
    return _back(came, a, b)


def _back(came: Mapping[str, Doc | None], a: str, b: str) -> list[Doc]:
    found, here = [], b
    while here != a and (link := came.get(here)) is not None:
        found.append(link)
        here = link["a"] if here == link["b"] else link["b"]
    return found[::-1]
