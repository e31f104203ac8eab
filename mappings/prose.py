"""Rich text of the vendors as plain text: HTML and Atlassian's document format."""

from __future__ import annotations

import html
import re
from typing import Any

from mappings.errors import Unmappable
from mappings.plain import LONGEST_TEXT, MOST_VALUES, clean, refuse

__all__ = ["adf_text", "html_text"]

_TAG = re.compile(r"(<[!/?a-zA-Z][^<>]*>)")
_TAG_NAME = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)")
_SPACES = re.compile(r"[ \t\r\f\v\u00a0]+")
_LINES = re.compile(r" ?\n[ \n]*")

_HIDDEN = frozenset({"script", "style", "head", "title", "template"})
_NEW_LINE = frozenset(
    {"address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "footer", "form", "header"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "section", "table", "tr"}
    | {"ul"}
)
_BLOCKS = frozenset(
    {"blockquote", "bulletList", "codeBlock", "decisionItem", "decisionList", "expand", "heading"}
    | {"layoutColumn", "listItem", "mediaGroup", "mediaSingle", "orderedList", "panel"}
    | {"paragraph", "rule", "table", "tableRow", "taskItem", "taskList"}
)


def html_text(value: Any, context: Any = None) -> str | None:
    """The words of an HTML text, a line for each block; None where there are none."""
    if not isinstance(value, str):
        refuse(value, "text")
        return None
    pieces: list[str] = []
    hidden: str | None = None
    for piece in _TAG.split(_without_comments(clean(value))):
        name = _tag_name(piece)
        if hidden is not None:
            hidden = None if name == hidden and piece.startswith("</") else hidden
        elif name in _HIDDEN and not piece.startswith("</"):
            hidden = name
        elif name is not None:
            pieces.append("\n" if name in _NEW_LINE else "")
        elif not (piece.startswith(("<!", "<?")) and piece.endswith(">")):
            pieces.append(html.unescape(piece))
    return _tidy("".join(pieces))


def _without_comments(text: str) -> str:
    first, *others = text.split("<!--")
    return first + "".join(piece.partition("-->")[2] for piece in others)


def _tag_name(piece: str) -> str | None:
    found = _TAG_NAME.match(piece) if piece.endswith(">") else None
    return found[1].lower() if found else None


def adf_text(value: Any, context: Any = None) -> str | None:
    """The words of an Atlassian document (or of plain text, as older endpoints send).

    Mentions, emoji and cards give their text or address; blocks begin a new line.
    """
    if isinstance(value, str):
        return _tidy(clean(value))
    if not isinstance(value, dict):
        refuse(value, "an Atlassian document")
        return None
    pieces: list[str] = []
    todo: list[Any] = [value]
    for _ in range(MOST_VALUES):
        if not todo:
            return _tidy(clean("".join(pieces)))
        _take(todo.pop(), pieces, todo)
    raise Unmappable("", f"the document has more than {MOST_VALUES:,} nodes")


def _take(node: Any, pieces: list[str], todo: list[Any]) -> None:
    if isinstance(node, str):
        pieces.append(node)
    elif isinstance(node, dict):
        inner = node.get("content")
        block = node.get("type") in _BLOCKS if isinstance(node.get("type"), str) else False
        pieces.append("\n" if block else "")
        todo.extend(["\n"] if block else [])
        todo.extend(reversed(inner) if isinstance(inner, list) else [_leaf(node)])


def _leaf(node: dict[str, Any]) -> str:
    if node.get("type") == "hardBreak":
        return "\n"
    attrs = node.get("attrs")
    own = attrs if isinstance(attrs, dict) else {}
    for word in (node.get("text"), own.get("text"), own.get("shortName"), own.get("url")):
        if isinstance(word, str) and word:
            return word
    return ""


def _tidy(text: str) -> str | None:
    return _LINES.sub("\n", _SPACES.sub(" ", text)).strip()[:LONGEST_TEXT] or None
