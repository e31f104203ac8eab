"""What a person says of an account: a pulse that counts in its health, and an override beside it.

Both are kept under the account that they were given to, with who, when and why; a merge leaves
them where they are (`hub.engine.judged` says whose counts).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

from hub.bootstrap import Hub
from hub.errors import CorrectInput
from hub.reads import accounts
from hub.store.client import Doc
from hub.store.tenant import TenantStore

LEVELS = ("green", "yellow", "red")
MOST_DAYS = 90
KEPT = 100
"""Earlier pulses and overrides of one account that are remembered."""
MOST_WORDS = 1000


def give_pulse(
    hub: Hub, tenant_id: str, account_id: str, level: str, by: str, note: str = ""
) -> Doc:
    """A manager's own judgement as of now: whole for a while, then fading into the usual.

    Raises NotFound for the account, CorrectInput for the level or a note that is too long.
    """
    if level not in LEVELS:
        raise CorrectInput("A pulse is green, yellow or red.", field="level")
    _refuse_long(note, "note")
    store, now = hub.store(tenant_id), hub.now(tenant_id)
    account = accounts.find(store, account_id)["_id"]
    said: Doc = {"level": level, "at": now, "by": by, "note": note.strip()}

    def write(within: TenantStore) -> None:
        _keep(within.pulses, account, said)
        _tell(within, account, now, {"what": "pulse given", "level": level, "by": by})

    store.transact(write)
    hub.bell.ring_settle(tenant_id)
    return {"account_id": account, **said}


def set_override(
    hub: Hub,
    tenant_id: str,
    account_id: str,
    by: str,
    reason: str,
    *,
    score: float | None = None,
    band: str | None = None,
    days: int = 30,
) -> Doc:
    """Say beside the score what a person holds to be true, for 1 to 90 days.

    It never takes the score's place: lists, alerts and trends go by what was computed. Raises
    NotFound, and CorrectInput with the field to blame.
    """
    value = _override_value(score, band)
    if not reason.strip():
        raise CorrectInput("Say why: the reason is shown with the override.", field="reason")
    _refuse_long(reason, "reason")
    if not 1 <= days <= MOST_DAYS:
        raise CorrectInput(f"An override lasts 1 to {MOST_DAYS} days.", field="days")
    store, now = hub.store(tenant_id), hub.now(tenant_id)
    account = accounts.find(store, account_id)["_id"]
    ends = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=days)
    said = {**value, "reason": reason.strip(), "by": by, "at": now, "expires_at": ends}

    def write(within: TenantStore) -> None:
        _keep(within.overrides, account, said)
        _tell(within, account, now, {"what": "health overridden", **value, "by": by})

    store.transact(write)
    hub.bell.ring_settle(tenant_id)
    return {"account_id": account, **said}


def clear_override(hub: Hub, tenant_id: str, account_id: str, by: str) -> Doc:
    """End an override now; nothing happens where none is in force. Raises NotFound."""
    store, now = hub.store(tenant_id), hub.now(tenant_id)
    found = accounts.find(store, account_id)
    account, ids = found["_id"], [found["_id"], *found.get("aliases", ())]

    def write(within: TenantStore) -> bool:
        in_force = {"_id": {"$in": ids}, "expires_at": {"$gt": now}}
        ended = within.overrides.update_many(in_force, {"$set": {"expires_at": now}})
        if ended:
            _tell(within, account, now, {"what": "override ended", "by": by})
        return bool(ended)

    ended = store.transact(write)
    hub.bell.ring_settle(tenant_id)
    return {"account_id": account, "ended": ended}


def of_account(store: TenantStore, account: Doc) -> Doc:
    """{"pulse": the latest or None, "pulses": [earlier], "override": as last set or None,
    "overrides": [earlier]}, newest first, of an account and all that it absorbed."""
    ids = [account["_id"], *account.get("aliases", ())]
    found: dict[Literal["pulse", "override"], list[Doc]] = {}
    for name, kept in (("pulse", store.pulses), ("override", store.overrides)):
        docs = list(kept.find({"_id": {"$in": ids}}))
        every = [said for doc in docs for said in (_bare(doc), *doc.get("before", ()))]
        found[name] = sorted(every, key=lambda said: said["at"], reverse=True)  # type: ignore[index]
    pulses, overrides = found["pulse"], found["override"]
    return {
        "pulse": pulses[0] if pulses else None,
        "pulses": pulses[1:],
        "override": overrides[0] if overrides else None,
        "overrides": overrides[1:],
    }


def _override_value(score: float | None, band: str | None) -> Doc:
    if (score is None) == (band is None):
        raise CorrectInput("Give either a score or a band.", field="score")
    if band is not None:
        if band not in LEVELS:
            raise CorrectInput("A band is green, yellow or red.", field="band")
        return {"band": band}
    if isinstance(score, bool) or not 0 <= float(score or 0) <= 100:
        raise CorrectInput("A score lies between 0 and 100.", field="score")
    return {"score": score}


def _keep(kept: Any, account: str, said: Doc) -> None:
    """The newest on top, the ones before it behind."""
    before = kept.find_one({"_id": account})
    earlier = [_bare(before), *before.get("before", ())][:KEPT] if before else []
    document = {"_id": account, "account_id": account, **said, "before": earlier}
    kept.bulk([kept.replacing({"_id": account}, document, upsert=True)])


def _bare(document: Doc) -> Doc:
    aside = ("_id", "tenant_id", "account_id", "before")
    return {name: value for name, value in document.items() if name not in aside}


def _tell(store: TenantStore, account: str, now: datetime, event: Doc) -> None:
    """On the account's timeline, and its score due."""
    key = f"{account}:{event['what'].replace(' ', '_')}:{now.isoformat()}"
    store.events.update(
        {"_id": key}, {"$set": {"account_id": account, "at": now, **event}}, upsert=True
    )
    store.accounts.update({"_id": account}, {"$set": {"score_due": True}})


def _refuse_long(text: str, field: str) -> None:
    if len(text) > MOST_WORDS:
        raise CorrectInput(f"At most {MOST_WORDS} characters.", field=field)
