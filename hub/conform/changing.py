"""Rules on change: an edit, a delete and a merge arrive, by whatever way, and in any order."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from hub.conform import folding
from hub.conform.editing import Desk, desks, standing_still
from hub.conform.folding import Key
from hub.conform.ground import Ground
from hub.conform.rule import NothingToCheck, require, rule
from hub.conform.story import TEXT, Story, story
from hub.engine.incoming import Incoming

ORDERS = 4


@rule("incremental", "silver", "The next run brings what changed, and ends")
def incremental(ground: Ground) -> None:
    told = story(ground)
    for name, ids in told.changed.items():
        desk = told.desks[name]
        polled = _shown(ground, desk, told.polled[name])
        fresh = [i for i in ids if polled.get(i, "").startswith(TEXT)]
        said = f"{name} was edited, and the next run brought none of {len(ids)} edits."
        require(fresh, said, _streams(ground))
        arrived = folding.fold(ground, [*told.pushed(), *told.later])
        late = [i for i in ids if _lacks(told, arrived.get((desk.stream.object, i)), desk, i)]
        said = f"{name}: neither the next run nor a webhook brought the edit of {len(late)}."
        require(not late, said, _streams(ground))


@rule("quiet", "silver", "A run without news is short, and ends where it can go on")
def quiet(ground: Ground) -> None:
    """Judged on the run behind the next one: what an overlap repeats is no loop."""
    for stream in story(ground).streams:
        cursor = story(ground).polled[stream.name][-1].cursor
        pages = list(ground.read(stream, cursor))
        require(pages, f"A run of {stream.name} without news brings no page.", _streams(ground))
        again = pages[-1].cursor == cursor and pages[-1].records and cursor is not None
        said = f"{stream.name} ends twice with one cursor and records: the hub sees a loop."
        require(not again, said, _streams(ground))


@rule("boundary", "silver", "An edit within the very second at which a run ended is not lost")
def boundary(ground: Ground) -> None:
    for desk in _desks(ground):
        here = [i for i in desk.ids if i in desk.table]
        first, second = here[len(here) // 4], here[len(here) // 2]
        with standing_still(ground):
            desk.edit(first, "At the boundary, first")
            cursor = _run_through(ground, desk)
            desk.edit(second, "At the boundary, second")
        found = _shown(ground, desk, ground.read(desk.stream, cursor))
        said = f"{desk.stream.name} loses an edit of the second at which its last run ended."
        require(found.get(second) == "At the boundary, second", said, _streams(ground))


@rule("meanwhile", "silver", "An edit during a listing is not lost, nor what it moves")
def meanwhile(ground: Ground) -> None:
    for desk in _desks(ground):
        edited, cursor = "", None
        seen: dict[str, str] = {}
        there = [i for i in desk.ids if i in desk.table]
        chosen = [there[len(there) * part // 4] for part in (1, 2, 3)]
        for page in ground.read(desk.stream):
            seen |= _shown(ground, desk, [page])
            cursor = page.cursor
            here = [i for i in chosen if i in seen and i in desk.table]
            if not edited and here:
                edited = here[0]
                desk.edit(edited, "Edited meanwhile")
        lost = [i for i in desk.ids if i in desk.table and i not in seen]
        said = f"{desk.stream.name} loses {len(lost)} records that an edit moved."
        require(not lost, said, _streams(ground))
        seen |= _shown(ground, desk, ground.read(desk.stream, cursor))
        said = f"{desk.stream.name} loses an edit that happens while it lists."
        require(seen.get(edited) == "Edited meanwhile", said, _streams(ground))


@rule("deleted", "silver", "What is deleted is noticed in the way that the stream declares")
def deletes(ground: Ground) -> None:
    told = story(ground)
    arrived = folding.fold(ground, [*told.before, *told.pushed(), *told.later])
    for name, native_id in told.gone.items():
        key = (told.desks[name].stream.object, native_id)
        dead = key in arrived and folding.state(arrived[key])[1]
        after = told.after.get(key)
        if told.desks[name].stream.deletes == "events":
            said = f"{name} declares that events tell of deletes; none told of one."
            require(dead, said, _streams(ground))
        alive = after is not None and not folding.state(after)[1]
        require(not alive, f"{name} lists as alive what is deleted.", _streams(ground))


@rule("lives", "silver", "What lives is not taken for deleted, and `never` means never")
def lives(ground: Ground) -> None:
    told = story(ground)
    arrived = folding.fold(ground, [*told.before, *told.pushed(), *told.later, *told.anew])
    never = {s.object for s in told.streams if s.deletes == "never"}
    for key, draft in arrived.items():
        after = told.after.get(key)
        if after is not None and not folding.state(after)[1]:
            said = f"{key[0]} {key[1]} lives at the vendor and is deleted here."
            require(not folding.state(draft)[1], said, _streams(ground))
        said = f"{key[0]} {key[1]} is gone from the listing of a stream that says never."
        require(after is not None or key[0] not in never, said, _streams(ground))


@rule("merged", "silver", "A merge names the survivor and what it absorbed")
def merges(ground: Ground) -> None:
    told = story(ground)
    _survivors(ground, told)
    arrived = folding.fold(ground, [*told.before, *told.pushed(), *told.later])
    for name, loser in told.merged.items():
        key = (told.desks[name].stream.object, loser)
        into = folding.state(arrived[key])[2] if key in arrived else None
        said = f"{name}: {loser} was merged, and nothing says into which record."
        require(into, said, _streams(ground))
        survivor = (into or "").rpartition(":")[2]
        after = told.after.get((key[0], survivor))
        said = f"{name}: {loser} was merged into {survivor}, which does not live."
        require(after is not None and not folding.state(after)[1], said, _streams(ground))


def _survivors(ground: Ground, told: Story) -> None:
    """Whatever is said to have absorbed another lives, or was absorbed itself."""
    items = [*told.pushed(), *told.later]
    gone = {(i.object, i.native_id) for i in items if i.life and i.life.merged_into}
    for item in items:
        into = item.life.merged_into if item.life else None
        if into is None:
            continue
        key = (item.object, into.rpartition(":")[2])
        after = told.after.get(key)
        lives_on = after is not None and not folding.state(after)[1]
        said = f"{item.object} {item.native_id} is said to be merged into {key[1]}, which is gone."
        require(lives_on or key in gone, said, _streams(ground))


@rule("fresh", "silver", "What a webhook causes to be read is the record as it is now")
def fresh(ground: Ground) -> None:
    told = story(ground)
    if not told.pushed():
        raise NothingToCheck("No webhook tells anything.")
    arrived = folding.fold(ground, [*told.before, *told.pushed()])
    for item in told.pushed():
        key = (item.object, item.native_id)
        after = told.after.get(key)
        if after is None or folding.state(after)[1]:
            continue
        said = f"{item.object} {item.native_id} lives, and is deleted after its webhook."
        dead = folding.state(arrived[key])[1]
        require(not dead, said, str(ground.folder / "webhook.py"))
        if item.content is None:
            continue
        said = f"{item.object} {item.native_id} stands otherwise after its webhook than listed."
        right = folding.state(arrived[key])[0] == folding.state(after)[0]
        require(right, said, str(ground.folder / "webhook.py"))


@rule("converge", "silver", "A sync and its webhooks, in any order and twice, end as one")
def converges(ground: Ground) -> None:
    told = story(ground)
    clean = _states(ground, [*told.before, *told.pushed(), *told.later])
    for number, mixed in enumerate(_orders(told)):
        other = _states(ground, mixed)
        odd = [key for key in clean if clean[key] != other.get(key)]
        said = f"In order {number + 1} {len(odd)} records end otherwise, such as {odd[:1]}."
        require(not odd, said, _streams(ground))
    for key, state in _states(ground, [*told.anew, *told.pushed(), *told.before]).items():
        after = told.after.get(key)
        if after is not None and not folding.state(after)[1]:
            said = f"{key[0]} {key[1]} does not end as the vendor lists it."
            require(state[0] == folding.state(after)[0], said, _streams(ground))


def _orders(told: Story) -> Iterable[list[Incoming]]:
    """Backwards; webhooks first and twice; and shuffled, with repeats."""
    whole = [*told.before, *told.pushed(), *told.later]
    yield whole[::-1]
    yield [*told.pushed(), *told.pushed()[::-1], *told.later, *told.before]
    rng = random.Random(7)
    for _ in range(ORDERS - 2):
        mixed = [*whole, *rng.sample(whole, len(whole) // 2)]
        rng.shuffle(mixed)
        yield mixed


def _states(ground: Ground, items: Sequence[Incoming]) -> dict[Key, tuple[str, bool, str | None]]:
    return {key: folding.state(d) for key, d in folding.fold(ground, items).items()}


def _lacks(told: Story, draft: object, desk: Desk, native_id: str) -> bool:
    """Whether a record, as it arrived, is not the one that is listed now."""
    after = told.after.get((desk.stream.object, native_id))
    if after is None or folding.state(after)[1]:
        return False
    return draft is None or folding.state(draft)[0] != folding.state(after)[0]  # type: ignore[arg-type]


def _desks(ground: Ground) -> list[Desk]:
    """Streams with texts that can be edited, and enough records."""
    found = [desk for desk in desks(ground) if desk.path and len(desk.ids) >= 4]
    if not found:
        raise NothingToCheck("No record of the sandbox has a text that can be edited.")
    return found


def _shown(ground: Ground, desk: Desk, pages: Iterable[object]) -> dict[str, str]:
    """The text of each record on these pages, by native id; later ones win."""
    return {
        ground.native_id(desk.stream, record): str(desk.shown(record))
        for page in pages
        for record in page.records  # type: ignore[attr-defined]
    }


def _run_through(ground: Ground, desk: Desk) -> object:
    return list(ground.read(desk.stream))[-1].cursor


def _streams(ground: Ground) -> str:
    streams = ground.folder / "streams.py"
    return str(streams if streams.is_file() else ground.folder / "client.py")
