"""People's last word on who is who: each decision is a document, audited, and can be undone.

{_id, entity, kind same|not_same|domain, left, right [record keys], domain, owner (record key),
note, by, at, sentence, undone_at, undone_by, touches}. It holds while it has `touches` (`rulings`).
It is saved, and its records are marked due, in one transaction with the check against earlier
decisions; then it is settled like any change.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial

from hub.bootstrap import Hub
from hub.engine import apply
from hub.engine.settle import stir, take_turn
from hub.errors import AlreadyThere, NotFound
from hub.identity import effect, reviews, rulings, wishes
from hub.identity.wishes import Wish
from hub.store.client import Doc
from hub.store.tenant import TenantStore

RANK = {"account": 1, "contact": 2}
MOST = 200


def same(hub: Hub, tenant_id: str, a: str, b: str, by: str, note: str = "") -> Doc:
    """Two accounts (or two contacts) are one; `a` and `b` are ids of accounts, contacts or records.

    Raises NotFound, CorrectInput, AlreadyThere (they are one, or an earlier decision says no).
    """
    return _decide(hub, tenant_id, wishes.same(hub.store(tenant_id), a, b), by, note)


def not_same(hub: Hub, tenant_id: str, a: str, b: str, by: str, note: str = "") -> Doc:
    """They are two and stay two, whatever the rules or a vendor's merge say."""
    return _decide(hub, tenant_id, wishes.not_same(hub.store(tenant_id), a, b), by, note)


def split(
    hub: Hub, tenant_id: str, account_id: str, record_keys: Collection[str], by: str, note: str = ""
) -> Doc:
    """These records are not what the rest of the account (or contact) is."""
    wish = wishes.split(hub.store(tenant_id), account_id, record_keys)
    return _decide(hub, tenant_id, wish, by, note)


def give_domain(
    hub: Hub, tenant_id: str, domain: str, account_id: str, by: str, note: str = ""
) -> Doc:
    """A domain belongs to this account alone, also if several claim it or if it claims it not."""
    wish = wishes.domain(hub.store(tenant_id), domain, account_id)
    return _decide(hub, tenant_id, wish, by, note)


def undo(hub: Hub, tenant_id: str, decision_id: str, by: str) -> Doc:
    """The rules decide again. Raises NotFound, AlreadyThere (it was undone before)."""
    return _decide(hub, tenant_id, _undoing(hub.store(tenant_id), decision_id), by, "")


def accept(hub: Hub, tenant_id: str, review_id: str, by: str, note: str = "") -> Doc:
    """Say yes to a candidate or a dropped link: the accounts at both of its ends are one."""
    a, b = reviews.ends(hub.store(tenant_id), review_id)
    return same(hub, tenant_id, a, b, by, note)


def dismiss(hub: Hub, tenant_id: str, review_id: str, by: str, note: str = "") -> Doc:
    """Say no: the accounts at both ends stay two. An ambiguous domain is only set aside."""
    store = hub.store(tenant_id)
    if reviews.is_pair(store, review_id):
        a, b = reviews.ends(store, review_id)
        return not_same(hub, tenant_id, a, b, by, note)
    now = hub.now(tenant_id)
    found = reviews.set_aside(store, review_id, by, note, now)
    hub.catalogue.control.note(tenant_id, by, "review set aside", now, review=review_id)
    return found


def preview(
    hub: Hub,
    tenant_id: str,
    kind: str,
    *,
    a: str = "",
    b: str = "",
    account_id: str = "",
    record_keys: Collection[str] = (),
    domain: str = "",
    decision_id: str = "",
) -> Doc:
    """What a decision would do, without doing it.

    kind: same or not_same (a, b), split (account_id, record_keys), domain (domain, account_id),
    undo (decision_id). Gives {allowed, because, decision, sentence, accounts, refused, links}; see
    `effect.of`. Raises what the decision itself would raise of bad input.
    """
    store = hub.store(tenant_id)
    if kind == "same":
        wish = wishes.same(store, a, b)
    elif kind == "not_same":
        wish = wishes.not_same(store, a, b)
    elif kind == "split":
        wish = wishes.split(store, account_id, record_keys)
    elif kind == "domain":
        wish = wishes.domain(store, domain, account_id)
    else:
        wish = _undoing(store, decision_id)
    return effect.of(store, wish, _authoritative(hub), hub.now(tenant_id))


def one(store: TenantStore, decision_id: str) -> Doc:
    """Raises NotFound."""
    found = store.decisions.find_one({"_id": decision_id})
    if found is None:
        raise NotFound(f"There is no decision {decision_id}.")
    return found


def of_records(store: TenantStore, keys: Collection[str]) -> list[Doc]:
    """Decisions, also undone ones, that name any of these records; latest first."""
    wanted = {"$in": sorted(keys)}
    named = {"$or": [{"left": wanted}, {"right": wanted}, {"owner": wanted}]}
    return list(store.decisions.find(named).sort("at", -1).limit(MOST))


def _undoing(store: TenantStore, decision_id: str) -> Wish:
    found = one(store, decision_id)
    if found["undone_at"] is not None:
        raise AlreadyThere(f"Decision {decision_id} was undone by {found['undone_by']}.")
    return wishes.undo(store, found, rulings.ruling(found))


def _authoritative(hub: Hub) -> dict[str, bool]:
    return {name: c.authoritative for name, c in hub.plugins.connectors.items()}


def _decide(hub: Hub, tenant_id: str, wish: Wish, by: str, note: str) -> Doc:
    store, now = hub.store(tenant_id), hub.now(tenant_id)
    check = partial(effect.check, wish=wish, authoritative=_authoritative(hub), now=now)

    def write(within: TenantStore) -> None:
        take_turn(within)
        check(within)
        _save(within, wish, by, note, now)
        _mark_due(within, wish)
        _tell(within, wish, by, note, now)

    store.transact(write)
    what = "decision undone" if wish.undone else "decision"
    said = {"decision": wish.decision.id, "said": wish.sentence, "note": note}
    hub.catalogue.control.note(tenant_id, by, what, now, **said)
    if not apply.settle(hub, tenant_id):
        hub.bell.ring_settle(tenant_id)
    return one(store, wish.decision.id)


def _save(store: TenantStore, wish: Wish, by: str, note: str, now: datetime) -> None:
    decision = wish.decision
    if wish.undone:
        over = {"$set": {"undone_at": now, "undone_by": by}, "$unset": {"touches": ""}}
        if not store.decisions.update({"_id": decision.id, "undone_at": None}, over):
            raise AlreadyThere(f"Decision {decision.id} was undone just now.")
        return
    store.decisions.insert(
        {
            "_id": decision.id,
            "entity": wish.entity,
            "kind": decision.kind,
            "left": list(decision.left),
            "right": list(decision.right),
            "domain": decision.domain,
            "owner": decision.owner,
            "sentence": wish.sentence,
            "note": note,
            "by": by,
            "at": now,
            "undone_at": None,
            "undone_by": None,
            "touches": rulings.touched(decision),
        }
    )


def _mark_due(store: TenantStore, wish: Wish) -> None:
    """Also whoever follows the domain, since its answer hangs on the decision itself."""
    due = {"$set": {"due": RANK[wish.entity], "ruled": wish.decision.id}}
    store.records.update_many({"_id": {"$in": list(wish.records)}}, due)
    if wish.decision.domain:
        stir(store, {f"d:{wish.decision.domain}"})


def _tell(store: TenantStore, wish: Wish, by: str, note: str, now: datetime) -> None:
    what = "decision undone" if wish.undone else "decision"
    facts = {"at": now, "what": what, "said": wish.sentence, "by": by, "note": note}
    store.events.insert_many(
        {
            "_id": f"{wish.decision.id}:{what.replace(' ', '-')}:{subject}",
            "account_id": subject,
            "decision": wish.decision.id,
            **facts,
        }
        for subject in _accounts(store, wish)
    )


def _accounts(store: TenantStore, wish: Wish) -> list[str]:
    """Whose timelines tell of it: of people, their accounts'."""
    if wish.entity == "account":
        return list(wish.subjects)
    found = store.contacts.find({"_id": {"$in": list(wish.subjects)}}, {"account_ids": 1})
    return sorted({account for doc in found for account in doc.get("account_ids", ())})
