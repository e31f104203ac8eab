"""Outbound messages: proving the sender, refusing hostile XML, thin changes out."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

import defusedxml.ElementTree  # type: ignore[import-untyped]
import pytest
from defusedxml.common import DTDForbidden  # type: ignore[import-untyped]

from hub.api import BadSignature, Change, Delivery, Malformed, Registration
from plugins.salesforce.webhook import OUTBOUND

PAYLOADS = Path(__file__).parent / "payloads"
ACCOUNT = (PAYLOADS / "outbound_account.xml").read_bytes()
CONTACTS = (PAYLOADS / "outbound_two_contacts.xml").read_bytes()
NOW = datetime(2026, 11, 20, 10, 16, tzinfo=UTC)
ORG = "00DXX0000001aBcEAI"
SECRET = {"x-hub-secret": "s3cret"}


def delivery(body: bytes = ACCOUNT, headers: dict[str, str] = SECRET) -> Delivery:
    return Delivery("POST", "https://hub.example.com/webhooks/salesforce/k", headers, body, NOW)


def registration(*secrets: str, account: str | None = ORG) -> Registration:
    return Registration("e1", "https://hub.example.com", secrets or ("s3cret",), account=account)


def basic(text: str) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(text.encode()).decode()}"}


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(SECRET, id="secret-header"),
        pytest.param(basic("hub:s3cret"), id="basic"),
        pytest.param(basic("anybody:s3cret"), id="basic-any-user"),
    ],
)
def test_accepted(headers: dict[str, str]) -> None:
    OUTBOUND.verify(delivery(headers=headers), registration())


def test_either_of_two_active_secrets() -> None:
    OUTBOUND.verify(delivery(), registration("old", "s3cret"))


def test_the_15_character_organisation_id_is_the_same_organisation() -> None:
    body = ACCOUNT.replace(b"00DXX0000001aBcEAI<", b"00DXX0000001aBc<")
    OUTBOUND.verify(delivery(body), registration())


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({}, registration(), id="missing"),
        pytest.param({"x-hub-secret": ""}, registration(), id="empty"),
        pytest.param({"x-hub-secret": "wrong"}, registration(), id="wrong"),
        pytest.param({"x-hub-secret": "s3cret "}, registration(), id="one-more-byte"),
        pytest.param({"x-hub-secret": "s3crét"}, registration(), id="non-ascii"),
        pytest.param({"x-hub-secret": "\udcff"}, registration(), id="broken-surrogate"),
        pytest.param(basic("hub:wrong"), registration(), id="basic-wrong"),
        pytest.param(basic("s3cret:"), registration(), id="basic-secret-as-user"),
        pytest.param({"authorization": "Basic ?"}, registration(), id="basic-not-base64"),
        pytest.param({"authorization": "Bearer s3cret"}, registration(), id="not-basic"),
        pytest.param({"x-hub-secret": ""}, registration(""), id="no-secret-but-empty"),
        pytest.param(SECRET, Registration("e1", "", (), account=ORG), id="no-secret-set"),
        pytest.param(SECRET, registration(account=None), id="organisation-not-known"),
        pytest.param(SECRET, registration(account="00DXX0000001aBdEAI"), id="another-organisation"),
        pytest.param(SECRET, registration(account="00DXX0000001abcEAI"), id="another-case"),
    ],
)
def test_refused(headers: dict[str, str], expected: Registration) -> None:
    with pytest.raises(BadSignature):
        OUTBOUND.verify(delivery(headers=headers), expected)


def test_a_body_of_another_organisation_is_refused() -> None:
    body = ACCOUNT.replace(b"00DXX0000001aBcEAI<", b"00DXX0000001aBdEAI<")
    with pytest.raises(BadSignature):
        OUTBOUND.verify(delivery(body), registration())


def doctyped(internal: bytes) -> bytes:
    return ACCOUNT.replace(b"?>\n", b"?>\n<!DOCTYPE a [" + internal + b"]>\n", 1)


BOMB = b'<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">'
FILE = b'<!ENTITY a SYSTEM "file:///etc/passwd">'


@pytest.mark.parametrize("internal", [b"", BOMB, FILE], ids=["empty", "bomb", "file"])
def test_a_document_type_is_refused_as_a_second_parser_would(internal: bytes) -> None:
    body = doctyped(internal)
    with pytest.raises(Malformed, match="document type"):
        list(OUTBOUND.parse(delivery(body)))
    with pytest.raises(DTDForbidden):
        defusedxml.ElementTree.fromstring(body, forbid_dtd=True)


@pytest.mark.parametrize("encoding", ["utf-16-be", "utf-16-le", "utf-16"])
def test_a_document_type_hidden_in_another_encoding_is_refused(encoding: str) -> None:
    """Without its mark, UTF-16 in plain ASCII is also valid UTF-8, full of NULs."""
    hidden = doctyped(FILE).decode().replace("UTF-8", "UTF-16").encode(encoding)
    with pytest.raises(Malformed, match="document type"):
        list(OUTBOUND.parse(delivery(hidden)))


def test_entities_in_attributes_do_not_explode() -> None:
    """libxml2 expands those whatever the parser is told, up to its own limit."""
    laughs = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    body = doctyped(f'<!ENTITY e0 "ha">{laughs}'.encode())
    with pytest.raises(Malformed):
        list(OUTBOUND.parse(delivery(body.replace(b"sf:Account", b"&e9;"))))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{}", id="json"),
        pytest.param(b"<a/>", id="other-xml"),
        pytest.param(ACCOUNT.replace(b"Labs", b"\xff\xfe"), id="invalid-utf-8"),
        pytest.param(ACCOUNT[:-20], id="cut-short"),
        pytest.param(b"<a>" * 100_000, id="deep"),
        pytest.param(ACCOUNT.replace(b"001XX000003DHPhYAO", b""), id="no-record-id"),
        pytest.param(ACCOUNT.replace(b"001XX000003DHPhYAO", b"') OR (Id != '"), id="injection"),
        pytest.param(ACCOUNT.replace(b' xsi:type="sf:Account"', b""), id="no-type"),
        pytest.param(ACCOUNT.replace(b"Notification>", b"Other>"), id="no-notification"),
    ],
)
def test_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        list(OUTBOUND.parse(delivery(body)))


def test_more_than_100_notifications_are_malformed() -> None:
    start, end = CONTACTS.index(b"<Notification>"), CONTACTS.index(b"</notifications>")
    one = CONTACTS[start : CONTACTS.index(b"</Notification>") + len(b"</Notification>")]
    whole = CONTACTS[:start] + one * 100 + CONTACTS[end:]
    assert len(list(OUTBOUND.parse(delivery(whole)))) == 100
    with pytest.raises(Malformed):
        list(OUTBOUND.parse(delivery(CONTACTS[:start] + one * 101 + CONTACTS[end:])))


def test_the_notification_is_a_hint_and_carries_no_record() -> None:
    assert list(OUTBOUND.parse(delivery())) == [
        Change("Account", "001XX000003DHPhYAO", "upsert", NOW)
    ]


def test_two_notifications_with_a_short_id_and_a_stamp() -> None:
    saved = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
    assert list(OUTBOUND.parse(delivery(CONTACTS))) == [
        Change("Contact", "003XX000004TmiQYAS", "upsert", saved),
        Change("Contact", "003XX000004TmiRAAS", "upsert", NOW),
    ]


def test_a_retry_has_the_same_key_whatever_its_order_or_values() -> None:
    """Values are those of the sending, so a retry may differ in everything but the ids."""
    first, second = b"04lXX0000004C0JAAU", b"04lXX0000004C0KAAU"
    swapped = CONTACTS.replace(first, b"X").replace(second, first).replace(b"X<", second + b"<")
    changed = CONTACTS.replace("Söhne".encode(), b"Sons")
    key = OUTBOUND.delivery_key(delivery(CONTACTS))
    assert OUTBOUND.delivery_key(delivery(swapped)) == key
    assert OUTBOUND.delivery_key(delivery(changed)) == key
    assert OUTBOUND.delivery_key(delivery(CONTACTS.replace(first, b"04lXX0000004C0LAAU"))) != key
    assert OUTBOUND.key_holds


def test_without_a_notification_id_there_is_no_key() -> None:
    with pytest.raises(Malformed):
        OUTBOUND.delivery_key(delivery(ACCOUNT.replace(b"04lXX0000004C0IAAU", b"")))


def test_the_acknowledgement_is_the_vendor_s_own() -> None:
    expected = (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">'
        "<soapenv:Body><notificationsResponse "
        'xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>'
        "</soapenv:Body></soapenv:Envelope>"
    )
    assert OUTBOUND.ack.body.decode() == expected
    assert OUTBOUND.ack.status == 200
    assert OUTBOUND.ack.content_type.startswith("text/xml")
