"""SugarCRM's sandbox, served over HTTP, clients that talk to it, its mapping and its streams."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from hub.api import Page
from hub.conform.typed import wrong
from mappings import language
from mappings.language import Context, Mapped
from plugins.sugarcrm import SUGARCRM, sessions
from plugins.sugarcrm.client import SugarClient
from plugins.sugarcrm.sandbox import SugarSandbox
from plugins.sugarcrm.streams import STREAMS
from tests.plugins.served import attempts, opener, served

Opener = Callable[..., SugarClient]
HERE = Path(__file__).parent
MAPPINGS = language.load(SUGARCRM.mapping.read_text(), "mapping.yaml", SUGARCRM.conversions)
SETTINGS = {"customer_number_field": "customer_no_c"}
FACTS = {
    "address": "https://acme.sugarondemand.com",
    "currency": "USD",
    "currencies": {"-99": "USD", "e5a1": "EUR", "j9": "JPY"},
    "deal_field": "sales_stage",
}
ACCOUNT = "8c6d2f9e-1111-4222-8333-444455556666"
STREAM = {stream.name: stream for stream in STREAMS}
ACCOUNTS, CONTACTS, CASES = STREAM["accounts"], STREAM["contacts"], STREAM["cases"]


@pytest.fixture(autouse=True)
def _one_attempt() -> Iterator[None]:
    """The host's short retries are its own; here each call is made once, by a new process."""
    sessions.KEPT.clear()
    with attempts(1):
        yield


@pytest.fixture
def vendor() -> Iterator[SugarSandbox]:
    """Sugar over a world of nine companies."""
    with served(SugarSandbox, accounts=9, retry_scale=1 / 60, senders=1) as found:
        yield found


@pytest.fixture
def connect(vendor: SugarSandbox) -> Opener:
    """Opens a client; named values take the place of the sandbox's credentials."""
    return opener(SUGARCRM, vendor, SugarClient)


@pytest.fixture
def client(connect: Opener) -> SugarClient:
    """A client with the right credentials."""
    return connect()


def raw(name: str, /, **fields: Any) -> dict[str, Any]:
    return {**json.loads((HERE / "payloads" / f"{name}.json").read_text()), **fields}


def mapped(object: str, record: dict[str, Any], **facts: Any) -> Mapped:
    made = MAPPINGS[object].apply(record, Context(SETTINGS, {**FACTS, **facts}))
    assert made.entity is not None
    assert not wrong(made.entity, made.values)
    return made


def money(minor: int, currency: str, exponent: int = 2) -> dict[str, Any]:
    return {"minor": minor, "currency": currency, "exponent": exponent}


def run(client: SugarClient, stream: Any, cursor: Any = None) -> list[Page]:
    return list(stream.pages(client, cursor, ()))


def ids(pages: Sequence[Page]) -> list[str]:
    return [record["id"] for page in pages for record in page.records]


def gone(pages: Sequence[Page]) -> list[str]:
    return [change.native_id for page in pages for change in page.changes]
