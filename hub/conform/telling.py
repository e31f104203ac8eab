"""Further rules on webhooks: retries, times, routes, and subscriptions by the vendor's API."""

from __future__ import annotations

from datetime import timedelta

from hub.api import BadSignature, Malformed, Webhook
from hub.conform.ground import Ground
from hub.conform.pushing import all_pushed, file_of, sound, webhooks_of
from hub.conform.receiving import Received
from hub.conform.recorded import INDEX, Payload, folder_of
from hub.conform.rule import Broken, NothingToCheck, require, rule
from hub.conform.typed import wrong
from mappings.errors import Unmappable

NEAR = timedelta(minutes=30)


@rule("retried", "silver", "A delivery that is sent again has the key that it had")
def retries(ground: Ground) -> None:
    """Only what the vendor's own id promises, or the same events in one body again."""
    seen = 0
    for webhook in webhooks_of(ground):
        received = _received(ground, webhook)
        if received.refused is None:
            continue
        seen += 1
        key = webhook.delivery_key(received.refused)
        again = {webhook.delivery_key(one) for one in received.retried}
        said = f"{webhook.name}: a delivery that is sent again has another key."
        require(key in again, said, file_of(ground))
    if not seen:
        raise NothingToCheck("The sandbox sends nothing again that was refused.")


@rule("timed", "silver", "What happened did so about when it was told, and never in the future")
def timed(ground: Ground) -> None:
    for webhook, pushed in all_pushed(ground):
        for change in webhook.parse(pushed.delivery):
            for moment in filter(None, (change.occurred_at, change.version)):
                away = moment - pushed.delivery.received_at
                said = f"{webhook.name} says {moment} of what came {-away} later."
                require(abs(away) < NEAR, said, file_of(ground))


@rule("routed", "silver", "A push for all accounts names those that it concerns")
def routes(ground: Ground) -> None:
    for webhook in webhooks_of(ground):
        if webhook.scope != "app":
            continue
        said = f"{webhook.name} is of app scope and has no route."
        require(webhook.route is not None, said, file_of(ground))
        assert webhook.route is not None
        for pushed in ground.pushes(webhook):
            accounts = set(webhook.route(pushed.delivery))
            said = f"{webhook.name} does not name the account that it is about."
            require(ground.account().id in accounts, said, file_of(ground))
            named = {c.account for c in webhook.parse(pushed.delivery)}
            said = f"{webhook.name} yields changes of accounts that it does not name."
            require(named <= accounts, said, file_of(ground))


@rule("subscribed", "silver", "What is registered is listed, and gone when it is unregistered")
def subscribes(ground: Ground) -> None:
    for webhook in webhooks_of(ground):
        whole = (webhook.register is None) == (webhook.unregister is None)
        said = f"{webhook.name} registers and never unregisters, or the other way round."
        require(whole, said, file_of(ground))
        received = _received(ground, webhook)
        ids = [made.vendor_id for made in received.made.values()]
        require(all(ids), f"{webhook.name} registers without an id.", file_of(ground))
        if received.listed is not None:
            found = {(one.url, one.vendor_id) for one in received.listed}
            wanted = {(url, made.vendor_id) for url, made in received.made.items()}
            said = f"{webhook.name} does not list what it has registered."
            require(wanted <= found, said, file_of(ground))
        said = f"{webhook.name} leaves {len(received.left)} subscriptions behind."
        require(not received.left, said, file_of(ground))


@rule("payloads", "gold", "Each recorded payload names its source, and is read as it should be")
def payloads(ground: Ground) -> None:
    where = str(folder_of(ground.folder) / INDEX)
    found = ground.payloads()
    require(found, "No payload is recorded.", where)
    for payload in found:
        require(payload.follows.strip(), f"{payload.file.name} names no source.", where)
        _is_read(ground, payload)
    told = {payload.webhook for payload in found}
    objects = {word for payload in found for word, _ in payload.records()}
    for stream in ground.filled():
        said = f"No record of {stream.object} is recorded."
        require(stream.object in objects, said, where)
    require(told - {""}, "No body of a webhook is recorded.", where)


def _is_read(ground: Ground, payload: Payload) -> None:
    for word, record in payload.records():
        try:
            mapped = ground.mappings[word].apply(record, ground.source().context)
        except (Unmappable, KeyError) as problem:
            raise Broken(f"{payload.file.name}: {word}: {problem}", str(payload.file)) from None
        odd = wrong(mapped.entity, mapped.values) if mapped.entity else ""
        require(not odd, f"{payload.file.name}: {odd}", str(payload.file))
    if not payload.webhook:
        return
    named = [w for w in ground.connector.webhooks if w.name == payload.webhook]
    require(named, f"{payload.file.name} is of no webhook that is declared.", str(payload.file))
    delivery, objects = payload.delivery(), {s.object for s in ground.connector.streams}
    try:
        named[0].delivery_key(delivery)
        sound(named[0], named[0].parse(delivery), objects, str(payload.file))
        if payload.secret:
            named[0].verify(delivery, payload.registration())
    except (Malformed, BadSignature) as error:
        raise Broken(f"{payload.file.name}: {error.sentence}", str(payload.file)) from None


def _received(ground: Ground, webhook: Webhook) -> Received:
    ground.pushed(webhook)
    return ground.received[webhook.name]
