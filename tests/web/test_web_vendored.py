"""What is vendored is what its list says, to the byte."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import hub.web

VENDOR = Path(hub.web.__file__).parent / "static" / "vendor"
LISTED = {entry["file"]: entry for entry in json.loads((VENDOR / "vendor.json").read_text())}


def test_every_vendored_file_has_the_listed_hash() -> None:
    for name, entry in LISTED.items():
        digest = hashlib.sha512((VENDOR / name).read_bytes()).digest()
        assert base64.b64encode(digest).decode() == entry["sha512"], name


def test_nothing_is_vendored_unlisted() -> None:
    assert {path.name for path in VENDOR.iterdir()} == {*LISTED, "vendor.json"}


def test_every_entry_names_its_version_and_licence() -> None:
    for entry in LISTED.values():
        assert entry["version"]
        assert entry["licence"] in ("MIT", "0BSD", "Apache-2.0")
