"""Markdown of connectors and of the documentation as HTML; raw HTML in it is shown, never run."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from flask import Blueprint, render_template
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from hub.errors import NotFound
from hub.settings import ROOT

pages = Blueprint("guides", __name__)

DOCS = ROOT / "docs"
HIGHEST, DEEPEST = 2, 6
_READER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def rendered(text: str, deeper: int = 0) -> Markup:
    """Safe HTML; headings go `deeper` levels down, and none is the page's own title."""
    tokens = _READER.parse(text)
    for token in tokens:
        _fit(token, deeper)
    return Markup(_READER.renderer.render(tokens, _READER.options, {}))  # noqa: S704


def _fit(token: Token, deeper: int) -> None:
    if token.type in ("heading_open", "heading_close"):
        token.tag = f"h{min(DEEPEST, max(HIGHEST, int(token.tag[1]) + deeper))}"
    if token.type in ("fence", "code_block", "table_open"):
        token.attrSet("tabindex", "0")  # What is wide is scrolled to by keyboard too.
    for child in token.children or ():
        if child.type == "link_open":
            child.attrSet("rel", "noopener noreferrer")


def guide(path: Path) -> Markup:
    """A guide without its own title; empty when the file is missing."""
    if not path.is_file():
        return Markup("")
    return _guide(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _guide(path: Path, changed: int) -> Markup:
    """`changed` makes an edited file a new one."""
    text = path.read_text(encoding="utf-8")
    title, _, rest = text.partition("\n")
    return rendered(rest if title.startswith("# ") else text)


@pages.get("/help/<name>")
def page(name: str) -> str:
    """A page of the documentation."""
    known = {path.stem: path for path in DOCS.glob("*.md")}
    if name not in known:
        raise NotFound("There is no such page of help.")
    title = known[name].read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")
    return render_template("guide.html", title=title, guide=guide(known[name]))
