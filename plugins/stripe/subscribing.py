"""What Stripe says of its webhook endpoints. An admin makes them; the hub only looks.

Facts: docs.stripe.com/api/webhook_endpoints. The key needs the read permission for it; without, it
is not known whether Stripe has switched one off.
"""

from __future__ import annotations

from collections.abc import Iterator

from hub.api import GiveUp, Subscription
from plugins.stripe.client import StripeClient


def listed(client: StripeClient) -> Iterator[Subscription]:
    """Every endpoint of the account in this mode. Raises GiveUp where the key may not read them."""
    try:
        rows = client.all("webhook_endpoints", {})
    except GiveUp as refused:
        if refused.reason != "forbidden":
            raise
        raise GiveUp("The key lacks the permission Webhook Endpoints (read).") from None
    for found in rows:
        yield Subscription(
            str(found["id"]), str(found.get("url") or ""), active=found.get("status") != "disabled"
        )
