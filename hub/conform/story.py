"""One story for all rules on change: a listing, edits, pushes, and what the next runs bring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hub.api import Page, Stream
from hub.conform import folding
from hub.conform.editing import Desk, desks
from hub.conform.ground import Ground
from hub.engine.incoming import Incoming
from hub.engine.record import Draft
from hub.sandbox import Edit, Vendor

FEWEST = 8
TEXT = "Told twice \u2014 \u00e4\u00f6\U0001f319"


@dataclass(slots=True)
class Story:
    """`before`: the first listings. `told`: per webhook. `polled`: the next runs. `after`: listed
    anew from the beginning, which is the truth that everything is compared with. `changed`, `gone`
    and `merged` name records by stream."""

    streams: Sequence[Stream]
    desks: Mapping[str, Desk]
    changed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)
    edits: list[Edit] = field(default_factory=list)
    before: list[Incoming] = field(default_factory=list)
    told: dict[str, list[Incoming]] = field(default_factory=dict)
    polled: dict[str, list[Page]] = field(default_factory=dict)
    later: list[Incoming] = field(default_factory=list)
    anew: list[Incoming] = field(default_factory=list)
    after: dict[folding.Key, Draft] = field(default_factory=dict)

    def pushed(self) -> list[Incoming]:
        return [item for items in self.told.values() for item in items]


def story(ground: Ground) -> Story:
    """Told once for each check; edits of all kinds happen while every webhook is set up."""
    if ground.story is None:
        ground.story = _told(ground)
    kept: Story = ground.story
    return kept


def _told(ground: Ground) -> Story:
    streams = ground.filled()
    made = Story(streams, {desk.stream.name: desk for desk in desks(ground)})
    began = ground.began
    for stream in streams:
        made.before += folding.of_pages(ground, stream, ground.pages(stream), began)
    ground.on_edits = lambda: _edit(ground, made)
    with ground.watching(made.edits):
        for webhook in ground.connector.webhooks:
            pushes = ground.pushed(webhook)
            made.told[webhook.name] = folding.of_pushes(ground, webhook.name, pushes)
        if not ground.connector.webhooks:
            _edit(ground, made)
    _read_again(ground, made, ground.vendor.moment())
    return made


def _read_again(ground: Ground, made: Story, asked: datetime) -> None:
    for stream in made.streams:
        pages = list(ground.read(stream, ground.pages(stream)[-1].cursor))
        made.polled[stream.name] = pages
        made.later += folding.of_pages(ground, stream, pages, asked)
        made.anew += folding.of_pages(ground, stream, ground.read(stream), asked)
    made.after = folding.fold(ground, made.anew)


def _edit(ground: Ground, made: Story) -> None:
    """In each stream some records get another text, one goes, and one goes and comes back; where
    the vendor merges, one is merged into another."""
    for desk in made.desks.values():
        here = [i for i in desk.ids if i in desk.table]
        if len(here) < FEWEST:
            continue
        if desk.path:
            _change(made, desk, [here[len(here) * part // 4] for part in (1, 2, 3)])
        if desk.stream.deletes != "never":
            desk.table.delete(here[-1])
            made.gone[desk.stream.name] = here[-1]
        if desk.stream.entity == "account" and _merges(ground):
            into, loser = here[-2], here[-3]
            ground.vendor.merge(desk.table.name, into, [loser])
            made.merged[desk.stream.name] = loser


def _change(made: Story, desk: Desk, ids: list[str]) -> None:
    for native_id in ids:
        desk.edit(native_id, f"{TEXT} {native_id}")
    made.changed[desk.stream.name] = tuple(dict.fromkeys(ids))


def _merges(ground: Ground) -> bool:
    """Whether the sandbox has the vendor's own way of merging."""
    return type(ground.vendor).merge is not Vendor.merge
