"""Whether a scrubbed delivery says the same as the real one, up to the names of its ids."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hub.api import Change, CorrectInput, Delivery, Malformed, Webhook


class Renaming:
    """Which id has become which; one may not become two, nor two become one."""

    def __init__(self) -> None:
        self._to: dict[str, str] = {}
        self._of: dict[str, str] = {}

    def fits(self, was: str | None, now: str | None) -> bool:
        if not was or not now:
            return (was or "") == (now or "")
        return self._to.setdefault(was, now) == now and self._of.setdefault(now, was) == was


def differences(webhook: Webhook, real: Delivery, made: Delivery) -> list[str]:
    """What `parse` says differently, in sentences that repeat nothing of the real delivery.

    Raises CorrectInput for a real one that is no delivery of this webhook.
    """
    try:
        was = list(webhook.parse(real))
    except Malformed as error:
        raise CorrectInput(f"It cannot be parsed: {error.sentence}", field="delivery") from None
    try:
        now = list(webhook.parse(made))
        webhook.delivery_key(made)
    except Malformed as error:
        return [f"it is Malformed now: {error.sentence}"]
    found = [] if len(was) == len(now) else [f"{len(was)} changes have become {len(now)}"]
    ids = Renaming()
    for place, (one, other) in enumerate(zip(was, now, strict=False), start=1):
        found += [f"change {place}: {what} differs" for what in _differing(one, other, ids)]
    return found


def _differing(was: Change, now: Change, ids: Renaming) -> Iterator[str]:
    for name in ("object", "kind", "occurred_at", "version", "rule"):
        if getattr(was, name) != getattr(now, name):
            yield name
    pairs = [(was.native_id, now.native_id), (was.account, now.account), (was.into, now.into)]
    pairs += zip(was.losers, now.losers, strict=False)
    pairs += [(a[1], b[1]) for a, b in zip(was.ends, now.ends, strict=False)]
    counts = (len(was.losers), len(was.ends)), (len(now.losers), len(now.ends))
    if counts[0] != counts[1] or not all(ids.fits(*pair) for pair in pairs):
        yield "an id"
    if shape(was.record) != shape(now.record):
        yield "the record"


def shape(value: Any) -> Any:
    """Keys and types alone."""
    if isinstance(value, dict):
        return {key: shape(below) for key, below in value.items()}
    if isinstance(value, list | tuple):
        return [shape(below) for below in value]
    return type(value).__name__
