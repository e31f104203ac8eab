"""How each kind of record is walked: everything once, then only what changed.

A walk is a chain of steps, each one request to HubSpot, and its cursor is the state between them:
`live` (list) -> `archived` (list of deletes) -> `idle`; later `search` -> `archived` -> `idle`.
Times in a cursor are HubSpot's own clock in milliseconds, taken when a walk began. `turn` counts
the walks, so that two of them within one second do not end in the same cursor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from hub.api import Change, GiveUp, Json, Page, Record, Stream
from plugins.hubspot.client import SEARCH_LIMIT, URL_ROOM, Client, chunks
from plugins.hubspot.records import (
    LINKED,
    MODIFIED,
    OBJECTS,
    PROPERTIES,
    deletion,
    merge,
    merges,
    moment,
    shape,
)

OVERLAP_MS = 300_000
"""How far each incremental run looks back: new rows reach HubSpot's search index late."""

ARCHIVE_PACE_MS = 30_000
"""Time between two walks of the archive, for each page beyond the first that the last one took."""

ENTITIES = {"companies": "account", "contacts": "contact", "deals": "opportunity"}
Pages = Callable[[Client, Json, Sequence[str]], Iterator[Page]]
Fetch = Callable[[Client, Sequence[str]], Iterable[Record | Change]]


def streams() -> tuple[Stream, ...]:
    """All streams of the connector; companies come first, for others point to them."""
    return (*map(_object_stream, OBJECTS), _OWNERS, _ASSOCIATIONS)


def asked_properties(client: Client, kind: str) -> list[str]:
    """Every property that is asked for: ours, the tenant's own, and those named in the settings.

    The same in list and batch read, and so not what a single mapping happens to read.
    """
    return sorted({*PROPERTIES[kind], *client.custom_properties(kind), *client.extra})


def fetch(client: Client, kind: str, ids: Sequence[str]) -> list[Record | Change]:
    """Current records of `ids` with their associations; deletes and merges come as changes."""
    found: list[Record | Change] = []
    for some in chunks(ids):
        records = _read(client, kind, some)
        known = {str(record["id"]) for record in records}
        found += records
        found += _missing(client, kind, [one for one in some if one not in known])
    return found


def _object_stream(kind: str) -> Stream:
    def pages(client: Client, cursor: Json, fields: Sequence[str]) -> Iterator[Page]:
        return _walk(client, kind, cursor)

    def fetch_some(client: Client, ids: Sequence[str]) -> Iterable[Record | Change]:
        return fetch(client, kind, ids)

    return Stream(
        name=kind,
        object=OBJECTS[kind],
        entity=ENTITIES.get(kind, "ticket"),
        pages=pages,
        fetch=fetch_some,
        interval_s=300,
        deletes="listing",
        precision_s=0.001,
    )


def _walk(client: Client, kind: str, cursor: Json) -> Iterator[Page]:
    state = _begin(cursor)
    while state["step"] != "idle":
        page = _STEPS[state["step"]](client, kind, state)
        yield page
        state = page.cursor


def _begin(cursor: Json) -> dict[str, Any]:
    if not cursor:
        return {"step": "live", "turn": 0}
    if cursor["step"] == "idle":
        return {**cursor, "step": "search", "last": "0", "turn": cursor["turn"] + 1}
    return dict(cursor)


def _live(client: Client, kind: str, state: dict[str, Any], counted: bool = True) -> Page:
    total = state.get("total")
    if counted and "after" not in state:
        total = client.search(kind, [], limit=1).data.get("total")
    properties = asked_properties(client, kind)
    fits = sum(len(name) + len("&properties=") for name in properties) <= URL_ROOM
    listing = client.page(kind, state.get("after"), properties if fits else ["hs_object_id"])
    ids = [str(raw["id"]) for raw in listing.records]
    records = _with_links(client, kind, listing.records) if fits else _read(client, kind, ids)
    began = state.get("began") or _ms(listing.at)
    known = {"began": began, "turn": state["turn"]}
    if listing.after is not None:
        cursor = {**known, "step": "live", "after": listing.after, "total": total}
    else:
        cursor = {**known, "step": "archived", "pages": 0, "floor": 0}
    return Page(records, cursor, total, merges(OBJECTS[kind], records))


def _search(client: Client, kind: str, state: dict[str, Any]) -> Page:
    filters = [
        _filter(MODIFIED[kind], "GTE", state["since"] - OVERLAP_MS),
        _filter("hs_object_id", "GT", state["last"]),
    ]
    answer = client.search(kind, filters)
    total = state.get("total", answer.data.get("total"))
    ids = [str(raw["id"]) for raw in answer.data["results"]]
    began = state.get("began") or _ms(answer.at)
    found = fetch(client, kind, ids)
    records = [one for one in found if not isinstance(one, Change)]
    changes = [one for one in found if isinstance(one, Change)]
    cursor = _after_search({**state, "total": total}, ids, began)
    return Page(records, cursor, total, [*changes, *merges(OBJECTS[kind], records)])


def _after_search(state: dict[str, Any], ids: Sequence[str], began: int) -> dict[str, Any]:
    if len(ids) >= SEARCH_LIMIT:
        last = max(ids, key=int)
        if int(last) <= int(state["last"]):
            raise GiveUp("HubSpot's search went backwards.", reason="cursor_stuck")
        return {**state, "step": "search", "last": last, "began": began}
    walked, pages, turn = state["walked"], state["pages"], state["turn"]
    if began - walked >= (pages - 1) * ARCHIVE_PACE_MS:
        floor = walked - OVERLAP_MS
        return {"step": "archived", "began": began, "pages": 0, "floor": floor, "turn": turn}
    return {"step": "idle", "since": began, "walked": walked, "pages": pages, "turn": turn}


def _archived(client: Client, kind: str, state: dict[str, Any]) -> Page:
    listing = client.page(kind, state.get("after"), ["hs_object_id"], archived=True)
    gone = [deletion(OBJECTS[kind], raw) for raw in listing.records]
    changes = [one for one in gone if _ms(one.occurred_at) >= state["floor"]]
    pages = state["pages"] + 1
    if listing.after is not None:
        return Page((), {**state, "after": listing.after, "pages": pages}, None, changes)
    began, turn = state["began"], state["turn"]
    cursor = {"step": "idle", "since": began, "walked": began, "pages": pages, "turn": turn}
    return Page((), cursor, None, changes)


_STEPS = {"live": _live, "search": _search, "archived": _archived}


def _read(client: Client, kind: str, ids: Sequence[str]) -> list[Record]:
    if not ids:
        return []
    return _with_links(client, kind, client.read(kind, ids, asked_properties(client, kind)))


def _with_links(client: Client, kind: str, raws: Sequence[Json]) -> list[Record]:
    ids = [str(raw["id"]) for raw in raws]
    linked = {to: client.associations(kind, to, ids) for to in LINKED[kind]} if ids else {}
    return [
        shape(raw, {to: ends.get(str(raw["id"]), []) for to, ends in linked.items()})
        for raw in raws
    ]


def _missing(client: Client, kind: str, ids: Sequence[str]) -> list[Record | Change]:
    if not ids:
        return []
    gone = {str(raw["id"]): raw for raw in client.read(kind, ids, (), archived=True)}
    found: list[Record | Change] = [deletion(OBJECTS[kind], raw) for raw in gone.values()]
    for one in ids:
        survivor = None if one in gone else client.read_one(kind, one)
        if survivor is not None:
            found += _read(client, kind, [str(survivor["id"])])
        if survivor is not None and str(survivor["id"]) != one:
            found.append(merge(OBJECTS[kind], survivor, [one]))
    return found


def _owner_pages(client: Client, cursor: Json, fields: Sequence[str]) -> Iterator[Page]:
    state = _restart(cursor, {"archived": False})
    while "done" not in state:
        listing = client.owners(state.get("after"), state["archived"])
        turn = state["turn"]
        if listing.after is not None:
            state = {**state, "after": listing.after}
        elif state["archived"]:
            state = {"done": True, "turn": turn}
        else:
            state = {"archived": True, "turn": turn}
        yield Page(listing.records, state)


def _fetch_owners(client: Client, ids: Sequence[str]) -> Iterable[Record | Change]:
    return [found for one in ids if (found := client.owner(one)) is not None]


def _association_pages(client: Client, cursor: Json, fields: Sequence[str]) -> Iterator[Page]:
    linked = [kind for kind in OBJECTS if LINKED[kind]]
    state = _restart(cursor, {"kind": linked[0]})
    while "done" not in state:
        kind, turn = state["kind"], state["turn"]
        page = _live(client, kind, state, counted=False)
        rest = linked[linked.index(kind) + 1 :]
        if page.cursor["step"] == "live":
            state = {"kind": kind, **page.cursor}
        else:
            state = {"kind": rest[0], "turn": turn} if rest else {"done": True, "turn": turn}
        yield Page((), state, page.total, [*map(_upsert(kind), page.records), *page.changes])


def _restart(cursor: Json, first: dict[str, Any]) -> dict[str, Any]:
    """Go on from `cursor`, or begin the next turn of a stream that always lists everything."""
    if cursor and "done" not in cursor:
        return dict(cursor)
    return {**first, "turn": cursor["turn"] + 1 if cursor else 0}


def _upsert(kind: str) -> Callable[[Record], Change]:
    def change(record: Record) -> Change:
        at = moment(record["updatedAt"])
        return Change(OBJECTS[kind], str(record["id"]), "upsert", at, version=at, record=record)

    return change


def _filter(name: str, operator: str, value: Any) -> Json:
    return {"propertyName": name, "operator": operator, "value": str(value)}


def _ms(at: Any) -> int:
    return int(at.timestamp() * 1000)


_OWNERS = Stream(
    name="owners",
    object="owner",
    entity="user",
    pages=_owner_pages,
    fetch=_fetch_owners,
    interval_s=3600,
    deletes="never",
    precision_s=0.001,
)

_ASSOCIATIONS = Stream(
    name="associations",
    object="association",
    entity=None,
    pages=_association_pages,
    interval_s=6 * 3600,
    deletes="never",
    precision_s=0.001,
)
