"""For every value a mapping says which of its lines made it, from what, and by what conversion."""

from __future__ import annotations

from typing import Any

from mappings.language import Context, load, overlay
from mappings.lines import Line
from mappings.making import Making, making, part_of

COMPANY = """\
# Companies of a vendor.
- stream: companies
  object: company
  entity: account
  id: id
  created_at: made
  fields:
    name: [legal.name, name]
    tier: &rank
      from: properties.rank
      map:
        a: gold

      # A comment of the next line.
    domains: [site, other_site]
    industry: *rank
    country: {from: ., as: home}
    seats: {const: 5}
    website: {template: "https://{host}/{settings.path}"}
  custom: properties
"""


def home(record: Any, context: Context) -> str:
    return str(record["home"]).upper()


RAW = {
    "id": 1,
    "name": "Acme",
    "legal": {"name": " "},
    "host": "acme.example",
    "site": "a.example",
    "home": "de",
    "properties": {"rank": "a", "rung": 3},
}
CONTEXT = Context(settings={"path": "home"})
BASE = load(COMPANY, "v/mapping.yaml", {"home": home})["company"]


def made(name: str, mapping: Any = BASE, custom: bool = False) -> Making:
    part = part_of(mapping, name, custom)
    assert part is not None
    return making(mapping, part, RAW, CONTEXT)


def test_a_plain_rule_is_told_with_its_line_and_text() -> None:
    assert made("domains").lines == (Line("v/mapping.yaml", 15, "domains: [site, other_site]"),)


def test_a_block_keeps_its_lines_and_not_what_follows() -> None:
    text = "tier: &rank\n  from: properties.rank\n  map:\n    a: gold"
    assert made("tier").lines == (Line("v/mapping.yaml", 9, text),)


def test_an_alias_shows_what_it_names_too() -> None:
    first, last = made("industry").lines
    assert first.line == 9
    assert "properties.rank" in first.text
    assert last == Line("v/mapping.yaml", 16, "industry: *rank")


def test_of_places_to_fall_back_on_the_first_with_something_is_used() -> None:
    looks = {look.path: (look.value, look.used) for look in made("name").looks}
    assert looks == {"legal.name": (" ", False), "name": ("Acme", True)}


def test_all_places_of_a_list_or_template_are_used() -> None:
    assert [look.used for look in made("domains").looks] == [True, True]
    looks = [(look.path, look.root, look.value) for look in made("website").looks]
    assert looks == [("host", "record", "acme.example"), ("settings.path", "settings", "home")]


def test_a_conversion_is_named_with_its_module() -> None:
    own = made("country")
    assert (own.conversion, own.own) == ("home", True)
    assert own.module == f"{home.__module__}.home"
    assert [(look.path, look.value) for look in own.looks] == [("home", "de")]
    assert made("domains").module == "mappings.conversions.domains"
    assert (made("tier").conversion, made("tier").translated) == (None, True)
    assert made("seats").const


def test_the_head_of_a_mapping_has_lines_too() -> None:
    assert made("created_at").lines == (Line("v/mapping.yaml", 6, "created_at: made"),)


def test_what_nobody_maps_has_no_part() -> None:
    assert part_of(BASE, "phone") is None
    assert part_of(BASE, "rung", custom=True) is None


def test_an_overlays_line_stands_behind_the_connectors_own() -> None:
    text = "# Ours.\nfields:\n  name: title\ncustom:\n  rung: rung\n"
    changed = overlay(
        BASE, {"fields": {"name": "title"}, "custom": {"rung": "rung"}}, text, "overlay 4"
    )
    assert made("name", changed).lines == (
        Line("v/mapping.yaml", 8, "name: [legal.name, name]"),
        Line("overlay 4", 3, "name: title"),
    )
    custom = made("rung", changed, custom=True)
    assert custom.lines == (Line("overlay 4", 5, "rung: rung"),)
    assert [(look.path, look.value) for look in custom.looks] == [("properties.rung", 3)]


def test_an_expression_tells_the_fields_that_it_reads() -> None:
    text = COMPANY.replace("[site, other_site]", "properties.rung && site || host")
    one = load(text, "v/mapping.yaml", {"home": home})["company"]
    looks = {look.path: look.value for look in made("domains", one).looks}
    assert looks == {"host": "acme.example", "properties.rung": 3, "site": "a.example"}


def test_a_conversion_that_is_handed_the_record_tells_what_it_reads() -> None:
    def open_days(record: Any, context: Context) -> str:
        days = [day for day in record["log"] if day.get("open")]
        return f"{len(days)} {record['log'][-1].get('by', 'nobody')}"

    text = "- {stream: s, object: o, entity: ticket, id: id, fields: {subject: {from: ., as: own}}}"
    one = load(text, "m.yaml", {"own": open_days})["o"]
    part = part_of(one, "subject")
    assert part is not None
    raw = {"id": 1, "log": [{"open": True, "by": "a"}, {"open": False, "by": "b"}], "more": 2}
    looks = [(look.steps, look.value) for look in making(one, part, raw, Context()).looks]
    assert looks == [
        (("log", 0, "open"), True),
        (("log", 1, "open"), False),
        (("log", 1, "by"), "b"),
    ]
    assert one.apply(raw, Context()).values["subject"] == "1 b"


def test_a_conversion_that_fails_has_still_read_something() -> None:
    def breaks(record: Any, context: Context) -> str:
        return str(record["name"] + record["none"])

    text = "- {stream: s, object: o, entity: ticket, id: id, fields: {subject: {from: ., as: own}}}"
    one = load(text, "m.yaml", {"own": breaks})["o"]
    looks = making(one, ("fields", "subject"), {"id": 1, "name": "x"}, Context()).looks
    assert [look.path for look in looks] == ["name"]
