"""Stripe's API v1 over plain requests, read in one pinned version.

Facts: docs.stripe.com (/api/versioning, /rate-limits, /api/errors). The session raises RetryLater
for 429 and 5xx and Reconnect for 401; every other status is translated here, once.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from hub.api import AccountInfo, CorrectInput, GiveUp, Http, RetryLater
from hub.api.rest import Answers, Rest, base_url, bearer
from plugins.stripe.events import of

Json = dict[str, Any]

log = logging.getLogger(__name__)

BASE_URL = "https://api.stripe.com"
VERSION = "2026-10-28.endive"
"""The version that the mapping is written against; it belongs to the code and not to a setting."""
KEY = re.compile(r"(?:sk|rk)_(live|test)_\w+", re.ASCII)
ACCOUNT = re.compile(r"acct_\w+", re.ASCII)
LIMIT = 100
"""Stripe's most for a page; without a limit it gives ten."""
NEEDED = {
    "customers": "Customers (read)",
    "subscriptions": "Subscriptions (read)",
    "invoices": "Invoices (read)",
    "events": "Events (read)",
    "prices": "Prices (read)",
    "coupons": "Coupons (read)",
}
WHERE = "Edit the key in Stripe under Developers > API keys; its text stays the same."
ANSWERS = Answers("Stripe", later=(409, 424))
"""409 is a lock that another request holds, 424 a party behind Stripe that failed."""


@dataclass(slots=True)
class StripeClient:
    """One account in one mode. `date` is Stripe's own time of the last answer; `account` names a
    connected account where the key is its platform's.

    What is fixed once it is made (a price's tiers, a coupon) is asked for once by each client.
    """

    rest: Rest
    mode: str
    key_mode: str
    account: str = ""
    date: datetime = field(default_factory=lambda: datetime.now(UTC))
    _known: dict[str, Json | None] = field(default_factory=dict, repr=False)

    def page(
        self, path: str, params: Mapping[str, Any], after: str | None
    ) -> tuple[list[Json], bool]:
        """One page of a list, newest first, and whether there is more behind its last row.

        Raises RetryLater where the page leads back to where it began.
        """
        asked = {**params, "limit": LIMIT} | ({"starting_after": after} if after else {})
        body = self.rest.get(f"v1/{path}", asked)
        rows = body.get("data") if isinstance(body, dict) else None
        if not isinstance(rows, list):
            raise RetryLater(f"Stripe did not answer {path} with a list.")
        more = bool(body.get("has_more"))
        if more and (not rows or rows[-1]["id"] == after):
            raise RetryLater("Stripe gave the same page twice.", reason="cursor_stuck")
        return [self.own(row) for row in rows], more

    def one(self, path: str, id: str, expand: Sequence[str] = ()) -> Json | None:
        """One record by id, a deleted customer as {"id", "deleted"}; None if it is not there."""
        found = self.rest.find(f"v1/{path}/{quote(id, safe='')}", listed("expand", expand))
        return None if found is None else self.own(found)

    def fixed(self, path: str, id: str, expand: Sequence[str] = ()) -> Json | None:
        """As `one` for what never changes; None too where the key may not read it."""
        place = f"{path}/{id}"
        if place not in self._known:
            try:
                self._known[place] = self.one(path, id, expand)
            except GiveUp as refused:
                if refused.reason != "forbidden":
                    raise
                self._known[place] = None
        return self._known[place]

    def all(self, path: str, params: Mapping[str, Any]) -> list[Json]:
        """Every row of a list."""
        rows, more = self.page(path, params, None)
        while more:
            following, more = self.page(path, params, rows[-1]["id"])
            rows += following
        return rows

    def own(self, record: Json) -> Json:
        """The record, if it is of our mode. Raises GiveUp: the two are never mixed."""
        if record.get("livemode") is (self.mode != "live"):
            raise GiveUp("Stripe answered with a record of the other mode.", reason="other_mode")
        return record

    def tells(self, account: str | None) -> bool:
        """Whether a listed event of this account is ours; None is whoever was asked."""
        return account is None or (bool(self.account) and account == self.id)

    @property
    def id(self) -> str:
        """The connected account with its mode."""
        return of(self.account, self.mode == "live")

    def note(self, headers: Mapping[str, str]) -> None:
        """Keep Stripe's time, from which the next run goes on, and do as it says of a failure:
        `Stripe-Should-Retry` counts more than a status. Raises RetryLater."""
        log.debug("stripe answered", extra={"request_id": headers.get("Request-Id")})
        try:
            self.date = parsedate_to_datetime(headers.get("Date", "")).astimezone(UTC)
        except (ValueError, TypeError):
            self.date = datetime.now(UTC)
        if headers.get("Stripe-Should-Retry") == "true":
            raise RetryLater("Stripe asks us to try again.", reason="busy")


def listed(name: str, values: Sequence[str]) -> Json:
    """A list as Stripe's forms write it: name[0], name[1], ..."""
    return {f"{name}[{place}]": value for place, value in enumerate(values)}


def open_client(
    settings: Mapping[str, str], secrets: Mapping[str, str], http: Http
) -> StripeClient:
    """Makes no call. Raises CorrectInput for an address that is not Stripe's."""
    wanted = settings.get("base_url", "") or BASE_URL
    base = base_url(wanted, host=r"api\.stripe\.com", example=BASE_URL, field="base_url")
    key = secrets.get("api_key", "").strip()
    found = KEY.fullmatch(key)
    account = settings.get("account", "").strip()
    act_for = {"Stripe-Account": account} if ACCOUNT.fullmatch(account) else {}
    rest = Rest(http, base, ANSWERS, bearer(key), {"Stripe-Version": VERSION, **act_for})
    mode = settings.get("mode") or "live"
    client = StripeClient(rest, mode, found[1] if found else "", account)
    rest.notice = client.note
    return client


def check(client: StripeClient) -> AccountInfo:
    """Whose key it is, and which permissions it lacks; a wrong key is a Reconnect."""
    if not client.key_mode:
        raise CorrectInput("A key begins with rk_live_ or rk_test_.", field="api_key")
    if client.key_mode != client.mode:
        raise CorrectInput(
            f"This key is of {client.key_mode} mode. Choose that mode, or give the other key.",
            field="mode",
            reason="other_mode",
        )
    if client.account and not ACCOUNT.fullmatch(client.account):
        raise CorrectInput("An account's id begins with acct_.", field="account")
    missing = tuple(title for path, title in NEEDED.items() if not _may_read(client, path))
    return replace(_account(client, missing), where=WHERE if missing else "")


def describe(client: StripeClient) -> Json:
    """The account's own currency. Stripe tells of no metadata keys: they show in the records."""
    try:
        found = client.rest.get("v1/account")
    except GiveUp as refused:
        if refused.reason not in ("forbidden", "not_found"):
            raise
        return {"fields": {}}
    currency = str(found.get("default_currency") or "").upper()
    return {"fields": {}} | ({"currency": currency} if currency else {})


def _account(client: StripeClient, missing: tuple[str, ...]) -> AccountInfo:
    """The account by its id; a key that may not read it is known by its mode alone."""
    title = "Stripe" if client.mode == "live" else "Stripe, test mode"
    try:
        found = client.rest.get("v1/account")
    except GiveUp as refused:
        if refused.reason not in ("forbidden", "not_found"):
            raise
        return AccountInfo(client.id if client.account else client.mode, title, missing)
    profile = (found.get("business_profile") or {}).get("name")
    name = profile or found.get("email") or found["id"]
    suffix = "" if client.mode == "live" else " (test mode)"
    id = of(client.account or str(found["id"]), client.mode == "live")
    return AccountInfo(id, f"{name}{suffix}", missing)


def _may_read(client: StripeClient, path: str) -> bool:
    try:
        client.rest.get(f"v1/{path}", {"limit": 1})
    except GiveUp as refused:
        if refused.reason != "forbidden":
            raise
        return False
    return True
