"""Salesforce in small: its query language, its pushes as our webhooks take them, its truth."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from hub.api import Change, Delivery, Registration, Webhook
from hub.errors import Refuse
from plugins.salesforce import CONNECTOR, soql
from plugins.salesforce.catalogue import OBJECTS
from plugins.salesforce.sandbox import Org

WEBHOOKS = {webhook.name: webhook for webhook in CONNECTOR.webhooks}


@dataclass
class Edge:
    """A receiver that does with a delivery what the hub's edge does, and keeps the changes."""

    webhook: Webhook
    registration: Registration
    statuses: list[int] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    plain: int = 0

    def take(self, delivery: Delivery) -> tuple[int, str, bytes]:
        try:
            self.webhook.verify(delivery, self.registration)
            self.keys.append(self.webhook.delivery_key(delivery))
        except Refuse as refusal:
            self.statuses.append(refusal.status)
            return refusal.status, "text/plain", b""
        self.statuses.append(200)
        if self.plain:
            self.plain -= 1
            return 200, "text/plain", b"ok"
        self.changes += self.webhook.parse(delivery)
        return 200, self.webhook.ack.content_type, self.webhook.ack.body


@pytest.fixture
def listen(org: Org) -> Iterator[Callable[..., Edge]]:
    """Subscribes a receiver to one of the two webhooks."""
    servers: list[ThreadingHTTPServer] = []

    def start(name: str, account: str = org.org_id, **sender: str) -> Edge:
        edge = Edge(WEBHOOKS[name], Registration("e1", "", ("s3cret",), account=account))
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler(edge))
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/webhooks/salesforce/k"
        org.subscribe(url, sender.get("secret", "s3cret"), extra={"webhook": name})
        return edge

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def handler(edge: Edge) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {k.lower(): v for k, v in self.headers.items()}
            now = datetime.now(UTC)
            status, kind, answer = edge.take(Delivery("POST", self.path, headers, body, now))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            return

    return Handler


def ends(edge: Edge) -> set[tuple[str, str, str]]:
    return {(change.object, change.native_id, change.kind) for change in edge.changes}


def test_outbound_messages_tell_of_what_was_written(org: Org, listen: Callable[..., Edge]) -> None:
    """A flow never runs on a delete, which is left to the next listing."""
    edge = listen("outbound_messages")
    accounts = org.table("Account")
    changed, gone = accounts.ids()[:2]
    accounts.patch(changed, {"Name": "Smith & <Söhne>"})
    accounts.delete(gone)
    assert org.settle(10)
    assert ends(edge) == {("Account", changed, "upsert")}
    assert set(edge.statuses) == {200}


def test_change_events_tell_of_everything(org: Org, listen: Callable[..., Edge]) -> None:
    edge = listen("change_events")
    deals, accounts = org.table("Opportunity"), org.table("Account")
    changed, gone = deals.ids()[:2]
    winner, loser = accounts.ids()[:2]
    org.table("Contact").patch(org.table("Contact").ids()[0], {"Title": "CFO 😀"})
    deals.patch(changed, {"StageName": "Closed Won"})
    deals.delete(gone)
    deals.restore(gone)
    org.merge("Account", winner, [loser])
    assert org.settle(10)
    assert {
        ("Contact", org.table("Contact").ids()[0], "upsert"),
        ("Opportunity", changed, "upsert"),
        ("Opportunity", gone, "delete"),
        ("Opportunity", gone, "restore"),
        ("Account", loser, "upsert"),
        ("Account", winner, "upsert"),
    } <= ends(edge)


@pytest.mark.parametrize("name", list(WEBHOOKS))
def test_a_wrong_secret_or_another_org_is_refused(
    name: str, org: Org, listen: Callable[..., Edge]
) -> None:
    stranger, other = listen(name, secret="wrong"), listen(name, account="00D5j000000OtHeEAK")
    org.table("Account").patch(org.table("Account").ids()[0], {"Name": "x"})
    assert org.settle(20)
    for edge in (stranger, other):
        assert set(edge.statuses) == {401}
        assert edge.changes == []


def test_only_the_xml_acknowledgement_counts(org: Org, listen: Callable[..., Edge]) -> None:
    """A plain 200 is sent again, under the same notification id and hence the same key."""
    edge = listen("outbound_messages")
    edge.plain = 2
    org.table("Account").patch(org.table("Account").ids()[0], {"Name": "x"})
    assert org.settle(10)
    assert edge.statuses == [200, 200, 200]
    assert len(set(edge.keys)) == 1
    assert len(edge.changes) == 1


def test_a_busy_day_with_duplicates_and_disorder(org: Org, listen: Callable[..., Edge]) -> None:
    edge = listen("change_events")
    org.faults.add("duplicate", probability=0.3)
    org.faults.add("reorder", probability=0.3)
    org.stir_many(80)
    assert org.settle(30)
    assert len(edge.keys) > len(set(edge.keys))
    assert set(edge.statuses) == {200}
    assert not [change for change in edge.changes if change.rule]


def test_the_winner_of_each_merge_is_there(org: Org) -> None:
    accounts = org.table("Account")
    for company, presence in org.world.companies_of("salesforce"):
        if presence.merged_into:
            assert accounts.tombstones[presence.id].record["MasterRecordId"] in accounts
        elif not presence.deleted:
            assert presence.id in accounts
        assert org.world.who("salesforce", presence.id) == company.key


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SELECT Id Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Nothing", "INVALID_TYPE"),
        ("SELECT Nothing FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Account ORDER BY Nothing", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE SystemModstamp >= '2026-01-01T00:00:00Z'", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE SystemModstamp >= 2026-01-01", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Name LIKE 'a%'", "MALFORMED_QUERY"),
    ],
)
def test_soql_refuses_what_the_vendor_refuses(text: str, code: str) -> None:
    with pytest.raises(soql.Refusal) as caught:
        soql.parse(text, OBJECTS)
    assert caught.value.code == code


def test_soql_tests_and_sorts() -> None:
    rows: list[soql.Row] = [
        {"Id": "3", "Name": "O'Hara", "SystemModstamp": "2026-01-02T00:00:00.000+0000"},
        {"Id": "1", "Name": "b", "SystemModstamp": "2026-01-02T00:00:00.000+0000"},
        {"Id": "2", "Name": None, "SystemModstamp": "2026-01-01T00:00:00.000+0000"},
    ]

    def asked(where: str) -> list[str]:
        text = ["SELECT Id FROM Account", where, "ORDER BY SystemModstamp, Id"]
        query = soql.parse(" ".join(text), OBJECTS)
        return [r["Id"] for r in sorted(filter(query.admits, rows), key=query.sort_key)]

    assert asked("") == ["2", "1", "3"]
    assert asked("WHERE SystemModstamp >= 2026-01-02T00:00:00Z") == ["1", "3"]
    assert asked(r"WHERE Name = 'O\'Hara'") == ["3"]
    assert asked("WHERE Name = null") == ["2"]
    assert asked("WHERE Id IN ('1', '2') AND Name != null") == ["1"]
