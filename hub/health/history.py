"""A year of day closes in little room: one document for each account and month.

{"_id": "acc_1:2026-03", "account_id", "month", "base": {"day", "close"} or None, "days": {"04"}}
`base` is the last close before the month, whole. `days` holds, for each day on which something
changed, what differs from the day before: None takes a fact away. A day that is not there equals
the one before it, but for ages, which grow by a day. So an account on which nothing happens costs
nothing, and every day can still be told exactly.

A kept close is what `keep` makes of an explanation. What it leaves out is as usual: `health` is
`raw`, a measure's state is "ok", nothing is capped. `gone`: the account was not listed on that day,
and what stands beside is frozen. `missing`: nobody computed that day, and nothing is said of it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from hub.health.closes import LIFE, Close, Explanation, measures_of

Kept = dict[str, Any]
Document = Mapping[str, Any]

KNOWN = {"ok": 1.0, "stale": 0.5}
_UNSCORED = frozenset({"mrr", "seats", "final", "coverage", *LIFE})
_SCORED = frozenset({"score", "most", "state"})


def keep(explanation: Explanation, listed: bool = True, **facts: Any) -> Kept:
    """What stays of an explanation; `facts` are the revenue and the seats of that day."""
    kept: Kept = {name: explanation[name] for name in ("band", "band_since", "coverage")}
    kept["revision"] = explanation["scorecard"]
    kept |= {name: explanation[name] for name in LIFE if explanation.get(name)}
    kept["measures"] = {m["key"]: _kept_measure(m) for m in measures_of(explanation)}
    for name in ("raw", "final"):
        if explanation[name] is not None:
            kept[name] = explanation[name]
    if explanation["health"] != explanation["raw"]:
        kept["health"] = "unknown" if explanation["health"] is None else explanation["health"]
    if explanation["cap_points"]:
        kept["cap_points"] = explanation["cap_points"]
    if not listed:
        kept["gone"] = True
    return kept | {name: value for name, value in facts.items() if value is not None}


def _kept_measure(row: Mapping[str, Any]) -> Kept:
    kept: Kept = {"score": row["score"], "most": row["max_points"]}
    usual = {"state": "ok", "kept": row["score"], "known": KNOWN.get(row["state"], 0.0)}
    kept |= {name: row[name] for name, value in usual.items() if row[name] != value}
    if row["value"] is not None:
        kept["value"] = row["value"]
    if row["kept_caps"]:
        kept["caps"] = row["kept_caps"]
    if row["ages"]:
        kept["ages"] = True
    return kept


def kept_of(close: Close, **facts: Any) -> Kept:
    """What is kept of a close of `closes.day_close`; which values age cannot be told from it."""
    rows = [
        {
            "key": key,
            **part,
            "max_points": part["points"] * 100 / part["score"] if part["score"] else 0.0,
            "known": KNOWN.get(part["state"], 0.0),
            "ages": False,
        }
        for key, part in close["measures"].items()
    ]
    return keep(
        {**close, "scorecard": close["revision"], "dimensions": [{"measures": rows}]}, **facts
    )


def close_of(kept: Kept, day: str) -> Close:
    """The close as `closes.day_close` gives it."""
    raw = kept.get("raw")
    health = kept.get("health", raw)
    cap_points = kept.get("cap_points", 0.0)
    return {
        "day": day,
        "revision": kept["revision"],
        "capped": bool(cap_points),
        "measures": {key: _measure(kept) for key, kept in kept["measures"].items()},
        "health": None if health == "unknown" else health,
        "raw": raw,
        "cap_points": cap_points,
        "band": kept["band"],
        "band_since": kept["band_since"],
        "coverage": kept["coverage"],
        "final": kept.get("final"),
        **{name: kept.get(name) for name in LIFE},
    }


def _measure(kept: Kept) -> dict[str, Any]:
    return {
        "state": kept.get("state", "ok"),
        "value": kept.get("value"),
        "score": kept["score"],
        "points": kept["most"] * kept["score"] / 100,
        "kept": kept.get("kept", kept["score"]),
        "kept_caps": kept.get("caps", []),
    }


def later(kept: Kept, days: int) -> Kept:
    """The same so many days later, with nothing new."""
    measures = kept.get("measures", {})
    if not days or kept.get("gone") or not any(m.get("ages") for m in measures.values()):
        return kept
    aged = {
        key: {**m, "value": m["value"] + days} if m.get("ages") else m
        for key, m in measures.items()
    }
    return {**kept, "measures": aged}


def difference(before: Kept, after: Kept) -> Kept:
    """What `changed` needs to make `after` of `before`."""
    found = _differing(before, after)
    if "measures" in found:
        old, new = before.get("measures", {}), after.get("measures", {})
        found["measures"] = {
            key: None if key not in new else _differing(old.get(key, {}), new[key])
            for key in old.keys() | new.keys()
            if old.get(key) != new.get(key)
        }
    return found


def _differing(before: Kept, after: Kept) -> Kept:
    gone: Kept = dict.fromkeys(before.keys() - after.keys())
    return gone | {k: v for k, v in after.items() if k not in before or before[k] != v}


def changed(before: Kept, what: Kept) -> Kept:
    """`before` with a difference applied."""
    after = _patched(before, what)
    if what.get("measures"):
        old = before.get("measures", {})
        moved = {
            key: None if part is None else _patched(old.get(key, {}), part)
            for key, part in what["measures"].items()
        }
        after["measures"] = _patched(old, moved)
    return after


def _patched(before: Kept, what: Kept) -> Kept:
    return {k: v for k, v in {**before, **what}.items() if v is not None}


class Entry(NamedTuple):
    """One day to store; `base` is for the case that its month has no document yet."""

    day: str
    what: Kept
    base: Kept | None


class History:
    """The closes of one account, from its documents in any order; days to come are like the last.

    `absent` are the days on which the tenant's hub did not run at all.
    """

    def __init__(self, documents: Iterable[Document], absent: Collection[str] = ()) -> None:
        self._days: list[str] = []
        self._kept: list[Kept] = []
        self._stirs: list[str] = []
        self._absent = absent
        for document in sorted(documents, key=lambda d: str(d["month"])):
            self._read(document)

    def _read(self, document: Document) -> None:
        base = document["base"]
        if base is not None and not self._days:
            self._append(base["day"], base["close"], True)
        for number, what in sorted(document["days"].items()):
            day = f"{document['month']}-{number}"
            self._append(day, changed(self.on(day) or {}, what), _stirs(what))

    def _append(self, day: str, kept: Kept, stirs: bool) -> None:
        self._days.append(day)
        self._kept.append(kept)
        if stirs:
            self._stirs.append(day)

    @property
    def last_day(self) -> str | None:
        """The last day that was written."""
        return self._days[-1] if self._days else None

    @property
    def first_day(self) -> str | None:
        """The first day that is known."""
        return self._days[0] if self._days else None

    def steps(self, after: str, until: str) -> Iterator[tuple[str, Kept]]:
        """The days behind `after` and up to `until` on which something changed, with what was."""
        first, last = bisect_right(self._days, after), bisect_right(self._days, until)
        yield from zip(self._days[first:last], self._kept[first:last], strict=True)

    def on(self, day: str) -> Kept | None:
        """What was kept of a day, missing and gone ones as well; None before the first."""
        at = bisect_right(self._days, day) - 1
        if at < 0:
            return None
        return later(self._kept[at], _between(self._days[at], day))

    def close(self, day: str) -> Close | None:
        """The close of a day on which the account was listed and the hub computed."""
        kept = self.on(day)
        if kept is None or kept.get("missing") or kept.get("gone") or day in self._absent:
            return None
        return close_of(kept, day)

    def absent(self, day: str) -> bool:
        """Whether the hub did not run on this day at all."""
        return day in self._absent

    def stirs(self) -> list[str]:
        """The days whose close differs from the one before in more than ages."""
        around = [day for a in self._absent for day in (a, _next(a))]
        return sorted({*self._stirs, *around})

    def stirs_with(self, day: str, explanation: Explanation) -> list[str]:
        """The same with a day that has not ended, if what is known of it so far differs."""
        before = self.on(_next(day, -1)) or {}
        moved = self.absent(day) or _stirs(difference(before, keep(explanation)))
        return [*self.stirs(), day] if moved else self.stirs()

    def write(self, day: str, kept: Kept) -> list[Entry]:
        """Append a day; what is to be stored of it, nothing if nothing moved.

        A day that is written already, or was passed over, is never written again.
        """
        what = difference(self.on(day) or {}, kept)
        if not what or (self._days and day <= self._days[-1]):
            return []
        base = {"day": self._days[-1], "close": self._kept[-1]} if self._days else None
        self._append(day, kept, _stirs(what))
        return [Entry(day, what, base)]

    def miss(self, day: str) -> list[Entry]:
        """Append that from this day on nothing was computed."""
        return self.write(day, {**(self.on(day) or {}), "missing": True})


def _stirs(what: Kept) -> bool:
    if what.keys() - _UNSCORED - {"measures"}:
        return True
    moved = (what.get("measures") or {}).values()
    return any(part is None or part.keys() & _SCORED for part in moved)


def _between(first: str, last: str) -> int:
    return 0 if first == last else (date.fromisoformat(last) - date.fromisoformat(first)).days


def _next(day: str, days: int = 1) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
