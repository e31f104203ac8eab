"""Questions to the raw events are answered by an index, in order, whatever else is stored."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stage import Stage

LATEST = [("at", -1), ("_id", -1)]


@pytest.mark.parametrize(
    ("where", "ordered"),
    [
        ({}, True),
        ({"connection_id": "c"}, True),
        ({"user": "u"}, True),
        ({"group": "g"}, True),
        ({"group": {"$in": ["g", "h"]}}, True),
        ({"anonymous": "a"}, False),
        ({"due": 1}, False),
    ],
)
def test_no_question_reads_all_events_or_sorts_them(
    stage: Stage, where: dict[str, Any], ordered: bool
) -> None:
    found = stage.store.usage_events.find(where).limit(50)
    plan = (found.sort(LATEST) if ordered else found).explain()["queryPlanner"]["winningPlan"]
    stages = set(names(plan))
    assert "COLLSCAN" not in stages
    assert "SORT" not in stages


def names(plan: dict[str, Any]) -> list[str]:
    below = [plan[key] for key in ("inputStage", "queryPlan") if key in plan]
    below += plan.get("inputStages", [])
    return [plan.get("stage", ""), *(name for one in below for name in names(one))]
