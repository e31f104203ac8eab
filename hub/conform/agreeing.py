"""Whether what a client sent and what a sandbox answered agree with a vendor's description.

Needs openapi-core, which is for developing only. Which operation is meant, and whether each name
is known to it, is looked up here; types, formats, enumerations and what is required are
openapi-core's to judge.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jsonschema_path import SchemaPath
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from werkzeug.datastructures import Headers, ImmutableMultiDict

from hub.conform.described import Operation, operations, undescribed
from hub.conform.published import Known, Published
from hub.sandbox import Request, Response

HOST = "http://described"
REFUSED = 401
CONFIG = Config(
    spec_validator_cls=None,  # The vendor's own faults are not ours.
    extra_media_type_deserializers={"*/*": json.loads},
)
DIGITS = re.compile(rb"\d")
Exchange = tuple[Request, Response]


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """`at` is a method and a path of the description; `says` holds no value of a customer's."""

    at: str
    says: str


@dataclass(slots=True)
class Compared:
    """What came of it: operations that were met, differences, and known ones that were not met."""

    exchanges: int = 0
    operations: set[str] = field(default_factory=set)
    differences: set[Difference] = field(default_factory=set)
    known: set[Difference] = field(default_factory=set)
    unused: tuple[Known, ...] = ()


def compare(published: Published, exchanges: Iterable[Exchange]) -> Compared:
    """Every exchange against the description; an answer that was cut off is left out.

    Of two requests, or two answers, that differ in digits alone one is judged.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Of words that the vendor may use.
        return _compared(published, exchanges)


def _compared(published: Published, exchanges: Iterable[Exchange]) -> Compared:
    judge = Judge(published)
    found, used = Compared(), set[Known]()
    for request, response in exchanges:
        if response.broken:
            continue
        found.exchanges += 1
        for difference in judge.differences(request, response):
            covers = {k for k in published.known if k.covers(difference.at, difference.says)}
            used |= covers
            (found.known if covers else found.differences).add(difference)
    found.operations = judge.met
    found.unused = tuple(k for k in published.known if k not in used)
    return found


class Judge:
    """One description, read once."""

    def __init__(self, published: Published) -> None:
        self._published = published
        self._operations = operations(published)
        self._apis: dict[int, OpenAPI] = {}
        self._judged: set[tuple[str, bytes]] = set()
        self.met: set[str] = set()

    def differences(self, request: Request, response: Response) -> Iterator[Difference]:
        """How one exchange differs.

        Of a request that was refused nothing is asked: its credentials were spoilt on purpose.
        """
        path = self._published.path(request.path)
        operation = self._operation(request.method.lower(), path) if path else None
        if not path or not operation:
            yield Difference(f"{request.method} {path or request.path}", "is not described")
            return
        self.met.add(operation.at)
        asked = Asked(request, path)
        whole = f"{request.url} ".encode() + request.body
        if response.status != REFUSED and self._is_new(operation.at, whole):
            for text in self._of_request(operation, asked):
                yield Difference(operation.at, f"asks {text}")
        if self._is_new(f"{operation.at} {response.status}", response.encoded()[0]):
            for text in self._of_answer(operation, asked, response):
                yield Difference(operation.at, f"answers {response.status} {text}")

    def _operation(self, method: str, path: str) -> Operation | None:
        return next((o for o in self._operations if o.answers(method, path)), None)

    def _is_new(self, what: str, whole: bytes) -> bool:
        key = what, DIGITS.sub(b"0", whole)
        new = key not in self._judged
        self._judged.add(key)
        return new

    def _of_request(self, operation: Operation, asked: Asked) -> Iterator[str]:
        for name in sorted(set(asked.parameters.query) - operation.queries):
            yield f"with a parameter that is unknown: {name}"
        for error in self._api(operation).iter_request_errors(asked):
            yield from _texts(error)

    def _of_answer(self, operation: Operation, asked: Asked, response: Response) -> Iterator[str]:
        answered, schema = Answered(response), operation.answer(response.status)
        if operation.is_silent(response.status):
            return
        if not answered.data and not schema and operation.lists(response.status):
            return
        for error in self._api(operation).iter_response_errors(asked, answered):
            yield from _texts(error)
        if "json" in answered.content_type and answered.data:
            yield from undescribed(operation.whole, schema, json.loads(answered.data))

    def _api(self, operation: Operation) -> OpenAPI:
        """One path alone: openapi-core would look through all of them for each request."""
        item = operation.item
        if id(item) not in self._apis:
            one = {"paths": {operation.path: item}, "servers": [{"url": HOST}], "security": []}
            alone = {**operation.whole, **one}
            self._apis[id(item)] = OpenAPI(SchemaPath.from_dict(alone), config=CONFIG)
        return self._apis[id(item)]


class Asked:
    """A request as openapi-core wants it."""

    def __init__(self, request: Request, path: str) -> None:
        self.host_url, self.path = HOST, path
        self.method, self.body = request.method.lower(), request.body or None
        self.content_type = request.headers.get("content-type", "").lower()
        pairs = parse_qsl(urlsplit(request.url).query, keep_blank_values=True)
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(pairs), header=Headers(dict(request.headers))
        )


class Answered:
    """An answer as openapi-core wants it."""

    def __init__(self, response: Response) -> None:
        body, kind = response.encoded()
        named = {key.lower(): value for key, value in response.headers.items()}
        self.headers = Headers({"content-type": kind, **named})
        self.status_code, self.data = response.status, body
        self.content_type = self.headers["content-type"].lower()


def _texts(error: BaseException | None) -> Iterator[str]:
    """What is wrong, at the depth where it is; places without the numbers of a list's items."""
    last = error
    while error is not None:
        wrong = getattr(error, "schema_errors", None)
        if wrong:
            for part in wrong:
                yield from _deepest(part)
            return
        last, error = error, error.__cause__
    yield f"{type(last).__name__}: {last}"


def _deepest(wrong: Any) -> Iterator[str]:
    """Where a schema has alternatives, why each of them does not fit."""
    if wrong.context:
        for part in wrong.context:
            yield from _deepest(part)
        return
    place = re.sub(r"\[\d+\]", "[]", wrong.json_path)
    if wrong.validator == "required":
        yield f"{place} {wrong.message}"
        return
    value = wrong.instance
    shown = value if wrong.validator == "enum" else type(value).__name__
    yield f"{place} {shown} is not {wrong.validator} {str(wrong.validator_value)[:60]}"
