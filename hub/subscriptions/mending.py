"""Keeping a vendor's subscriptions as they should be: all there, none twice, none left over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from hub import endpoints
from hub.api import Subscription, Webhook
from hub.errors import GiveUp
from hub.store.client import Doc
from hub.subscriptions import asking
from hub.subscriptions.comparing import Compared, Own, compare
from hub.subscriptions.desk import Desk

log = structlog.get_logger(__name__)

FRESH = timedelta(minutes=10)
"""A vendor's own list may lag behind its answer."""
TRIES_AFTER = (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
"""When a lost subscription is asked for again; after the last it is left to a person."""
RENEW_AT = 0.8
"""The part of a subscription's life after which it is renewed."""


def roll_back(desk: Desk, now: datetime) -> int:
    """Close what was asked for and never answered; returns how many."""
    over = [e for e in desk.endpoints() if e["state"] == "pending" and _deadline(e) <= now]
    for endpoint in over:
        desk.close(endpoint["_id"])
    return len(over)


def _deadline(endpoint: Doc) -> datetime:
    until: datetime = endpoint.get("pending_until") or endpoint["created_at"]
    return until


def due_times(desk: Desk) -> list[datetime]:
    """When the endpoints themselves ask for a look."""
    times: list[datetime] = []
    for endpoint in desk.endpoints():
        if endpoint["state"] == "pending":
            times.append(_deadline(endpoint))
        lost = endpoint.get("lost")
        if lost and not lost["given_up"]:
            times.append(lost["next_at"])
        elif endpoint.get("expires_at"):
            times.append(max(renewal(endpoint), desk.now + FRESH))
    return times


def mend(desk: Desk, now: datetime) -> Doc:
    """List, clean, wake, ask anew, renew; {"taken_back": n, "unlisted": {webhook: sentence}}."""
    taken, unlisted = 0, {}
    wanted = asking.is_wanted(desk.connection, desk.endpoints())
    for webhook in desk.connector.webhooks:
        if webhook.scope == "app":
            continue
        if webhook.register is not None and not wanted:
            continue
        try:
            taken += _mend(desk, webhook, now)
        except GiveUp as error:
            unlisted[webhook.name] = error.sentence
    if wanted:
        asking.fill(desk)
    return {"taken_back": taken, "unlisted": unlisted}


def _mend(desk: Desk, webhook: Webhook, now: datetime) -> int:
    if webhook.register is not None and not _drop_targets(desk, webhook):
        return 0
    taken = 0
    if webhook.listed is not None:
        desk.hold_on()
        listed = list(webhook.listed(desk.client()))
        found = compare(
            [_own(desk, e, now) for e in _of(desk, webhook)], listed, desk.home, _taken(desk)
        )
        taken = _clean(desk, webhook, found)
        _note(desk, webhook, found, now)
    for endpoint in _of(desk, webhook):
        if is_for_renewal(endpoint, now):
            _renew(desk, webhook, endpoint, now)
    if webhook.register is not None:
        _ask_anew(desk, webhook, now)
    return taken


def _of(desk: Desk, webhook: Webhook) -> list[Doc]:
    return [e for e in desk.endpoints() if e["webhook"] == webhook.name]


def _own(desk: Desk, endpoint: Doc, now: datetime) -> Own:
    return Own(
        endpoint["_id"],
        endpoints.url(desk.hub, endpoint),
        endpoint.get("vendor_id") or "",
        endpoint["state"] == "pending",
        now - (endpoint.get("registered_at") or endpoint["created_at"]) < FRESH,
    )


def _taken(desk: Desk) -> Callable[[str], bool]:
    control = desk.hub.catalogue.control
    return lambda key: control.endpoint_by_key(key) is not None


def _drop_targets(desk: Desk, webhook: Webhook) -> bool:
    """A target that is gone is no longer told of; of two endpoints for one the older stays.

    False where there is nothing to ask for, such as a webhook of an app nobody has signed in to.
    """
    wanted, seen = set(asking.targets(desk, webhook)), set()
    if not wanted:
        # Absence alone is no evidence: a right that was taken looks like a vendor without projects.
        kept = len(_of(desk, webhook))
        log.info("no_targets", connector=desk.connector.name, webhook=webhook.name, kept=kept)
        return kept > 0
    for endpoint in _of(desk, webhook):
        if endpoint["state"] == "pending":
            continue
        if endpoint["target"] not in wanted or (
            endpoint["target"] in seen and not endpoint.get("lost")
        ):
            _end(desk, webhook, endpoint)
        elif not endpoint.get("lost"):
            seen.add(endpoint["target"])
    return True


def _end(desk: Desk, webhook: Webhook, endpoint: Doc) -> None:
    if endpoint.get("vendor_id"):
        desk.take_back(webhook, endpoint["vendor_id"])
    desk.close(endpoint["_id"])


def _clean(desk: Desk, webhook: Webhook, found: Compared) -> int:
    """Take back what a crash or a removed connection left, and what is there twice."""
    if webhook.unregister is None:
        return 0
    done = [one for one in found.left_over if desk.take_back(webhook, one.vendor_id)]
    for one in done:
        log.info("subscription_taken_back", connector=desk.connector.name, vendor_id=one.vendor_id)
    return len(done)


def _note(desk: Desk, webhook: Webhook, found: Compared, now: datetime) -> None:
    for own, one in found.kept:
        fields: Doc = {"vendor": _vendor(one, now)}
        if own.vendor_id:
            fields["vendor_id"] = one.vendor_id
            if webhook.renew is not None and one.ends_at is not None:
                fields["expires_at"] = one.ends_at
        desk.change(own.endpoint_id, {"$set": fields, "$unset": {"lost": ""}})
    for own, one in found.asleep:
        desk.change(own.endpoint_id, {"$set": {"vendor": _vendor(one, now)}})
        if own.vendor_id and not _wake(desk, webhook, own, now):
            _lose(desk, own.endpoint_id, "the vendor has switched it off", now)
    for own, why in found.lost:
        _lose(desk, own.endpoint_id, why, now)


def _vendor(one: Subscription, now: datetime) -> Doc:
    """What the vendor says of a subscription, as of `seen_at`."""
    return {
        "seen_at": now,
        "active": one.active,
        "failures": one.failures,
        "failing_since": one.failing_since,
        "ends_at": one.ends_at,
        "reason": one.reason[:300],
    }


def _wake(desk: Desk, webhook: Webhook, own: Own, now: datetime) -> bool:
    """Switch on again what the vendor has switched off; False where that cannot be done."""
    if webhook.renew is None:
        return False
    desk.hold_on()
    try:
        made = webhook.renew(desk.client(), own.vendor_id)
    except GiveUp:
        return False
    fields = {"expires_at": made.expires_at, "renewed_at": now, "vendor.active": True}
    return desk.change(own.endpoint_id, {"$set": fields, "$unset": {"lost": ""}})


def renewal(endpoint: Doc) -> datetime:
    """When a subscription that expires is to be renewed."""
    since = endpoint.get("renewed_at") or endpoint.get("registered_at") or endpoint["created_at"]
    life: timedelta = endpoint["expires_at"] - since
    at: datetime = since + life * RENEW_AT
    return at


def is_for_renewal(endpoint: Doc, now: datetime) -> bool:
    lasts = endpoint.get("expires_at") and endpoint.get("vendor_id")
    return bool(lasts) and not endpoint.get("lost") and renewal(endpoint) <= now


def _renew(desk: Desk, webhook: Webhook, endpoint: Doc, now: datetime) -> None:
    if webhook.renew is None:
        return
    desk.hold_on()
    try:
        made = webhook.renew(desk.client(), endpoint["vendor_id"])
    except GiveUp as error:
        _lose(desk, endpoint["_id"], f"it could not be renewed: {error.sentence}", now)
        return
    desk.change(endpoint["_id"], {"$set": {"expires_at": made.expires_at, "renewed_at": now}})


def _lose(desk: Desk, endpoint_id: str, why: str, now: datetime) -> None:
    """Noted and told once; what is lost already keeps its tries."""
    lost = {"at": now, "reason": why, "tries": 0, "next_at": now, "given_up": False}
    control, tenant_id = desk.hub.catalogue.control, desk.store.tenant_id
    mine = {"_id": endpoint_id, "tenant_id": tenant_id, "lost": {"$exists": False}}
    if not control.endpoints.update_one(mine, {"$set": {"lost": lost}}).matched_count:
        return
    said = f"A webhook was lost: {why}. The hub asks for another."
    log.warning("subscription_lost", connector=desk.connector.name, why=why)
    control.note(tenant_id, "hub", "webhook lost", now, connection=desk.connection["_id"], why=why)
    desk.hub.plugins.tell(
        "connection_changed",
        tenant_id=tenant_id,
        connection_id=desk.connection["_id"],
        event={"state": desk.connection["state"], "reason": said},
    )


def _ask_anew(desk: Desk, webhook: Webhook, now: datetime) -> None:
    """A lost one is replaced by a new endpoint, so that its key and secret are new as well."""
    groups: dict[str, list[Doc]] = defaultdict(list)
    for endpoint in _of(desk, webhook):
        groups[endpoint["target"]].append(endpoint)
    for target, group in groups.items():
        lost = [e for e in group if e.get("lost")]
        others = len(lost) < len(group)
        if not lost or not (others or _replaced(desk, webhook, target, lost, now)):
            continue
        for endpoint in lost:
            _end(desk, webhook, endpoint)


def _replaced(desk: Desk, webhook: Webhook, target: str, lost: list[Doc], now: datetime) -> bool:
    """Ask once; a failure is noted with the time of the next try, the last one with its end."""
    if lost[0]["lost"]["given_up"] or lost[0]["lost"]["next_at"] > now:
        return False
    result = desk.ask(webhook, target)
    if result["state"] == "waiting":
        return True
    for endpoint in lost:
        tries = endpoint["lost"]["tries"]
        over = tries >= len(TRIES_AFTER)
        wait = TRIES_AFTER[min(tries, len(TRIES_AFTER) - 1)]
        fields = {
            "lost.tries": tries + 1,
            "lost.next_at": now + wait,
            "lost.given_up": over,
            "lost.failure": result["reason"],
        }
        desk.change(endpoint["_id"], {"$set": fields})
    return False
