"""Works off privacy requests, step by step: what was done is noted, so that a crash only repeats.

Called after settling, by whichever worker has the time; one at a time for each tenant.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final

import structlog

from hub.errors import CorrectInput, LeaseLost, NotFound
from hub.faultpoints import point
from hub.privacy import erase, report, suppression, sweep, usage, verify
from hub.privacy.guard import INTAKE
from hub.privacy.job import LEASE_S, Job
from hub.queue import JobTimeout
from hub.store import leases
from hub.store.client import Doc
from hub.store.errors import StoreError
from hub.store.tenant import TenantStore

if TYPE_CHECKING:
    from hub.bootstrap import Hub

log = structlog.get_logger(__name__)

LEASE = "privacy"
ATTEMPTS, ROUNDS = 5, 3
WORKING: Final = (
    *("sealed", "open", "cursor", "seen", "captured", "accounts", "books", "counts"),
    *("step", "doing", "rounds", "attempts", "hashes"),
)
"""What a request needs while it is worked on, and not afterwards."""
OPEN: Final[Doc] = {"open": True}


def waits(store: TenantStore) -> bool:
    return store.privacy_requests.find_one(OPEN, {"_id": 1}) is not None


def work(hub: Hub, store: TenantStore, deadline: float) -> bool:
    """True when no request waits, or another worker is at it; False at the deadline."""
    while monotonic() < deadline:
        if not waits(store):
            return True
        lease = leases.acquire(store, LEASE, LEASE_S)
        if lease is None:
            return True
        try:
            request = store.privacy_requests.find_one(OPEN, sort=[("at", 1)])
            if request is not None and not _work(Job(hub, store, request, deadline, lease)):
                return False
        finally:
            leases.release(store, lease)
    return False


def _work(job: Job) -> bool:
    """One request as far as it goes; False when it has to go on later."""
    try:
        return _steps(job)
    except (StoreError, JobTimeout):
        raise
    except LeaseLost:
        return False
    except Exception as error:
        attempts = job.request.get("attempts", 0) + 1
        job.save(attempts=attempts, error=_where(error))
        log.error("privacy_request_broke", request=job.id, error=job.request["error"])
        if attempts >= ATTEMPTS:
            finish(job, "failed", job.request.get("report"))
        return bool(attempts >= ATTEMPTS)


def _where(error: Exception) -> str:
    """The kind of trouble and the line, and neither its words nor what was at hand: that may be
    the very person who is to be forgotten."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno}"


def _steps(job: Job) -> bool:
    steps = STEPS[job.request["kind"]]
    if job.request["state"] == "pending":
        job.save(state="running", step=0, started_at=job.now)
    while job.request["step"] < len(steps):
        name, step = steps[job.request["step"]]
        if not step(job):
            return False
        point(f"privacy-{name}")
        if job.request["state"] != "running":
            return True
        job.save(step=job.request["step"] + 1, doing=name, cursor=None)
        if job.is_over():
            return False
    return True


def _open_books(job: Job) -> bool:
    """What the books said before, and which accounts will have to count anew."""
    mine = {"_id": {"$in": sorted(job.subject.who.keys)}}
    accounts = [one for one in job.store.records.distinct("account_id", mine) if one]
    job.save(books=verify.books(job), accounts=accounts)
    return True


def _sweep(job: Job) -> bool:
    done = sweep.everything(job)
    if done:
        verify.clean_audit(job)
    return done


def _judge(job: Job) -> bool:
    """Done only when nothing was found; else it is swept again, a bounded number of times."""
    if not verify.search(job):
        return False
    found = report.erased(job)
    if not found["verification"]["hits"]:
        finish(job, "done", found)
        return True
    rounds = job.request.get("rounds", 0) + 1
    if rounds > ROUNDS:
        finish(job, "failed", found)
        return True
    job.save(rounds=rounds, step=_place("sweep"), cursor=None, seen=None)
    return False


def _finish_suppress(job: Job) -> bool:
    finish(job, "done", report.suppressed(job))
    return True


def _lift(job: Job) -> bool:
    """They may come back: with the next full listing, and what was redacted is read anew."""
    former = job.request["subject"]
    count = suppression.lift(job.store, former)
    cleaned = {"$in": [former, INTAKE]}
    change = {"$unset": {"content": ""}, "$pull": {"redacted": cleaned}}
    job.store.records.update_many({"redacted": cleaned}, change)
    change = {"$pull": {"suppressed": former}}
    job.store.records.update_many({"suppressed": former}, change)
    job.store.streams.update_many({}, {"$set": {"full_due": True, "next_sync_at": job.now}})
    finish(job, "done", {"lifted": count})
    return True


def finish(job: Job, state: str, found: Doc | None) -> None:
    """A finished request forgets whom it was about; its report and its hashes are what is left.

    One that failed keeps it, sealed: it has to be tried again.
    """
    change: Doc = {
        "$set": {"state": state, "finished_at": job.now, "report": found},
        "$unset": dict.fromkeys(WORKING if state == "done" else ("open", "seen"), ""),
    }
    if job.request["kind"] == "erase" and state == "done":
        _tell(job)
    job.store.privacy_requests.update({"_id": job.id}, change)
    job.request |= change["$set"]
    kind = job.request["kind"]
    job.hub.catalogue.control.note(
        job.store.tenant_id, "hub", f"{kind} {state}", job.now, request=job.id
    )
    job.hub.bell.publish(job.store.tenant_id, "privacy", job.id)


def _tell(job: Job) -> None:
    """Before the request is closed: after a crash it is told again, with the same id."""
    event = {"id": job.id, "at": job.now, "subject": job.request["subject"]}
    tenant_id, entity = job.store.tenant_id, job.request["entity"]
    job.hub.plugins.tell("record_erased", tenant_id=tenant_id, entity=entity, event=event)


def again(hub: Hub, tenant_id: str, request_id: str, by: str) -> None:
    """Go on with a request that failed, where it failed; raises NotFound and CorrectInput."""
    store = hub.store(tenant_id)
    failed = {"_id": request_id, "state": "failed"}
    change = {"state": "running", "open": True, "rounds": 0, "attempts": 0, "finished_at": None}
    request = store.privacy_requests.find_one({"_id": request_id}, {"kind": 1, "step": 1})
    if request is None:
        raise NotFound("There is no such privacy request.")
    if request["kind"] == "erase" and request.get("step") == _place("judge"):
        change["step"] = _place("sweep")
    if not store.privacy_requests.update(failed, {"$set": change, "$unset": {"cursor": ""}}):
        raise CorrectInput("Only a request that failed can be tried again.", field="id")
    control = hub.catalogue.control
    control.note(tenant_id, by, "tried again", hub.now(), request=request_id)
    hub.bell.ring_settle(tenant_id)


def _place(name: str) -> int:
    return [step for step, _ in STEPS["erase"]].index(name)


Step = tuple[str, Callable[[Job], bool]]
STEPS: Final[dict[str, tuple[Step, ...]]] = {
    "erase": (
        ("gather", erase.gather),
        ("books", _open_books),
        ("suppress", erase.suppress),
        ("retract", erase.retract),
        ("settle", erase.settle),
        ("drop", erase.drop),
        ("drop-usage", usage.drop),
        ("sweep", _sweep),
        ("settle-again", erase.settle),
        ("judge", _judge),
    ),
    "suppress": (
        ("gather", erase.gather),
        ("suppress", erase.suppress),
        ("mark", erase.mark),
        ("finish", _finish_suppress),
    ),
    "unsuppress": (("lift", _lift),),
}
