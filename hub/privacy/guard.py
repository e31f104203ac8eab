"""The guard at step 2: what is suppressed is ignored, and the erased are taken out of the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from bson.binary import Binary

from hub.engine import registers
from hub.engine.incoming import Incoming, Source
from hub.engine.plan import Outcome, Plan, RowPlan
from hub.privacy import identifiers, recognise
from hub.privacy.cleaning import clean
from hub.privacy.identifiers import Identifiers
from hub.privacy.redact import Redactor
from hub.privacy.suppression import Suppressed
from hub.store.client import Doc
from mappings import normalise
from mappings.language import Link, Mapped

RULE: Final = "suppressed"
INTAKE: Final = "intake"
"""Marks a record that was cleaned as it came in: it is read anew when somebody may return."""
_FIELD: Final = re.compile(rb'"([^"\\\s]{3,254}@[^"\\\s]{3,254})"')


class Guard:
    """One connection's guard in one batch."""

    def __init__(self, known: Suppressed, source: Source) -> None:
        self._known = known
        self._source = source

    def let_in(self, batch: Iterable[Incoming]) -> list[Incoming]:
        """The others; the suppressed get their fate here, and leave no trace."""
        others = []
        for item in batch:
            if self.blocks(item):
                item.fate, item.rule = "ignored", RULE
            else:
                others.append(item)
        return others

    def cleanse(self, batch: Iterable[Incoming]) -> None:
        """Take the erased out of records of others."""
        for item in batch:
            self._cleanse(item)

    def blocks(self, item: Incoming) -> bool:
        if self._known.knows(("keys", self._source.key(item.object, item.native_id))):
            return True
        if item.mapped is None:
            return item.problem is not None and self._is_of_someone(item)
        own = identifiers.of_values(item.mapped.entity, item.mapped.values, item.mapped.external_id)
        telling = ("emails", "user_ids", "external_ids", "domains")
        return any(self._known.knows(p) for p in own.pairs() if p[0] in telling) or self._hangs(
            item.mapped
        )

    def _is_of_someone(self, item: Incoming) -> bool:
        """A person's record that cannot be mapped is known by its fields that are an address."""
        if self._source.mappings[item.object].entity != "contact":
            return False
        addresses = {
            e for text in _FIELD.findall(item.raw) if (e := identifiers.email(text.decode()))
        }
        return any(self._known.knows(("emails", address)) for address in addresses)

    def _hangs(self, mapped: Mapped) -> bool:
        """Whether it belongs to a company that was erased, and to no other."""
        if mapped.entity == "account":
            return False
        direct = [link for link in mapped.links if link.kind == "account"]
        keys = [f"{self._source.connection_id}:{link.value}" for link in direct if _by_record(link)]
        if keys:
            return all(self._known.knows(("keys", key)) for key in keys)
        return any(self._known.knows(pair) for pair in _companies(mapped, direct))

    def _cleanse(self, item: Incoming) -> None:
        life = item.life
        if life and life.merged_into and self._known.knows(("keys", life.merged_into)):
            item.life = registers.Life((*life.order[:2], ""), deleted=True)
        if not item.raw:
            return
        text = item.raw.decode("utf-8", "replace")
        links = item.mapped.links if item.mapped else ()
        who = recognise.recognise(self._known, self._source.connection_id, text, links)
        done = clean(self._source, item.object, item.raw, who) if any(who.pairs()) else None
        if done is not None:
            item.raw, item.mapped, item.redacted = done.raw, done.mapped, True
            item.problem = done.problem or item.problem

    def thin(self, batch: Plan) -> None:
        """Nobody asks the vendor for a record that would not be kept."""
        for row in batch.rows:
            for outcome in row.outcomes:
                self._thin(outcome)
        for end in [end for end in batch.wanted if self._is_blocked(end)]:
            del batch.wanted[end]

    def _thin(self, outcome: Outcome) -> None:
        kept = tuple(end for end in outcome.wants if not self._is_blocked(end))
        if len(kept) < len(outcome.wants):
            outcome.blocked = tuple(end for end in outcome.wants if end not in kept)
            outcome.wants = kept
            if not kept and outcome.incoming is None:
                outcome.fate, outcome.rule = "ignored", RULE

    def _is_blocked(self, end: tuple[str, str]) -> bool:
        return self._known.knows(("keys", self._source.key(*end)))

    def strip(self, row: RowPlan, now: datetime) -> Doc | None:
        """What becomes of a delivery's body once its changes have their fates; None: it stays."""
        blocked = [o for o in row.outcomes if o.rule == RULE]
        ends = {end for o in row.outcomes for end in o.blocked}
        ends |= {(o.incoming.object, o.incoming.native_id) for o in blocked if o.incoming}
        if row.outcomes and len(blocked) == len(row.outcomes):
            return dropped(now, RULE)
        body = bytes(row.row["body"])
        text = body.decode("utf-8", "replace")
        who = recognise.recognise(self._known, self._source.connection_id, text, _links(ends))
        for end in ends:
            who.note_key(self._source.key(*end))
        if not any(who.pairs()):
            return None
        clean = Redactor(who, self._source.connection_id).body(body, everywhere=True)
        return redacted(clean, now, RULE) if clean != body else None


def dropped(now: datetime, by: str) -> Doc:
    """Of a delivery that concerned nobody else nothing but its row is left."""
    return {"body": Binary(b""), "key": "", "erased": {"how": "dropped", "at": now, "by": by}}


def redacted(body: bytes, now: datetime, by: str) -> Doc:
    return {"body": Binary(body), "key": "", "erased": {"how": "redacted", "at": now, "by": by}}


def _links(ends: Iterable[tuple[str, str]]) -> list[Link]:
    return [Link("contact", "record", f"{object}:{native_id}") for object, native_id in ends]


def _by_record(link: Link) -> bool:
    return link.by == "record"


def _companies(mapped: Mapped, direct: Sequence[Link]) -> set[identifiers.Pair]:
    """What leads to a company without naming its record."""
    found: set[identifiers.Pair] = set()
    people = [link for link in mapped.links if link.kind != "account" and link.by == "email"]
    for link in [*direct, *people]:
        if link.by == "external_id":
            found.add(("external_ids", link.value.strip()))
        elif domain := normalise.registrable_domain(link.value):
            found.add(("domains", domain))
    own = mapped.values.get("emails") if mapped.entity == "contact" else ()
    return found | {("domains", d) for e in own or () if (d := normalise.registrable_domain(e))}


def of(known: Suppressed | None, source: Source) -> Guard | None:
    return Guard(known, source) if known else None


__all__ = ["RULE", "Guard", "Identifiers", "dropped", "of", "redacted"]
