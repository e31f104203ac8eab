"""What the mapping language cannot say: times out of a ticket's metrics, merges, satisfaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from mappings.language import Context

Record = Mapping[str, Any]

MERGED = "closed_by_merge"
"""The tag that Zendesk gives to a ticket that was merged into another."""
SCORES = {"bad": 0, "good": 1}
FIVE = 5
NORMS = {"bad": 0.0, "neutral": 50.0, "good": 100.0}


def modified(record: Record, context: Context) -> str | None:
    """The later of `updated_at` and `generated_timestamp`: system changes move only the second."""
    generated = record.get("generated_timestamp")
    found = [_moment(record.get("updated_at"))]
    if isinstance(generated, int) and not isinstance(generated, bool):
        found.append(_epoch(generated))
    return max((one.isoformat() for one in found if one), default=None)


def first_reply(record: Record, context: Context) -> str | None:
    """The opening and the minutes of the calendar until the first reply."""
    pair = (record.get("metric_set") or {}).get("reply_time_in_minutes") or {}
    opened, minutes = _moment(record.get("created_at")), pair.get("calendar")
    if opened is None or isinstance(minutes, bool) or not isinstance(minutes, int):
        return None
    return (opened + timedelta(minutes=minutes)).isoformat() if minutes < 2**31 else None


def closed(record: Record, context: Context) -> Any:
    """When a closed ticket got its status; absent for any other."""
    metrics = record.get("metric_set") or {}
    return metrics.get("status_updated_at") if record.get("status") == "closed" else None


def merged(record: Record, context: Context) -> bool:
    """Whether a ticket was closed because it was merged into another."""
    return record.get("status") == "closed" and MERGED in (record.get("tags") or ())


def score(word: Any, context: Context) -> int | None:
    """good and bad as 1 and 0; both come with `_with_comment` and `_without_comment` too."""
    return SCORES.get(str(word).split("_")[0])


def norm(record: Record, context: Context) -> float | None:
    """0 to 100: on the question's own scale where it is told, else by Zendesk's own category."""
    answer = record["answer"]
    rating, top = answer.get("rating"), scale_max(record, context)
    if not _options(answer) or not isinstance(rating, int) or isinstance(rating, bool) or top < 2:
        return NORMS.get(str(answer.get("rating_category")))
    return round(min(max(rating - 1, 0) / (top - 1), 1) * 100, 2)


def scale_max(record: Record, context: Context) -> int:
    """The question's highest rating: scales have two, three or five steps."""
    return max(_options(record["answer"]), default=FIVE)


def _options(answer: Record) -> list[int]:
    options = (answer.get("question") or {}).get("options") or ()
    found = [one.get("rating") for one in options if isinstance(one, Mapping)]
    return [one for one in found if isinstance(one, int) and not isinstance(one, bool)]


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def _epoch(seconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


CONVERSIONS = {
    "zendesk_modified": modified,
    "zendesk_first_reply": first_reply,
    "zendesk_closed": closed,
    "zendesk_merged": merged,
    "zendesk_score": score,
    "zendesk_norm": norm,
    "zendesk_scale_max": scale_max,
}
