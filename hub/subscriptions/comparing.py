"""What we hold against what the vendor lists: kept, lost, asleep, and left over. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hub.api import Subscription


@dataclass(frozen=True, slots=True)
class Own:
    """One endpoint of this connection. `vendor_id` is empty where an admin set it up by hand.

    pending: somebody is asking for it just now. fresh: so new that the vendor may not list it yet.
    """

    endpoint_id: str
    url: str
    vendor_id: str = ""
    pending: bool = False
    fresh: bool = False


@dataclass(slots=True)
class Compared:
    """What to do: note `kept`, wake `asleep`, ask anew for `lost`, take back `left_over`."""

    kept: list[tuple[Own, Subscription]] = field(default_factory=list)
    asleep: list[tuple[Own, Subscription]] = field(default_factory=list)
    lost: list[tuple[Own, str]] = field(default_factory=list)
    left_over: list[Subscription] = field(default_factory=list)


def compare(
    ours: Sequence[Own],
    listed: Sequence[Subscription],
    home: str,
    is_taken: Callable[[str], bool],
) -> Compared:
    """`home` is what the hub's own addresses begin with; `is_taken(key)` says whether any endpoint
    of this hub, of whatever tenant, has this key. What does not point home is another program's.
    """
    found = Compared()
    by_id = {own.vendor_id: own for own in ours if own.vendor_id}
    by_url = {own.url: own for own in ours}
    told: dict[str, list[Subscription]] = {}
    for one in listed:
        own = by_url.get(one.url)
        if own is not None:
            told.setdefault(own.endpoint_id, []).append(one)
        elif one.vendor_id in by_id or _is_orphan(one.url, home, is_taken):
            found.left_over.append(one)
    for own in ours:
        if not own.pending:
            _judge(found, own, told.get(own.endpoint_id, []), listed)
    return found


def _is_orphan(url: str, home: str, is_taken: Callable[[str], bool]) -> bool:
    """Parameters behind a key are somebody's addition: the edge finds the endpoint all the same."""
    key = re.split("[?#]", url.removeprefix(home))[0]
    return url.startswith(home) and "/" not in key and key != "" and not is_taken(key)


def _judge(
    found: Compared, own: Own, told: Sequence[Subscription], listed: Sequence[Subscription]
) -> None:
    """The one subscription that counts for an endpoint; further ones are duplicates.

    What an admin made by hand is the admin's to take away.
    """
    named = [one for one in told if one.vendor_id == own.vendor_id]
    best = next(iter(named or sorted(told, key=lambda one: not one.active)), None)
    if own.vendor_id:
        found.left_over += [one for one in told if one is not best]
    if best is None:
        if own.vendor_id and not own.fresh:
            found.lost.append((own, _why(own, listed)))
    elif best.active or own.fresh:
        found.kept.append((own, best))
    else:
        found.asleep.append((own, best))


def _why(own: Own, listed: Sequence[Subscription]) -> str:
    if any(one.vendor_id == own.vendor_id for one in listed):
        return "it points at another address of the hub"
    return "the vendor no longer lists it"
