"""Every icon that a template names is in the sprite: a missing one would be an empty place."""

from __future__ import annotations

import re
from pathlib import Path

import hub.web

WEB = Path(hub.web.__file__).parent
NAMED = re.compile(r'icon\("([a-z0-9-]+)"')
SIGNED = re.compile(r'empty\([^)]*"([a-z0-9]+(?:-[a-z0-9]+)*)"\)', re.DOTALL)


def test_every_icon_is_in_the_sprite() -> None:
    sprite = (WEB / "static/vendor/tabler-icons.svg").read_text()
    there = set(re.findall(r'id="([a-z0-9-]+)"', sprite))
    named = {}
    for path in sorted((WEB / "templates").glob("*.html")):
        text = path.read_text()
        for name in {*NAMED.findall(text), *SIGNED.findall(text)}:
            named.setdefault(name, path.name)
    assert len(named) > 20
    assert {name: file for name, file in named.items() if name not in there} == {}
