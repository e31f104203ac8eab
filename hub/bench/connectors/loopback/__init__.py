"""The vendor of the measurements: cursor paging, and signed webhooks that carry the record."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from hub.api import (
    AccountInfo,
    BadSignature,
    Change,
    Connector,
    Delivery,
    Field,
    Http,
    Page,
    Registration,
    Stream,
    Webhook,
    hookimpl,
)

HERE = Path(__file__).parent


class LoopbackClient:
    """Lists a stream of the loopback vendor page by page."""

    def __init__(self, settings: Mapping[str, str], secrets: Mapping[str, str], http: Http) -> None:
        self.url = settings["url"]
        self.name = settings["account"]
        self.session = http.session

    def pages(self, stream: str, cursor: Any) -> Iterable[Page]:
        """A full listing ends with the cursor "end", from which nothing is new."""
        at = cursor
        while at != "end":
            answer = self.session.get(f"{self.url}/{stream}", params={"from": at or 0}).json()
            at = answer["next"]
            yield Page(answer["records"], at, answer["total"])


def check(client: LoopbackClient) -> AccountInfo:
    return AccountInfo(client.name, client.name)


def verify(delivery: Delivery, registration: Registration) -> None:
    given = delivery.headers.get("x-signature", "").encode("latin-1")
    for secret in registration.secrets:
        wanted = hmac.digest(secret.encode(), delivery.body, hashlib.sha256).hex()
        if hmac.compare_digest(wanted.encode(), given):
            return
    raise BadSignature("The signature does not match the body.")


def delivery_key(delivery: Delivery) -> str:
    return delivery.headers["x-delivery"]


def parse(delivery: Delivery) -> Iterable[Change]:
    body = json.loads(delivery.body)
    record = body["record"]
    at = datetime.fromisoformat(record["updated_at"])
    yield Change("ticket", record["id"], "upsert", at, record=record)


def _stream(name: str, object: str, entity: str) -> Stream:
    def pages(client: LoopbackClient, cursor: Any, fields: Sequence[str]) -> Iterable[Page]:
        return client.pages(name, cursor)

    return Stream(name, object, entity, pages, interval_s=86400, precision_s=0.001)


LOOPBACK = Connector(
    name="loopback",
    title="Loopback",
    source_kind="support",
    fields=(
        Field("url", "Address", kind="url"),
        Field("account", "Account"),
    ),
    open=LoopbackClient,
    check=check,
    streams=(
        _stream("companies", "company", "account"),
        _stream("people", "person", "contact"),
        _stream("tickets", "ticket", "ticket"),
    ),
    webhooks=(Webhook("push", "Push", verify, delivery_key, parse, key_holds=True),),
    mapping=HERE / "mapping.yaml",
    readme=HERE / "README.md",
)


@hookimpl
def register_connectors() -> Iterable[Connector]:
    """Offer this connector to the hub."""
    return [LOOPBACK]
