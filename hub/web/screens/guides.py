"""Markdown of connectors and of the documentation as HTML; raw HTML in it is shown, never run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, render_template, send_file
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from hub.errors import NotFound
from hub.settings import ROOT

pages = Blueprint("guides", __name__)

DOCS = ROOT / "docs"
HIGHEST, DEEPEST = 2, 6
_READER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def rendered(text: str, deeper: int = 0, home: Path = DOCS / "README.md") -> Markup:
    """Safe HTML; headings go `deeper` levels down, and none is the page's own title.

    Links to other files are relative to `home`: pages of help lead on, and what is no page of this
    site (code, tests) stays as words.
    """
    tokens = _READER.parse(text)
    for token in tokens:
        _fit(token, deeper)
        if token.children:
            token.children = list(_linked(token.children, home))
    return Markup(_READER.renderer.render(tokens, _READER.options, {}))  # noqa: S704


def _fit(token: Token, deeper: int) -> None:
    if token.type in ("heading_open", "heading_close"):
        token.tag = f"h{min(DEEPEST, max(HIGHEST, int(token.tag[1]) + deeper))}"
    if token.type in ("fence", "code_block", "table_open"):
        token.attrSet("tabindex", "0")  # What is wide is scrolled to by keyboard too.
    for child in token.children or ():
        if child.type == "link_open":
            child.attrSet("rel", "noopener noreferrer")


def _linked(tokens: Sequence[Token], home: Path) -> Iterator[Token]:
    dropped = False
    for token in tokens:
        if token.type == "link_open":
            address = _address(str(token.attrGet("href") or ""), home)
            token.attrSet("href", address or "")
            dropped = address is None
        elif token.type == "image":
            token.attrSet("src", _address(str(token.attrGet("src") or ""), home) or "")
        if not (dropped and token.type in ("link_open", "link_close")):
            yield token


def _address(written: str, home: Path) -> str | None:
    """Where a link of a file leads on this site; None for a file that is no page here."""
    file, hash, anchor = written.partition("#")
    if not file or ":" in file or file.startswith("/"):
        return written
    path = (home.parent / file).resolve()
    if path.is_relative_to(DOCS):
        below = path.relative_to(DOCS)
        name = below.with_suffix("") if path.suffix == ".md" else below
        shown = path.suffix == ".md" or below.parts[0] == "images"
        return f"/help/{name.as_posix()}{hash}{anchor}" if shown and path.is_file() else None
    own = path.name == "README.md" and path.parent.parent == ROOT / "plugins"
    return f"/plugins/{path.parent.name}" if own else None


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
    return rendered(rest if title.startswith("# ") else text, home=path)


@pages.get("/help/images/<name>")
def image(name: str) -> Response:
    """A picture of the documentation."""
    known = {path.name: path for path in (DOCS / "images").iterdir()}
    if name not in known:
        raise NotFound("There is no such picture.")
    return send_file(known[name])


@pages.get("/help/<path:name>")
def page(name: str) -> str:
    """A page of the documentation."""
    known = {p.relative_to(DOCS).with_suffix("").as_posix(): p for p in DOCS.rglob("*.md")}
    if name not in known:
        raise NotFound("There is no such page of help.")
    title = known[name].read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")
    return render_template("guide.html", title=title, guide=guide(known[name]))
