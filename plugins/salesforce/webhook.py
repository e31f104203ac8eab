"""What Salesforce pushes: outbound messages, flow callouts, and change events by the org's relay.

None carries a whole record, so every change is thin: the hub reads the record by its id.
"""

from __future__ import annotations

from hub.api import Webhook
from plugins.salesforce import callouts, change_events, outbound

OUTBOUND = Webhook(
    name="outbound_messages",
    title="Outbound messages",
    verify=outbound.verify,
    delivery_key=outbound.delivery_key,
    parse=outbound.parse,
    key_holds=True,
    ack=outbound.ACK,
    setup=(
        "1. **Setup > Outbound Messages > New Outbound Message**, once for each of Account, "
        "Contact, Opportunity, Case, Task and Event.\n"
        "2. Endpoint URL: `{url}`. Tick the fields `Id` and `LastModifiedDate`; leave "
        "*Send Session ID* off.\n"
        "3. The hub also wants the secret `{secret}`, as the password of HTTP Basic or in the "
        "header `X-Hub-Secret`; see the guide for how to have it sent.\n"
        "4. **Setup > Flows**: a record-triggered flow for each object, *A record is created or "
        "updated*, with the outbound message as its action.\n"
    ),
)

CALLOUTS = Webhook(
    name="flow_callouts",
    title="Flow HTTP callouts",
    verify=callouts.verify,
    delivery_key=callouts.delivery_key,
    parse=callouts.parse,
    ack=callouts.ACK,
    setup=(
        "1. **Setup > Named Credentials > External Credentials**: one with the custom header "
        "`X-Hub-Secret` and the value `{secret}`. Give its principal to the users whose saves run "
        "the flow, by a permission set.\n"
        "2. **Named Credentials**: one with the URL `{url}` and that external credential.\n"
        "3. **Setup > Flows**: a record-triggered flow for each object, *A record is created or "
        "updated*, with an **HTTP Callout** (POST) on its *asynchronous path*; see the guide for "
        "its body.\n"
    ),
)

CHANGE_EVENTS = Webhook(
    name="change_events",
    title="Change events through your relay",
    verify=change_events.verify,
    delivery_key=change_events.delivery_key,
    parse=change_events.parse,
    key_holds=True,
    setup=(
        "1. **Setup > Change Data Capture**: select Account, Contact, Opportunity, Case and Task.\n"
        "2. Let your relay subscribe to `/data/ChangeEvents` and POST to `{url}` a JSON object "
        "with `organization_id` (00D...) and `events`, a list of the events as it received them.\n"
        "3. Sign the raw body with HMAC-SHA256 under `{secret}` and send it as "
        "`X-Hub-Signature-256: sha256=<hex>`; a relay that cannot sign sends the secret itself as "
        "`X-Hub-Secret`.\n"
    ),
)
