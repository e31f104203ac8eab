"""The connector of docs/writing-a-connector.md, copied out of the page and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from hub.settings import ROOT

PAGE = ROOT / "docs" / "writing-a-connector.md"
NAME = "tinydesk"
FILE = re.compile(
    rf"^`((?:{NAME}/|pyproject)[\w./]+)`\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL
)


def write(folder: Path) -> Path:
    """Write the page's files below `folder`, as somebody would who reads it; returns `folder`."""
    for name, text in FILE.findall(PAGE.read_text()):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder
