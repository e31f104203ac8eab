"""Rules on webhooks: what is real verifies, what is not does not, and nothing breaks the parser."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import get_args

from hub.api import BadSignature, Change, ChangeKind, Delivery, Malformed, Webhook
from hub.conform.ground import Ground
from hub.conform.receiving import Pushed
from hub.conform.rule import Broken, NothingToCheck, require, rule

ROUNDS = 40
TRANSPORT = ("host", "content-length", "connection", "accept-encoding", "date")


@rule("verify", "bronze", "What the vendor pushes is believed")
def verifies(ground: Ground) -> None:
    for webhook, pushed in all_pushed(ground):
        try:
            webhook.verify(pushed.delivery, pushed.registration)
        except BadSignature as error:
            raise Broken(f"{webhook.name}: {error.sentence}", file_of(ground)) from None


@rule("secret", "silver", "Without the right secret nothing is believed")
def wants_secret(ground: Ground) -> None:
    for webhook, pushed in all_pushed(ground):
        for secrets in ((), ("",), ("another-secret",)):
            changed = replace(pushed.registration, secrets=secrets)
            said = f"{webhook.name} believes a delivery with the secrets {secrets}."
            require(not _believes(webhook, pushed.delivery, changed), said, file_of(ground))


@rule("both", "silver", "While a secret is replaced, both are good")
def wants_both(ground: Ground) -> None:
    for webhook, pushed in all_pushed(ground):
        own = pushed.registration.secrets
        for secrets in ((*own, "newer"), ("newer", *own)):
            changed = replace(pushed.registration, secrets=secrets)
            said = f"{webhook.name} does not try every secret."
            require(_believes(webhook, pushed.delivery, changed), said, file_of(ground))


@rule("forged", "silver", "A body with one byte changed is not believed")
def notices_forgery(ground: Ground) -> None:
    for webhook, pushed in all_pushed(ground):
        body = bytearray(pushed.delivery.body)
        body[len(body) // 2] ^= 1
        forged = replace(pushed.delivery, body=bytes(body))
        said = f"{webhook.name} believes a body that was changed on the way."
        require(not _believes(webhook, forged, pushed.registration), said, file_of(ground))


@rule("headers", "silver", "Without the header that proves it, nothing is believed")
def wants_headers(ground: Ground) -> None:
    for webhook, pushed in all_pushed(ground):
        bare = {k: v for k, v in pushed.delivery.headers.items() if k in TRANSPORT}
        empty = dict.fromkeys(pushed.delivery.headers, "")
        for headers in (bare, empty, {**empty, "x-odd": "ü\udcff"}):
            changed = replace(pushed.delivery, headers=headers)
            said = f"{webhook.name} believes a delivery without its headers."
            require(not _believes(webhook, changed, pushed.registration), said, file_of(ground))


@rule("old", "silver", "A delivery of another day is not believed, before or after its time")
def wants_fresh(ground: Ground) -> None:
    for webhook, pushed in all_pushed(ground):
        for days in (1, -1):
            moved = pushed.delivery.received_at + timedelta(days=days)
            late = replace(pushed.delivery, received_at=moved)
            said = f"{webhook.name} believes a delivery of another day."
            require(not _believes(webhook, late, pushed.registration), said, file_of(ground))


@rule("key", "silver", "A delivery has the same key each time, and another has another")
def keys(ground: Ground) -> None:
    for webhook in webhooks_of(ground):
        pushed = ground.pushes(webhook)
        found = [_key(webhook, p.delivery) for p in pushed]
        said = f"{webhook.name} gives one delivery two keys."
        require(found == [_key(webhook, p.delivery) for p in pushed], said, file_of(ground))
        bodies = {p.delivery.body for p in pushed}
        said = f"{webhook.name} gives two deliveries one key."
        require(len(set(found)) >= min(len(bodies), 2), said, file_of(ground))


@rule("parse", "bronze", "Every delivery yields changes of declared objects, with a time")
def parses(ground: Ground) -> None:
    objects = {stream.object for stream in ground.connector.streams}
    for webhook, pushed in all_pushed(ground):
        sound(webhook, webhook.parse(pushed.delivery), objects, file_of(ground))


@rule("told", "silver", "Of a dozen edits the webhooks tell some")
def tells(ground: Ground) -> None:
    for webhook in webhooks_of(ground):
        changes = [c for p in ground.pushes(webhook) for c in webhook.parse(p.delivery)]
        useful = [c for c in changes if c.rule is None]
        require(useful, f"{webhook.name} told of nothing that is used.", file_of(ground))


@rule("wild", "silver", "No body breaks the parser: it is read, or it is Malformed")
def survives(ground: Ground) -> None:
    rng = random.Random(7)
    for webhook in webhooks_of(ground):
        pushed = ground.pushes(webhook)
        for _ in range(ROUNDS):
            wild = _bent(rng.choice(pushed).delivery, rng)
            try:
                _key(webhook, wild)
                sound(webhook, webhook.parse(wild), None, file_of(ground))
            except Malformed:
                continue
            except Broken:
                raise
            except Exception as error:
                said = f"{webhook.name}: a bent body raised {type(error).__name__}."
                raise Broken(said, file_of(ground)) from None


def _bent(delivery: Delivery, rng: random.Random) -> Delivery:
    """The body cut, bitten, doubled, or of another kind altogether."""
    body = bytearray(delivery.body)
    kind = rng.randrange(5)
    if kind == 0:
        del body[rng.randrange(len(body) + 1) :]
    elif kind == 1:
        for _ in range(rng.randint(1, 8)):
            body[rng.randrange(len(body))] = rng.randrange(256)
    elif kind == 2:
        body = body * 2
    elif kind == 3:
        body = bytearray(rng.choice([b"", b"[]", b"{}", b"null", b"0", b"[" * 50_000, b"\xff"]))
    else:
        word = rng.choice([b"null", b"[]", b"{}", b"-1", b"1e999", b'""', b"true"])
        place = body.find(b":", rng.randrange(len(body)))
        if place >= 0:
            ends = [e for e in (body.find(b",", place), body.find(b"}", place)) if e > 0]
            end = min(ends, default=place + 1)
            body[place + 1 : end] = word
    return replace(delivery, body=bytes(body))


def sound(webhook: Webhook, changes: Iterable[Change], objects: set[str] | None, file: str) -> None:
    """Raises Broken unless each change says what it must.

    What comes of a real body is about `objects`; a bent one may name others (None).
    """
    for change in changes:
        known = objects is None or change.object in objects or change.rule is not None
        require(known, f"{webhook.name} speaks of {change.object}, which no stream brings.", file)
        require(change.kind in get_args(ChangeKind), f"{change.kind} is no kind of change.", file)
        aware = change.occurred_at.tzinfo is not None
        require(aware, f"{webhook.name} gives a time without a zone.", file)
        named = change.native_id or change.kind == "gap" or change.rule is not None
        require(named, f"{webhook.name} names no record.", file)
        whole = change.kind != "merge" or (change.into and set(change.losers) - {change.into})
        require(whole, f"{webhook.name} tells a merge without survivor and losers.", file)


def _believes(webhook: Webhook, delivery: Delivery, registration: object) -> bool:
    try:
        webhook.verify(delivery, registration)  # type: ignore[arg-type]
    except BadSignature:
        return False
    return True


def _key(webhook: Webhook, delivery: Delivery) -> str:
    return webhook.delivery_key(delivery)


def webhooks_of(ground: Ground) -> tuple[Webhook, ...]:
    """Raises NothingToCheck where there are none."""
    if not ground.connector.webhooks:
        raise NothingToCheck("The connector has no webhooks.")
    return ground.connector.webhooks


def all_pushed(ground: Ground) -> list[tuple[Webhook, Pushed]]:
    """Every delivery with its webhook."""
    return [(w, pushed) for w in webhooks_of(ground) for pushed in ground.pushes(w)]


def file_of(ground: Ground) -> str:
    """Where to look when a rule on webhooks is broken."""
    return str(ground.folder / "webhook.py")
