"""Taking somebody out of a text takes nobody else out; every way of writing them is found."""

from __future__ import annotations

import json

import pytest

from hub.privacy.identifiers import Identifiers, candidates, is_distinct, of_values
from hub.privacy.needles import Needles
from hub.privacy.redact import Redactor

ADA = Identifiers(
    keys={"cnx_1:contact:501"},
    natives={"cnx_1:0035j0000000001AAA"},
    emails={"ada@private.example"},
    phones={"12025550143"},
    names={"ada lovelace"},
    parts={"ada", "lovelace"},
)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("mail ada@private.example.", "mail [erased]."),
        ("mail <ADA@Private.Example>", "mail <[erased]>"),
        ("canada@private.example", "canada@private.example"),
        ("ada@private.example.org", "ada@private.example.org"),
        ("ring +1 (202) 555-0143 now", "ring [erased] now"),
        ("ring 0012025550143", "ring [erased]"),
        ("order 912025550143", "order 912025550143"),
        ("Ada  LOVELACE wrote", "[erased] wrote"),
        ("Ada Lovelacey wrote", "Ada Lovelacey wrote"),
        ("Ada wrote", "Ada wrote"),
        ("/Contact/0035j0000000001AAA/view", "/Contact/[erased]/view"),
        ("see cnx_1:contact:501", "see [erased]"),
        ("see cnx_1:contact:5012", "see cnx_1:contact:5012"),
    ],
)
def test_a_text_loses_the_person_and_nothing_else(before: str, after: str) -> None:
    assert Redactor(ADA, "cnx_1").text(before) == after


def test_a_field_of_its_own_is_emptied_and_a_name_marked() -> None:
    body = {"email": "ada@private.example", "name": "Ada Lovelace", "first": "Ada", "n": 501}
    assert Redactor(ADA, "cnx_1").json(body) == {
        "email": None,
        "name": "[erased]",
        "first": "[erased]",
        "n": 501,
    }


def test_a_body_of_several_keeps_the_others() -> None:
    events = [{"objectId": 501, "v": "ada@private.example"}, {"objectId": 502, "v": "b@x.example"}]
    left = json.loads(Redactor(ADA, "cnx_1").body(json.dumps(events).encode(), everywhere=True))
    assert left == [{"objectId": None, "v": None}, {"objectId": 502, "v": "b@x.example"}]


def test_xml_is_redacted_as_text() -> None:
    xml = b"<sf:Id>0035j0000000001AAA</sf:Id><sf:LastName>Lovelace</sf:LastName><a>7</a>"
    left = Redactor(ADA, "cnx_1").body(xml, everywhere=True)
    assert left == b"<sf:Id>[erased]</sf:Id><sf:LastName>[erased]</sf:LastName><a>7</a>"


@pytest.mark.parametrize(
    "text",
    [
        "x\0ada@private.example\0",
        "mailto:Ada@Private.Example",
        "touch|ada@private.example",
        "to=ada%40private.example&x",
        "w:r:cnx_1:contact:501",
        "cnx_1 contact:501",
        '"phone":"+1 202 555 0143"',
        "/0035j0000000001AAA/",
    ],
)
def test_every_way_of_writing_is_found(text: str) -> None:
    assert Needles(ADA).found(text.encode())


@pytest.mark.parametrize(
    "text",
    ["canada@private.example", "contact:501", "cnx_1 contact:5012", "ada", "Ada Lovelace", "501"],
)
def test_what_is_somebody_elses_is_not_found(text: str) -> None:
    assert Needles(ADA).found(text.encode()) == []


def test_a_name_is_found_as_json_and_as_bson_write_it() -> None:
    who = of_values("contact", {"first_name": "Zoë", "last_name": "Ødegård"})
    for written in ("Zoë Ødegård", json.dumps("Zoë Ødegård"), "Ødegård, Zoë"):
        assert Needles(who).names(written.encode())


def test_a_desks_address_is_no_persons() -> None:
    who = of_values("contact", {"emails": ["support@acme.example", "ada@acme.example"]})
    assert who.emails == {"ada@acme.example"}


def test_a_small_number_is_never_an_id_by_itself() -> None:
    assert [is_distinct(i) for i in ("501", "84000000011", "0035j0000000001AAA", "new")] == [
        False,
        True,
        True,
        False,
    ]


def test_what_might_be_somebody_is_what_their_hash_is_made_of() -> None:
    text = json.dumps({"m": "Ask Ada@Private.Example or +1 (202) 555-0143", "i": 84000000011})
    found = set(candidates(text, "cnx_1"))
    assert {
        ("emails", "ada@private.example"),
        ("phones", "12025550143"),
        ("natives", "cnx_1:84000000011"),
    } <= found
