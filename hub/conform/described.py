"""Operations and schemas of an OpenAPI description, as far as names go."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hub.conform.published import Published, load

METHODS = ("get", "put", "post", "delete", "patch")
OPEN = ("oneOf", "anyOf", "additionalProperties")
"""Words of a schema that leave it open which names there are."""
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. `queries` names the parameters that may stand in the address."""

    whole: Json
    path: str
    method: str
    item: Json
    pattern: re.Pattern[str]
    queries: frozenset[str]

    @property
    def at(self) -> str:
        return f"{self.method.upper()} {self.path}"

    def answers(self, method: str, path: str) -> bool:
        return self.method == method and self.pattern.fullmatch(path) is not None

    @property
    def _answers(self) -> Json:
        return dict(self.item[self.method].get("responses", {}))

    def lists(self, status: int) -> bool:
        return str(status) in self._answers

    def is_silent(self, status: int) -> bool:
        """Whether this is a success and only failures are described, as HubSpot's `default` is."""
        return status < 300 and not any(listed.startswith("2") for listed in self._answers)

    def answer(self, status: int) -> Json:
        """The schema of an answer of this status; an empty one where none is described."""
        chosen = self._answers.get(str(status)) or self._answers.get("default") or {}
        found = resolved(self.whole, chosen)
        contents = list(found.get("content", {}).values())
        return dict(contents[0].get("schema", {})) if contents else {}


def operations(published: Published) -> list[Operation]:
    """Every operation of the files that are at hand, the most exact path first."""
    found = [
        operation
        for whole in map(load, published.found())
        for path, item in whole["paths"].items()
        for operation in _of_path(whole, path, _widened(item, published.widened))
    ]
    return sorted(found, key=lambda operation: operation.path.count("{"))


def _of_path(whole: Json, path: str, given: Json) -> Iterator[Operation]:
    """Without what is said of signing in: that is tried by the rules of the contract."""
    item = {
        word: {k: v for k, v in part.items() if k != "security"} if word in METHODS else part
        for word, part in given.items()
    }
    pattern = re.compile("[^/]+".join(re.escape(text) for text in re.split(r"\{[^}]+\}", path)))
    for method in METHODS:
        if method in item:
            parameters = [*item.get("parameters", ()), *item[method].get("parameters", ())]
            known = [resolved(whole, parameter) for parameter in parameters]
            queries = frozenset(p["name"] for p in known if p["in"] == "query")
            yield Operation(whole, path, method, item, pattern, queries)


def _widened(part: Any, words: Mapping[str, str]) -> Any:
    """A path with other schemas in place of some; what those are made of stays as it is."""
    if isinstance(part, list):
        return [_widened(one, words) for one in part]
    if not isinstance(part, dict) or not words:
        return part
    start, _, name = str(part.get("$ref", "")).rpartition("/")
    if name in words:
        return {"$ref": f"{start}/{words[name]}"}
    return {key: _widened(one, words) for key, one in part.items()}


def resolved(whole: Json, part: Json) -> Json:
    """What a `$ref` means."""
    while "$ref" in part:
        found: Any = whole
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def undescribed(whole: Json, schema: Json, value: Any, place: str = "$") -> Iterator[str]:
    """Names in a value of which its schema knows nothing, by the place where they stand."""
    if isinstance(value, list):
        for part in value:
            yield from undescribed(whole, _items(whole, schema), part, f"{place}[]")
    if not isinstance(value, dict):
        return
    names = _names(whole, schema)
    if names is None:
        return
    for name, part in value.items():
        if name not in names:
            yield f"{place} has a name that is unknown: {name}"
        else:
            yield from undescribed(whole, names[name], part, f"{place}.{name}")


def _names(whole: Json, schema: Json) -> dict[str, Json] | None:
    """The names of an object with their schemas; None where others are allowed or none is told."""
    schema = resolved(whole, schema)
    if any(schema.get(word) for word in OPEN):
        return None
    found = dict(schema.get("properties", {}))
    for part in schema.get("allOf", ()):
        below = _names(whole, part)
        if below is None:
            return None
        found |= below
    return found or None


def _items(whole: Json, schema: Json) -> Json:
    schema = resolved(whole, schema)
    if "items" in schema:
        return dict(schema["items"])
    return next((i for part in schema.get("allOf", ()) if (i := _items(whole, part))), {})
