"""A decision as a person asks for it, whether by the API, a command or a screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.bootstrap import Hub
from hub.errors import CorrectInput
from hub.identity import decisions, reviews
from hub.store.client import Doc

KINDS = ("same", "not_same", "split", "domain")


@dataclass(frozen=True, slots=True)
class Asking:
    """kind same or not_same: `a` and `b`; split: `account` and `records`; domain: `domain` and
    `account`. Ids are those of accounts, contacts or records."""

    kind: str
    a: str = ""
    b: str = ""
    account: str = ""
    records: Sequence[str] = ()
    domain: str = ""
    note: str = ""

    def preview(self, hub: Hub, tenant_id: str) -> Doc:
        """What it would do; see `decisions.preview`. Raises what `decide` would raise."""
        return decisions.preview(
            hub,
            tenant_id,
            self.kind,
            a=self.a,
            b=self.b,
            account_id=self.account,
            record_keys=self.records,
            domain=self.domain,
        )

    def decide(self, hub: Hub, tenant_id: str, by: str) -> Doc:
        """Decide it in the name of `by`; raises NotFound, CorrectInput, AlreadyThere."""
        note = self.note
        if self.kind == "same":
            return decisions.same(hub, tenant_id, self.a, self.b, by, note)
        if self.kind == "not_same":
            return decisions.not_same(hub, tenant_id, self.a, self.b, by, note)
        if self.kind == "split":
            return decisions.split(hub, tenant_id, self.account, self.records, by, note)
        return decisions.give_domain(hub, tenant_id, self.domain, self.account, by, note)


def effect_of_yes(hub: Hub, tenant_id: str, review: Doc, owner: str = "") -> Doc | None:
    """What saying yes to an open review (as `hub.reads.identity` shows it) would do; None for a
    domain as long as no owner is named, and where both sides are one by now."""
    if review["state"] != "open":
        return None
    if review["kind"] == "ambiguous_domain":
        asking = Asking("domain", domain=review["domain"], account=owner)
        return asking.preview(hub, tenant_id) if owner else None
    a, b = reviews.ends(hub.store(tenant_id), review["id"])
    return None if a == b else Asking("same", a=a, b=b).preview(hub, tenant_id)


def accept(
    hub: Hub, tenant_id: str, review_id: str, by: str, note: str = "", owner: str = ""
) -> Doc:
    """Say yes; an ambiguous domain wants its owner. Returns the decision. Raises what it raises."""
    found = reviews.one(hub.store(tenant_id), review_id)
    if found["kind"] != "ambiguous_domain":
        return decisions.accept(hub, tenant_id, review_id, by, note)
    if not owner:
        raise CorrectInput(f"Say whose {found['domain']} is.", field="owner")
    return decisions.give_domain(hub, tenant_id, found["domain"], owner, by, note)
