"""What only a case needs: its changes of status, which tell how often it was reopened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from hub.api import GiveUp, Record

if TYPE_CHECKING:
    from plugins.salesforce.client import Client

CHUNK = 300
HISTORY = (
    "SELECT CaseId, CreatedDate, OldValue, NewValue FROM CaseHistory "
    "WHERE Field = 'Status' AND CaseId IN ({ids}) ORDER BY CaseId, CreatedDate, Id"
)


def with_history(client: Client, rows: Sequence[dict[str, Any]]) -> list[Record]:
    """Cases with `StatusChanges`: [{at, from, to, from_closed, to_closed}], oldest first.

    The key is absent where the org does not show the history; it is empty where it shows none.
    """
    if client.describe("CaseHistory") is None:
        return list(rows)
    closed = _closed_statuses(client)
    if closed is None:
        return list(rows)
    steps: dict[str, list[dict[str, Any]]] = {str(row["Id"]): [] for row in rows}
    for entry in _history(client, list(steps)):
        steps.setdefault(str(entry["CaseId"]), []).append(_step(entry, closed))
    return [{**row, "StatusChanges": steps[str(row["Id"])]} for row in rows]


def _history(client: Client, ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    for start in range(0, len(ids), CHUNK):
        listed = ",".join(f"'{i}'" for i in ids[start : start + CHUNK])
        yield from client.rows(HISTORY.format(ids=listed))


def _step(entry: dict[str, Any], closed: frozenset[str]) -> dict[str, Any]:
    before, after = entry.get("OldValue"), entry.get("NewValue")
    return {
        "at": entry["CreatedDate"],
        "from": before,
        "to": after,
        "from_closed": before in closed,
        "to_closed": after in closed,
    }


def _closed_statuses(client: Client) -> frozenset[str] | None:
    """Status words that mean closed: tenants rename them, so the org says which they are."""
    if client.memory.closed_statuses is None:
        try:
            rows = list(client.rows("SELECT ApiName, MasterLabel, IsClosed FROM CaseStatus"))
        except GiveUp:
            return None
        words = {row[key] for row in rows if row["IsClosed"] for key in ("ApiName", "MasterLabel")}
        client.memory.closed_statuses = frozenset(words - {None})
    return client.memory.closed_statuses
