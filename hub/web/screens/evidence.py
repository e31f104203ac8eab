"""Where a number comes from, as links: a record, or a list of records between two days."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from flask import url_for

SPAN = re.compile(r"^([a-z_]+):(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})$")
PULSE = "pulse:"
LISTS = {"tickets": "account.tickets", "work": "account.work", "deals": "account.deals"}


@dataclass(frozen=True, slots=True)
class Proof:
    """One link to what a number was made of."""

    words: str
    url: str


def proofs(account_id: str, evidence: Iterable[str]) -> list[Proof]:
    """The links of a measure; records are numbered, spans say their days."""
    found = list(evidence)
    records = [e for e in found if not SPAN.match(e) and not e.startswith(PULSE)]
    spans = [match for entry in found if (match := SPAN.match(entry))]
    links = [
        Proof(f"record {n}" if len(records) > 1 else "record", record_url(key))
        for n, key in enumerate(records, 1)
    ]
    if any(entry.startswith(PULSE) for entry in found):
        links.append(Proof("pulse", url_for("account.page", account_id=account_id) + "#say"))
    return links + [_span(account_id, match) for match in spans]


def record_url(key: str) -> str:
    return url_for("record.page", key=key)


def _span(account_id: str, match: re.Match[str]) -> Proof:
    what, since, until = match.groups()
    endpoint = LISTS.get(what, "account.timeline_page")
    words = f"{what.replace('_', ' ')}, {since} to {until}"
    return Proof(words, url_for(endpoint, account_id=account_id, since=since, until=until))
