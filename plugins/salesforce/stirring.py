"""The sandbox's daily life: plausible edits, as people and automations make them."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from plugins.salesforce import seeding
from plugins.salesforce.catalogue import CASE_STATUSES, STAGES
from plugins.salesforce.ids import id18

TITLES = ("Head of Operations", "IT Manager", "CFO", "Owner", "Team Lead")
SUBJECTS = (
    "Check-in",
    "Renewal talk",
    "Onboarding question",
    "Quarterly review",
    "Prise de contact",
)


class Stirring:
    """Mixed into the sandbox's org; `table`, `clock` and `next_id` are the org's."""

    table: Any
    clock: Any
    next_id: Any

    def stir(self, rng: random.Random) -> None:
        """One edit: mostly cases and deals, now and then a call, seldom a delete."""
        edits = {
            self._edit_case: 30,
            self._open_case: 10,
            self._move_deal: 20,
            self._edit_account: 15,
            self._edit_contact: 12,
            self._log_call: 10,
            self._delete: 2,
            self._undelete: 1,
        }
        rng.choices(list(edits), list(edits.values()))[0](rng)

    def _edit_case(self, rng: random.Random) -> None:
        """Two edits within one second happen, and the second shares the first one's stamp."""
        change = {"Status": rng.choice(list(CASE_STATUSES)), "Priority": rng.choice(PRIORITIES)}
        if id := self._any("Case", rng):
            self.table("Case").patch(id, change)
            if rng.random() < 0.1:
                self.table("Case").patch(id, {"IsEscalated": rng.random() < 0.5})

    def _open_case(self, rng: random.Random) -> None:
        contact = self.table("Contact").get(self._any("Contact", rng) or "")
        if contact is None:
            return
        now = self.clock.now()
        id = self._new_id("500")
        self.table("Case").put(id, seeding.row(
            "Case", now, now, Id=id, CaseNumber=id[7:15], Subject=rng.choice(SUBJECTS),
            Status="New", Type="Question", Priority=rng.choice(PRIORITIES), Origin="Email",
            IsClosed=False, IsEscalated=False, AccountId=contact["AccountId"],
            ContactId=contact["Id"], ContactEmail=contact["Email"], OwnerId=seeding.QUEUE,
            CurrencyIsoCode="EUR", _History=[],
        ))  # fmt: skip

    def _move_deal(self, rng: random.Random) -> None:
        if id := self._any("Opportunity", rng):
            self.table("Opportunity").patch(id, {"StageName": rng.choice(list(STAGES))})

    def _edit_account(self, rng: random.Random) -> None:
        if id := self._any("Account", rng):
            revenue = float(rng.randrange(100, 90_000) * 1000)
            self.table("Account").patch(id, {"AnnualRevenue": revenue})

    def _edit_contact(self, rng: random.Random) -> None:
        if id := self._any("Contact", rng):
            self.table("Contact").patch(id, {"Title": rng.choice(TITLES)})

    def _log_call(self, rng: random.Random) -> None:
        contact = self.table("Contact").get(self._any("Contact", rng) or "")
        if contact is None:
            return
        now = self.clock.now()
        id = self._new_id("00T")
        self.table("Task").put(id, seeding.row(
            "Task", now - timedelta(minutes=30), now, Id=id, Subject=rng.choice(SUBJECTS),
            Status="Completed", Priority="Normal", IsClosed=True, TaskSubtype="Call", Type="Call",
            ActivityDate=now.date().isoformat(), CompletedDateTime=seeding.stamp(now),
            WhoId=contact["Id"], WhatId=contact["AccountId"], AccountId=contact["AccountId"],
            OwnerId=contact["OwnerId"], CallType=rng.choice(("Inbound", "Outbound")),
            CallDurationInSeconds=rng.choice((0, 95, 600)), CallDisposition="Connected",
            IsArchived=False, CurrencyIsoCode="EUR",
        ))  # fmt: skip

    def _delete(self, rng: random.Random) -> None:
        name = rng.choice(("Opportunity", "Task", "Contact"))
        if id := self._any(name, rng):
            self.table(name).delete(id)

    def _undelete(self, rng: random.Random) -> None:
        name = rng.choice(("Opportunity", "Task", "Contact"))
        bin = [
            i for i, t in self.table(name).tombstones.items() if not t.record.get("MasterRecordId")
        ]
        if bin:
            self.table(name).restore(rng.choice(bin))

    def _any(self, name: str, rng: random.Random) -> str | None:
        ids = self.table(name).ids()
        return rng.choice(ids) if ids else None

    def _new_id(self, prefix: str) -> str:
        return id18(f"{prefix}{self.next_id() % 10**12:012d}")


PRIORITIES = ("Low", "Medium", "High", "Urgent")
