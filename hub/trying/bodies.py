"""Walking through a JSON or XML body: every value is learnt first, and then scrubbed in place."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from lxml import etree

from hub.errors import CorrectInput
from hub.trying.scrub import Path, Scrubber

KEPT_ATTRIBUTES = ("type", "nil", "schemaLocation")


def scrubbed(body: bytes, scrubber: Scrubber) -> bytes:
    """The body without people, secrets and real ids; raises CorrectInput for another format."""
    if not body.strip():
        return body
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return _xml(body, scrubber)
    for path, value in _leaves(document, ()):
        scrubber.learn(path, value)
    made = _walk(document, (), scrubber)
    return json.dumps(made, ensure_ascii=False, indent=1).encode()


def _leaves(value: Any, at: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _leaves(below, (*at, key))
    elif isinstance(value, list):
        for below in value:
            yield from _leaves(below, at)
    else:
        yield at, value


def _walk(value: Any, at: Path, scrubber: Scrubber) -> Any:
    if isinstance(value, dict):
        return {
            scrubber.key(at, key): _walk(below, (*at, key), scrubber)
            for key, below in value.items()
        }
    if isinstance(value, list):
        return [_walk(below, at, scrubber) for below in value]
    return scrubber.value(at, value)


def _xml(body: bytes, scrubber: Scrubber) -> bytes:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise CorrectInput("Only JSON and XML bodies can be scrubbed.", field="delivery") from None
    _each(root, (), scrubber.learn)
    _each(root, (), scrubber.value)
    text: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return text


def _each(node: Any, above: Path, visit: Callable[[Path, str], Any]) -> None:
    """Give each text and attribute to `visit`, and keep what it answers."""
    if not isinstance(node.tag, str):
        return
    at = (*above, etree.QName(node).localname)
    for name, value in node.attrib.items():
        local = etree.QName(name).localname
        if local not in KEPT_ATTRIBUTES:
            node.attrib[name] = _answer(visit((*at, local), value), value)
    if node.text and node.text.strip():
        node.text = _answer(visit(at, node.text), node.text)
    for below in node:
        _each(below, at, visit)
        if below.tail and below.tail.strip():
            below.tail = _answer(visit(at, below.tail), below.tail)


def _answer(found: Any, before: str) -> str:
    return found if isinstance(found, str) else before
