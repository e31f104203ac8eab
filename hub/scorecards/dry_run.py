"""What a draft would do: every account scored with it, nothing written but the report.

It goes on in slices, so that a large tenant's runs in the background and survives its worker. The
reference values are frozen when it begins, so that what is activated is what was tried.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic

from hub.bootstrap import Hub
from hub.engine import supply
from hub.engine.scoring import Scoring
from hub.errors import AlreadyThere
from hub.health.revision import Revision
from hub.scorecards import drafts, freezing
from hub.store.client import Doc
from hub.store.tenant import TenantStore

BATCH = 200
MOST_SHOWN = 200
GOOD_FOR = timedelta(hours=24)


def begin(hub: Hub, tenant_id: str, label: str) -> Doc:
    """Start a dry run anew and ring for it. Raises AlreadyThere for what is no draft."""
    store, now = hub.store(tenant_id), hub.now(tenant_id)
    found = drafts.find(store, label)
    report = {
        "state": "running",
        "of": drafts.fingerprint(found["document"]),
        "against": drafts.find(store, "active")["label"],
        "began_at": now,
        "at": None,
        "after": "",
        "total": store.accounts.count({"listed": True}),
        "accounts": 0,
        "changed": 0,
        "not_scored": 0,
        "bands": {},
        "cards": {},
        "delta_sum": 0.0,
        "moves": [],
    }
    change = {"$set": {"dry_run": report, "frozen": None, "work": "dry_run"}}
    after = store.scorecards.take({"_id": found["_id"], "state": "draft"}, change)
    if after is None:
        raise AlreadyThere(f"{label} is not a draft: a dry run is made before a revision counts.")
    hub.bell.ring_scorecards(tenant_id)
    return after


def go_on(hub: Hub, tenant_id: str, document: Doc, deadline: float) -> bool:
    """Score a slice until `deadline` (monotonic); True when the report is done."""
    store, now = hub.store(tenant_id), hub.now(tenant_id)
    revision = _frozen(hub, store, document)
    signals = tuple(hub.plugins.signals.values())
    fed = supply.load(store, hub.plugins.connectors, signals)
    scoring = Scoring(store, replace(fed, revision=revision), now)
    report = document["dry_run"]
    while True:
        batch = list(_next(store, report["after"]))
        for before, after in _scored(scoring, batch):
            _count(report, before, after)
        report["after"] = batch[-1]["_id"] if batch else report["after"]
        done = len(batch) < BATCH
        if done:
            report |= {"state": "done", "at": now}
        if not _keep(store, document, report) or done:
            return True
        if monotonic() > deadline:
            return False


def _frozen(hub: Hub, store: TenantStore, document: Doc) -> Revision:
    """The draft with reference values, which are taken when its dry run begins to work."""
    if document.get("frozen") is None:
        bare = drafts.revision_of(hub, document)
        document["frozen"] = freezing.freeze(store, bare, document["dry_run"]["began_at"])
        _keep(store, document, document["dry_run"])
    return drafts.revision_of(hub, document)


def fresh(store: TenantStore, document: Doc, now: datetime) -> str | None:
    """Why the dry run of a draft cannot be relied on; None when it can."""
    report = document.get("dry_run")
    if not report:
        return "it has not been tried: make a dry run first"
    if report["state"] != "done":
        return "its dry run is still under way"
    if report["of"] != drafts.fingerprint(document["document"]):
        return "it was changed after its dry run"
    if report["against"] != drafts.find(store, "active")["label"]:
        return "another scorecard was activated after its dry run"
    if now - report["at"] > GOOD_FOR:
        return "its dry run is more than a day old"
    return None


def _next(store: TenantStore, after: str) -> list[Doc]:
    wanted = {"listed": True, "_id": {"$gt": after}}
    return list(store.accounts.find(wanted).sort("_id", 1).limit(BATCH))


def _scored(scoring: Scoring, batch: list[Doc]) -> list[tuple[Doc, Doc | None]]:
    """Each account as it is and as it would be; None where it cannot be scored."""
    aliases = {doc["_id"]: doc.get("aliases", []) for doc in batch}
    scoring.read(batch, aliases, {doc["_id"]: doc.get("parent_id") for doc in batch})
    found: list[tuple[Doc, Doc | None]] = []
    for doc in batch:
        after = dict(doc)
        try:
            scoring.score(after, doc)
        except (KeyError, TypeError, ValueError, ArithmeticError):
            found.append((doc, None))
        else:
            found.append((doc, after))
    return found


def _count(report: Doc, before: Doc, after: Doc | None) -> None:
    report["accounts"] += 1
    if after is None:
        report["not_scored"] += 1
        return
    was, now = before["health"], after["health"]
    row = report["bands"].setdefault(was["band"], {})
    row[now["band"]] = row.get(now["band"], 0) + 1
    card = now["scorecard_key"]
    report["cards"][card] = report["cards"].get(card, 0) + 1
    delta = None
    if was["health"] is not None and now["health"] is not None:
        delta = now["health"] - was["health"]
        report["delta_sum"] += delta
    if was["band"] != now["band"]:
        report["changed"] += 1
        _show(report, before, was, now, delta)


def _show(report: Doc, account: Doc, was: Doc, now: Doc, delta: float | None) -> None:
    """The largest moves are kept by name; all of them are counted."""
    side = ("health", "band", "scorecard_key")
    report["moves"].append(
        {
            "account": account["_id"],
            "name": account.get("flat", {}).get("name"),
            "before": {name: was.get(name) for name in side},
            "after": {name: now.get(name) for name in side},
            "delta": delta,
        }
    )
    if len(report["moves"]) > 2 * MOST_SHOWN or report["accounts"] == report["total"]:
        report["moves"].sort(key=lambda m: (-abs(m["delta"] or 0.0), m["account"]))
        del report["moves"][MOST_SHOWN:]


def _keep(store: TenantStore, document: Doc, report: Doc) -> bool:
    """Store how far it is; not if the draft was changed or discarded meanwhile."""
    wanted = {"_id": document["_id"], "state": "draft", "dry_run.began_at": report["began_at"]}
    change: Doc = {"$set": {"dry_run": report, "frozen": document["frozen"]}}
    if report["state"] == "done":
        report["moves"].sort(key=lambda m: (-abs(m["delta"] or 0.0), m["account"]))
        del report["moves"][MOST_SHOWN:]
        change["$unset"] = {"work": ""}
    return bool(store.scorecards.update(wanted, change))
