"""What the sandbox's org sends: outbound messages, flow callouts, and what the relay forwards."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterable, Mapping
from typing import Any
from xml.sax.saxutils import escape

from plugins.salesforce.seeding import stamp

Row = Mapping[str, Any]

ENVELOPE_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n <soapenv:Body>\n'
    '  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">\n'
    "   <OrganizationId>{org}</OrganizationId>\n   <ActionId>04kXX0000000001EAA</ActionId>\n"
    '   <SessionId xsi:nil="true"/>\n'
    "   <EnterpriseUrl>{url}/services/Soap/c/67.0</EnterpriseUrl>\n"
    "   <PartnerUrl>{url}/services/Soap/u/67.0</PartnerUrl>\n"
)
NOTIFICATION = (
    "   <Notification>\n    <Id>{id}</Id>\n"
    '    <sObject xsi:type="sf:{object}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">\n'
    "     <sf:Id>{record}</sf:Id>\n     <sf:LastModifiedDate>{saved}</sf:LastModifiedDate>\n"
    "    </sObject>\n   </Notification>\n"
)
ENVELOPE_TAIL = "  </notifications>\n </soapenv:Body>\n</soapenv:Envelope>\n"


def webhook(subscription: Any) -> str:
    """Which of the connector's two webhooks a subscription is."""
    return str(subscription.extra.get("webhook", "outbound_messages"))


def told(edit: Any, id: str, kind: str) -> dict[str, Any]:
    """What an edit has to tell: the changed columns alone, and on a delete none at all."""
    after = edit.after if kind in ("CREATE", "UPDATE") and edit.after else {}
    changed = [name for name in edit.fields if not name.startswith("_")]
    names = changed if kind == "UPDATE" else [n for n in after if not n.startswith("_")]
    shown = {n: after[n] for n in [*names, "LastModifiedDate"] if after.get(n) is not None}
    return {"object": edit.table, "id": id, "kind": kind, "shown": shown, "changed": changed}


def headers(subscription: Any, body: bytes) -> dict[str, str]:
    """Basic auth for outbound messages, a header for callouts, a signature for the relay."""
    secret = subscription.secret.encode()
    if webhook(subscription) == "flow_callouts":
        return {"Content-Type": "application/json", "X-Hub-Secret": subscription.secret}
    if webhook(subscription) == "change_events":
        signature = f"sha256={hmac.new(secret, body, 'sha256').hexdigest()}"
        return {"Content-Type": "application/json", "X-Hub-Signature-256": signature}
    basic = f"Basic {base64.b64encode(b'hub:' + secret).decode()}"
    content_type = "text/xml; charset=utf-8"
    return {"Content-Type": content_type, "SOAPAction": '""', "Authorization": basic}


def soap(org: str, url: str, events: Iterable[Any], records: Mapping[str, Row | None]) -> bytes:
    """An outbound message; its values are those of the sending, not of the edit."""
    parts = [ENVELOPE_HEAD.format(org=org, url=escape(url))]
    for event in events:
        id = event.data["id"]
        saved = (records[id] or {}).get("LastModifiedDate") or stamp(event.at)
        parts.append(NOTIFICATION.format(
            id=f"04l{event.id:015d}", object=event.data["object"], record=id, saved=zulu(saved)
        ))  # fmt: skip
    return "".join([*parts, ENVELOPE_TAIL]).encode()


def called_out(org: str, event: Any, record: Row | None) -> bytes:
    """A flow's callout about one record, in the shape of the sample that was given to it."""
    word = "created" if event.data["kind"] == "CREATE" else "updated"
    saved = zulu((record or {}).get("LastModifiedDate") or stamp(event.at))
    told = {"object": event.data["object"], "id": event.data["id"], "event": word}
    return json.dumps({**told, "org_id": org, "sent_at": saved}).encode()


def relayed(org: str, events: Iterable[Any]) -> bytes:
    """The relay's envelope around events as it received them."""
    body = {"organization_id": org, "events": [change_event(event) for event in events]}
    return json.dumps(body, ensure_ascii=False).encode()


def change_event(event: Any) -> dict[str, Any]:
    """One event as the relay receives it."""
    data, shown = event.data, event.data["shown"]
    at = event.at
    header = {
        "entityName": data["object"], "recordIds": [data["id"]], "changeType": data["kind"],
        "changeOrigin": "", "transactionKey": f"{event.id:08x}-0000", "sequenceNumber": 1,
        "commitTimestamp": int(at.timestamp() * 1000) if at else 0, "commitNumber": event.id,
        "commitUser": "0055j000000AbCdAAK", "nulledFields": [], "diffFields": [],
        "changedFields": [*data["changed"], "LastModifiedDate"],
    }  # fmt: skip
    values = {n: zulu(v) if n == "LastModifiedDate" else v for n, v in shown.items()}
    payload = {"ChangeEventHeader": header, **values}
    replay = {"replayId": event.id % 10**9}
    return {"schema": "IeRuaY6cbI_HsV8Rv1Mc5g", "payload": payload, "event": replay}


def zulu(text: str) -> str:
    """Pushed datetimes end in Z, those of the REST API in +0000."""
    return text.replace("+0000", "Z")
