"""The books of the sandbox's HubSpot account: associations, merges, the recycle bin, erasure.

Works on a vendor's tables; `links` holds a row for each record that has associations, and
`aliases` one for each id that was merged away (`into`) or erased (`into` is None).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from plugins.hubspot import telling
from plugins.hubspot.seeding import iso

Row = dict[str, Any]

TYPES: Mapping[tuple[str, str], tuple[int, int | None]] = {
    ("contacts", "companies"): (279, 1),
    ("companies", "contacts"): (280, 2),
    ("deals", "companies"): (341, 5),
    ("companies", "deals"): (342, 6),
    ("tickets", "companies"): (339, 26),
    ("companies", "tickets"): (340, 25),
    ("deals", "contacts"): (3, None),
    ("contacts", "deals"): (4, None),
    ("tickets", "contacts"): (16, None),
    ("contacts", "tickets"): (15, None),
}
"""Association type ids between two kinds: the plain one, and the one of a primary company."""


def seed(vendor: Any, kind: str, row: Row, gone: datetime | None) -> None:
    """Put a record of the seeded world, alive or in the recycle bin since `gone`."""
    if gone is None:
        vendor.table(kind).seed(row["id"], row)
    else:
        vendor.table(kind).seed_deleted(row["id"], row, gone)


def seed_links(vendor: Any, kind: str, row: Row, **ends: Iterable[str | None]) -> None:
    """Associate a record of the seeded world with others, in both directions.

    A company is the primary one.
    """
    for to, far_ids in ends.items():
        for far in filter(None, far_ids):
            _seed_link(vendor, f"{kind}/{row['id']}", to, far, to == "companies")
            _seed_link(vendor, f"{to}/{far}", kind, row["id"], to == "companies")


def links(vendor: Any, kind: str, native_id: str) -> dict[str, dict[str, bool]]:
    """Ends of one record that are alive: plural kind -> id -> is the primary one."""
    found = vendor.table("links").get(f"{kind}/{native_id}") or {}
    return {
        to: {far: primary for far, primary in ends.items() if far in vendor.table(to)}
        for to, ends in found.items()
    }


def associate(
    vendor: Any, kind: str, native_id: str, to: str, far: str, primary: bool = False
) -> None:
    """Associate two records in both directions; no stamp of either moves."""
    _link(vendor, kind, native_id, to, far, primary)
    _link(vendor, to, far, kind, native_id, primary)


def dissociate(vendor: Any, kind: str, native_id: str, to: str, far: str) -> None:
    """Take an association away in both directions."""
    _link(vendor, kind, native_id, to, far, None)
    _link(vendor, to, far, kind, native_id, None)


def primary_company(vendor: Any, contact: str) -> str | None:
    """The id of a contact's primary company."""
    ends = links(vendor, "contacts", contact).get("companies", {})
    return next((far for far, primary in ends.items() if primary), None)


def batch_result(
    vendor: Any, kind: str, to: str, size: int, native_id: str, after: str | None
) -> Row | None:
    """One result of a v4 batch read, `size` ends at a time; None where there are none."""
    ends = links(vendor, kind, native_id).get(to, {}) if native_id in vendor.table(kind) else {}
    if not ends:
        return None
    start = int(after or 0)
    some = list(ends.items())[start : start + size]
    found: Row = {
        "from": {"id": native_id},
        "to": [
            {"toObjectId": int(far), "associationTypes": _types(kind, to, primary)}
            for far, primary in some
        ],
    }
    if start + size < len(ends):
        found["paging"] = {"next": {"after": str(start + size)}}
    return found


def create(vendor: Any, kind: str, properties: Mapping[str, str]) -> str:
    """A new record; returns its id."""
    native_id = str(vendor.next_id())
    vendor.table(kind).put(native_id, {"id": native_id, "properties": dict(properties)})
    return native_id


def merge(vendor: Any, kind: str, into: str, losers: Sequence[str]) -> Row:
    """Merge into a third record with an id of its own, as HubSpot does; raises KeyError."""
    table, minted = vendor.table(kind), str(vendor.next_id())
    rows = {one: _present(table, one) for one in (into, *losers)}
    properties = dict(rows[into]["properties"])
    for loser in losers:
        known = rows[loser]["properties"]
        properties |= {k: v for k, v in known.items() if properties.get(k) is None}
    properties["hs_merged_object_ids"] = ";".join(_former(rows))
    after: Row = table.put(minted, {"id": minted, "properties": properties}, quiet=True)
    vendor.tell_all([telling.merged(kind, into, list(losers), minted)])
    for one in rows:
        vendor.table("aliases").put(f"{kind}/{one}", {"into": minted}, quiet=True)
        _hand_over(vendor, kind, one, minted)
        table.delete(one, quiet=True)
    return after


def erase(vendor: Any, native_id: str) -> None:
    """Delete a contact for good, as privacy law asks; raises KeyError."""
    _present(vendor.table("contacts"), native_id)
    vendor.table("aliases").put(f"contacts/{native_id}", {"into": None}, quiet=True)
    vendor.tell_all([*farewell(vendor, "contacts", native_id), *telling.erased(native_id)])
    vendor.table("contacts").delete(native_id, quiet=True)


def farewell(vendor: Any, kind: str, native_id: str, back: bool = False) -> Iterator[telling.Told]:
    """What the far ends tell when a record goes into the recycle bin, or comes back."""
    for to, ends in links(vendor, kind, native_id).items():
        for far, primary in ends.items():
            yield telling.linked(to, far, kind, native_id, primary if back else None)


def survivor(vendor: Any, kind: str, native_id: str) -> str:
    """The id under which a record lives now, over any number of merges."""
    while (alias := vendor.table("aliases").get(f"{kind}/{native_id}")) and alias["into"]:
        native_id = alias["into"]
    return native_id


def archive(vendor: Any, kind: str) -> list[Row]:
    """What lies in the recycle bin, by rising id; merged and erased records do not."""
    aliases = vendor.table("aliases")
    stones = vendor.table(kind).tombstones
    return [
        {**stones[one].record, "archivedAt": iso(stones[one].at)}
        for one in sorted(stones, key=int)
        if f"{kind}/{one}" not in aliases
    ]


def _hand_over(vendor: Any, kind: str, old: str, new: str) -> None:
    for to, ends in links(vendor, kind, old).items():
        for far, primary in ends.items():
            dissociate(vendor, kind, old, to, far)
            associate(vendor, kind, new, to, far, primary)


def _seed_link(vendor: Any, key: str, to: str, far: str, primary: bool) -> None:
    table = vendor.table("links")
    table.seed(key, _with(table.get(key) or {}, to, far, primary))


def _link(vendor: Any, kind: str, native_id: str, to: str, far: str, primary: bool | None) -> None:
    key = f"{kind}/{native_id}"
    old = vendor.table("links").get(key) or {}
    vendor.table("links").put(key, _with(old, to, far, primary))


def _with(old: Row, to: str, far: str, primary: bool | None) -> Row:
    ends = {one: known for one, known in old.get(to, {}).items() if one != far}
    if primary and to == "companies":
        ends = dict.fromkeys(ends, False)
    if primary is not None:
        ends[far] = primary
    return {**old, to: ends}


def _types(kind: str, to: str, primary: bool) -> list[Row]:
    plain, first = TYPES[kind, to]
    found = [{"category": "HUBSPOT_DEFINED", "typeId": plain, "label": None}]
    if primary and first is not None:
        found.insert(0, {"category": "HUBSPOT_DEFINED", "typeId": first, "label": "Primary"})
    return found


def _present(table: Any, native_id: str) -> Row:
    row: Row | None = table.get(native_id)
    if row is None:
        raise KeyError(native_id)
    return row


def _former(rows: Mapping[str, Row]) -> list[str]:
    older = [rows[one]["properties"].get("hs_merged_object_ids") or "" for one in rows]
    return [*rows, *(one for text in older for one in text.split(";") if one)]
