"""Bugs in webhooks: signatures, keys, and what events are taken to say."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

from hub.api import BadSignature, Change, Delivery, Malformed, Registration, Webhook
from hub.conform.bugs.subject import Subject, bug

NUMBER = count()
FAR = timedelta(hours=5, minutes=30)
DAY = timedelta(days=1)
TRANSPORT = ("host", "content-length", "content-type", "connection", "accept-encoding")
Verify = Callable[[Delivery, Registration], None]


def _verified(subject: Subject, change: Callable[[Verify], Verify]) -> Subject | None:
    return subject.webhooks(lambda w: {"verify": change(w.verify)})


@bug("another header is read", "verify")
def other_header(subject: Subject) -> Subject | None:
    def change(real: Verify) -> Verify:
        def verify(delivery: Delivery, registration: Registration) -> None:
            renamed = {k if k in TRANSPORT else f"x-{k}": v for k, v in delivery.headers.items()}
            real(replace(delivery, headers=renamed), registration)

        return verify

    return _verified(subject, change) if "headers" not in subject.exempt else None


@bug("the body is written anew before it is verified", "verify")
def rewritten(subject: Subject) -> Subject | None:
    """Where the body is signed; it is no bug that anybody sees where it is not."""

    def change(real: Verify) -> Verify:
        def verify(delivery: Delivery, registration: Registration) -> None:
            try:
                body = json.dumps(json.loads(delivery.body), indent=1).encode()
            except ValueError:
                body = delivery.body + b" "
            real(replace(delivery, body=body), registration)

        return verify

    return _verified(subject, change) if "forged" not in subject.exempt else None


@bug("nothing is verified", "secret", "headers")
def unverified(subject: Subject) -> Subject | None:
    return _verified(subject, lambda real: lambda delivery, registration: None)


@bug("without a secret everything is believed", "secret")
def open_door(subject: Subject) -> Subject | None:
    def change(real: Verify) -> Verify:
        def verify(delivery: Delivery, registration: Registration) -> None:
            if any(registration.secrets):
                real(delivery, registration)

        return verify

    return _verified(subject, change)


@bug("a delivery without its header is believed", "headers")
def headerless(subject: Subject) -> Subject | None:
    def change(real: Verify) -> Verify:
        def verify(delivery: Delivery, registration: Registration) -> None:
            if any(k not in TRANSPORT and v for k, v in delivery.headers.items()):
                real(delivery, registration)

        return verify

    return _verified(subject, change)


@bug("a body that was changed is believed", "forged")
def mended(subject: Subject) -> Subject | None:
    def change(real: Verify) -> Verify:
        def verify(delivery: Delivery, registration: Registration) -> None:
            try:
                real(delivery, registration)
            except BadSignature:
                body = bytearray(delivery.body)
                body[len(body) // 2] ^= 1
                real(replace(delivery, body=bytes(body)), registration)

        return verify

    return _verified(subject, change) if "forged" not in subject.exempt else None


@bug("only the newest secret is tried", "both")
def newest_only(subject: Subject) -> Subject | None:
    return _verified(subject, lambda real: lambda d, r: real(d, replace(r, secrets=r.secrets[:1])))


def _lenient(days: timedelta) -> Callable[[Verify], Verify]:
    def change(real: Verify) -> Verify:
        def verify(delivery: Delivery, registration: Registration) -> None:
            try:
                real(delivery, registration)
            except BadSignature:
                real(replace(delivery, received_at=delivery.received_at + days), registration)

        return verify

    return change


@bug("an old delivery is believed", "old")
def replayed(subject: Subject) -> Subject | None:
    return _verified(subject, _lenient(-DAY)) if "old" not in subject.exempt else None


@bug("a stamp of the future is believed", "old")
def from_future(subject: Subject) -> Subject | None:
    return _verified(subject, _lenient(DAY)) if "old" not in subject.exempt else None


@bug("the key changes with the moment", "key")
def restless_key(subject: Subject) -> Subject | None:
    return subject.webhooks(lambda w: {"delivery_key": lambda d: str(next(NUMBER))})


@bug("every delivery has one key", "key")
def one_key(subject: Subject) -> Subject | None:
    return subject.webhooks(lambda w: {"delivery_key": lambda d: "same"})


@bug("the key includes the attempt", "retried")
def attempt_key(subject: Subject) -> Subject | None:
    def change(webhook: Webhook) -> Mapping[str, Any]:
        real = webhook.delivery_key
        return {"delivery_key": lambda d: f"{real(d)}:{d.received_at.isoformat()}"}

    return subject.webhooks(change) if "retried" not in subject.exempt else None


@bug("a change has a time without a zone", "parse")
def zoneless(subject: Subject) -> Subject | None:
    return subject.changes(lambda c: replace(c, occurred_at=c.occurred_at.replace(tzinfo=None)))


@bug("the zone of an event's time is dropped", "timed")
def shifted(subject: Subject) -> Subject | None:
    return subject.changes(lambda c: replace(c, occurred_at=c.occurred_at + FAR))


@bug("a change happened in the far future", "timed")
def future(subject: Subject) -> Subject | None:
    return subject.changes(
        lambda c: replace(c, occurred_at=c.occurred_at.replace(year=2099, day=1))
    )


@bug("a change is of a kind that does not exist", "parse")
def odd_kind(subject: Subject) -> Subject | None:
    return subject.changes(lambda c: replace(c, kind="touch"))  # type: ignore[arg-type]


@bug("a change is of an object that no stream brings", "parse")
def odd_object(subject: Subject) -> Subject | None:
    return subject.changes(lambda c: c if c.rule else replace(c, object="nothing_like_it"))


@bug("a change names no record", "parse")
def unnamed(subject: Subject) -> Subject | None:
    def change(told: Change) -> Change:
        return told if told.rule or told.kind == "gap" else replace(told, native_id="")

    return subject.changes(change)


@bug("every event is passed over", "told")
def ignored(subject: Subject) -> Subject | None:
    return subject.changes(lambda c: replace(c, rule="not_used"))


@bug("an edit is told as a delete", "lives")
def edit_deletes(subject: Subject) -> Subject | None:
    return subject.changes(
        lambda c: replace(c, kind="delete", record=None) if c.kind == "upsert" and not c.rule else c
    )


@bug("a merge names no losers", "parse", "merged")
def loserless(subject: Subject) -> Subject | None:
    return _merging(subject, lambda c: replace(c, losers=(), into=c.native_id))


@bug("a merge names the loser as the survivor", "merged", "parse", "lives")
def reversed_merge(subject: Subject) -> Subject | None:
    return _merging(
        subject, lambda c: replace(c, into=(c.losers or ("",))[0], losers=(c.into or c.native_id,))
    )


def _merging(subject: Subject, change: Callable[[Change], Change]) -> Subject | None:
    """Where merges are told as such, and not by the record that was absorbed."""
    if not subject.tells_merges:
        return None
    made = subject.changes(lambda c: change(c) if c.kind == "merge" else c)
    if made is None:
        return None
    return made.pages(
        lambda s, pages, cursor: (
            replace(p, changes=[change(c) if c.kind == "merge" else c for c in p.changes])
            for p in pages
        )
    ).fetches(
        lambda s, found, ids: (
            change(one) if isinstance(one, Change) and one.kind == "merge" else one for one in found
        )
    )


@bug("the parser trusts the body", "wild")
def trusting(subject: Subject) -> Subject | None:
    def change(webhook: Webhook) -> Mapping[str, Any]:
        real = webhook.parse

        def parse(delivery: Delivery) -> list[Change]:
            try:
                return list(real(delivery))
            except Malformed:
                raise KeyError("id") from None

        def key(delivery: Delivery, real: Any = webhook.delivery_key) -> str:
            try:
                return str(real(delivery))
            except Malformed:
                raise KeyError("id") from None

        return {"parse": parse, "delivery_key": key}

    return subject.webhooks(change)


@bug("a push names no account", "routed")
def unrouted(subject: Subject) -> Subject | None:
    if not any(w.scope == "app" for w in subject.connector.webhooks):
        return None
    return subject.webhooks(lambda w: {"route": lambda d: ()} if w.scope == "app" else {})


@bug("what was registered is never unregistered", "subscribed")
def left_behind(subject: Subject) -> Subject | None:
    if not any(w.register for w in subject.connector.webhooks):
        return None
    return subject.webhooks(lambda w: {"unregister": lambda client, id: None} if w.register else {})


@bug("the id of a subscription is lost", "subscribed")
def lost_id(subject: Subject) -> Subject | None:
    def change(webhook: Webhook) -> Mapping[str, Any]:
        real = webhook.register
        if real is None:
            return {}
        return {"register": lambda *given: replace(real(*given), vendor_id="")}

    if not any(w.register for w in subject.connector.webhooks):
        return None
    return subject.webhooks(change)
