"""Recorded payloads: bodies and records as the vendor's documents show them, beside the connector.

They lie in the connector's own folder `payloads`, or for one of this repository in
`tests/plugins/<name>/payloads`. `index.yaml` there has an entry for each file: `follows` (the
vendor's document and section) and `webhook: name` for a body, `object: word` for a record, or
`objects: {key: word}` where one file holds several. A body may have `headers`, `secret` and
`received_at`: then it must verify, too, for the vendor's `account` where that has to match. What a
connector must refuse has neither.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from hub.api import Delivery, Record, Registration
from hub.settings import ROOT

INDEX = "index.yaml"


@dataclass(frozen=True, slots=True)
class Payload:
    """One recorded file and what its entry says of it."""

    file: Path
    follows: str = ""
    webhook: str = ""
    objects: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    secret: str = ""
    account: str | None = None
    received_at: datetime = datetime(2026, 1, 5, 12, tzinfo=UTC)
    url: str = "https://hub.example/webhooks/vendor/key"

    def delivery(self) -> Delivery:
        """The request that carried the body."""
        headers = {"content-type": "application/json"} | dict(self.headers)
        return Delivery("POST", self.url, headers, self.file.read_bytes(), self.received_at)

    def registration(self) -> Registration:
        """What the body is verified against; without a secret nothing can be."""
        secrets = (self.secret,) if self.secret else ()
        return Registration("end_check", self.url, secrets, account=self.account)

    def records(self) -> Iterator[tuple[str, Record]]:
        """(object, record) of each record in the file."""
        found: Any = json.loads(self.file.read_text()) if self.objects else {}
        for key, word in self.objects.items():
            yield word, found[key] if key else found


def folder_of(connector: Path) -> Path:
    """Where the payloads of a connector's folder lie, whether or not there are any."""
    own = connector / "payloads"
    ours = ROOT / "tests" / "plugins" / connector.name / "payloads"
    return ours if connector.parent == ROOT / "plugins" and not own.is_dir() else own


def payloads(folder: Path) -> list[Payload]:
    """Every file of the folder with its entry; raises ValueError for an index that is none."""
    path = folder / INDEX
    index: Any = yaml.safe_load(path.read_text()) if path.is_file() else {}
    if not isinstance(index, dict) or not all(isinstance(v, dict) for v in index.values()):
        raise ValueError(f"{path} names no files with their entries")
    files = {f.name for f in folder.glob("*") if f.is_file() and f.name != INDEX}
    if lost := sorted(index.keys() - files):
        raise ValueError(f"{path} names {lost[0]}, which is not there")
    return [_payload(folder / name, dict(index.get(name, {}))) for name in sorted(files)]


def _payload(file: Path, entry: dict[str, Any]) -> Payload:
    word = entry.pop("object", "")
    objects = entry.pop("objects", {"": word} if word else {})
    if isinstance(at := entry.get("received_at"), str):
        entry["received_at"] = datetime.fromisoformat(at)
    try:
        return Payload(file, objects=objects, **entry)
    except TypeError:
        raise ValueError(f"the entry of {file.name} has a word that is not known") from None
