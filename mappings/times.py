"""Times and days: ISO 8601 text or counts since 1970, as UTC in whole milliseconds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from mappings.errors import Unmappable
from mappings.money import decimal
from mappings.plain import refuse

__all__ = ["day", "epoch_ms", "epoch_s", "timestamp"]

FIRST_YEAR = 1900
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def timestamp(value: Any, context: Any = None) -> datetime | None:
    """ISO 8601 text as a UTC datetime in whole milliseconds."""
    if isinstance(value, datetime):
        return _moment(value)
    if not isinstance(value, str):
        refuse(value, "a time as ISO 8601 text")
        return None
    text = value.strip()
    if text[4:5] != "-":
        if not text:
            return None
        raise Unmappable("", "it is not an ISO 8601 time")
    try:
        return _moment(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        raise Unmappable("", "it is not an ISO 8601 time") from None


def _moment(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    elif moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    if moment.year < FIRST_YEAR:
        raise Unmappable("", f"the year {moment.year} is before {FIRST_YEAR}")
    spare = moment.microsecond % 1000
    return moment.replace(microsecond=moment.microsecond - spare) if spare else moment


def epoch_s(value: Any, context: Any = None) -> datetime | None:
    """Seconds since 1970."""
    return _since_epoch(value, 1000)


def epoch_ms(value: Any, context: Any = None) -> datetime | None:
    """Milliseconds since 1970."""
    return _since_epoch(value, 1)


def _since_epoch(value: Any, milliseconds: int) -> datetime | None:
    amount = decimal(value)
    if amount is None:
        return None
    try:
        return _moment(_EPOCH + timedelta(milliseconds=int(amount * milliseconds)))
    except (OverflowError, ArithmeticError):
        raise Unmappable("", "the time is out of range") from None


def day(value: Any, context: Any = None) -> str | None:
    """A date, or the UTC day of a time, as YYYY-MM-DD."""
    if isinstance(value, str) and len(value) == 10 and value[4] == "-" == value[7]:
        return _day(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = value.isoformat()
    moment = timestamp(value)
    return moment.date().isoformat() if moment else None


def _day(value: str) -> str:
    try:
        found = date.fromisoformat(value)
    except ValueError:
        raise Unmappable("", "it is not an ISO 8601 date") from None
    if found.year < FIRST_YEAR:
        raise Unmappable("", f"the year {found.year} is before {FIRST_YEAR}")
    return value
