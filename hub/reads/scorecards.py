"""Scorecards as they are shown: what counts, what was, what is drafted, and what it would do."""

from __future__ import annotations

from typing import Any

from hub.bootstrap import Hub
from hub.health import words
from hub.health.measures import KEYS
from hub.scorecards import drafts
from hub.scorecards.difference import difference, sentences
from hub.store.client import Doc
from hub.store.tenant import TenantStore

BANDS = ("red", "yellow", "green", "unknown", "churned")


def every(store: TenantStore) -> list[Doc]:
    """All revisions, newest first."""
    return [summary(doc) for doc in drafts.listed(store)]


def one(store: TenantStore, label: str) -> Doc:
    """A revision with its document, what it changes, what is frozen, and its dry run."""
    found = drafts.find(store, label)
    return {
        **summary(found),
        "document": found["document"],
        "frozen": found["frozen"],
        "changes": sentences(found["diff"]),
        "diff_from": found["diff_from"],
        "dry_run": report(found["dry_run"]),
    }


def summary(found: Doc) -> Doc:
    names = ("label", "name", "revision", "state", "author", "at", "note", "activated_at")
    return {
        **{name: found.get(name) for name in names},
        "cards": [card["key"] for card in found["document"]["scorecards"]],
        "busy": bool(found.get("work")),
    }


def between(store: TenantStore, label: str, other: str) -> Doc:
    """What `label` says otherwise than `other`."""
    after, before = drafts.find(store, label), drafts.find(store, other)
    changes = difference(before["document"], after["document"])
    return {
        "label": after["label"],
        "from": before["label"],
        "changes": changes,
        "sentences": sentences(changes),
    }


def report(found: Doc | None) -> Doc | None:
    """A dry run as it is shown; while it runs, as far as it is."""
    if not found:
        return None
    hidden = ("of", "after", "delta_sum")
    scored = found["accounts"] - found["not_scored"]
    kept = {name: value for name, value in found.items() if name not in hidden}
    return {
        **kept,
        "mean_change": found["delta_sum"] / scored if scored else None,
        "sentence": _sentence(found),
    }


def _sentence(found: Doc) -> str:
    if found["state"] == "running":
        return f"{found['accounts']} of {found['total']} accounts tried so far."
    changed, accounts = found["changed"], found["accounts"]
    if not changed:
        return f"None of {accounts} accounts changes its band."
    ways = [
        f"{n} from {before} to {after}"
        for before in BANDS
        for after in BANDS
        if before != after and (n := found["bands"].get(before, {}).get(after))
    ]
    return f"{changed} of {accounts} accounts change their band: {', '.join(ways)}."


def measures(hub: Hub) -> list[dict[str, Any]]:
    """What a scorecard can give weight to: our own measures and those of plugins."""
    ours = [{"key": key, "title": words.TITLES[key], "plugin": None} for key in KEYS]
    theirs = [
        {
            "key": signal.name,
            "title": signal.title,
            "plugin": signal.plugin,
            "unit": signal.unit,
            "dimension": signal.dimension,
            "curve": [list(point) for point in signal.curve],
        }
        for signal in hub.plugins.signals.values()
    ]
    return [*ours, *theirs]
