"""The lines of every mapping revision that has mapped a record here, kept beyond the next release.

A file knows only today's lines. What made a value last year is looked up by the revision that the
record carries.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from hub.store.client import Doc
from hub.store.tenant import TenantStore
from mappings.language import ObjectMapping
from mappings.lines import Line, Lines, Part

Seen = set[tuple[str, str, str, str]]
"""(tenant, connector, object, revision): what this process has noted already."""


def note(
    store: TenantStore,
    connector: str,
    mappings: Mapping[str, ObjectMapping],
    seen: Seen,
    now: datetime,
) -> None:
    """Keep the lines of revisions that are new to this process; a known one stays as it is."""
    marks = {(store.tenant_id, connector, m.object, m.rev): m for m in mappings.values()}
    fresh = {mark: mapping for mark, mapping in marks.items() if mark not in seen}
    if not fresh:
        return
    store.mapping_revs.insert_new(
        {"_id": ":".join(mark), **_kept(mapping, connector, now)} for mark, mapping in fresh.items()
    )
    seen |= fresh.keys()


def lines_of(store: TenantStore, connector: str, object: str, rev: str, part: Part) -> list[Line]:
    """The lines that defined a value in a revision; empty where it is not kept, or did not."""
    key = ":".join((store.tenant_id, connector, object, rev))
    kept = store.mapping_revs.find_one({"_id": key}) or {}
    mine = [one for one in kept.get("lines", ()) if (one["part"], one["name"]) == part]
    return [Line(one["file"], one["line"], one["text"]) for one in mine]


def _kept(mapping: ObjectMapping, connector: str, now: datetime) -> Doc:
    return {
        "connector": connector,
        "object": mapping.object,
        "rev": mapping.rev,
        "first_at": now,
        "lines": _flat(mapping.lines),
    }


def _flat(lines: Lines) -> list[Doc]:
    return [
        {"part": part, "name": name, "file": line.file, "line": line.line, "text": line.text}
        for (part, name), found in lines.items()
        for line in found
    ]
