"""What a tenant's overlay and a connector's own conversions make of a mapping."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from mappings.errors import Unmappable
from mappings.language import Context, Link, ObjectMapping, load, overlay

COMPANY = """
- stream: companies
  object: company
  entity: account
  id: id
  fields:
    name: properties.name
    domains: properties.domain
    annual_revenue: {from: properties.annualrevenue, currency: account.currency}
    lifecycle:
      {from: properties.lifecyclestage, map: {customer: active, lead: prospect}, else: other}
  custom: properties
"""
CONTEXT = Context(account={"currency": "EUR"})


def company() -> ObjectMapping:
    return load(COMPANY, "mapping.yaml", {})["company"]


def one(rules: str, own: Callable[..., Any]) -> ObjectMapping:
    text = f"- {{stream: s, object: thing, entity: ticket, id: id, {rules}}}"
    return load(text, "m.yaml", {"own": own})["thing"]


def by_project(record: Mapping[str, Any], context: Context) -> list[Link]:
    rules = dict(pair.split("=") for pair in context.settings["rules"].split())
    return [Link("account", "external_id", rules[record["project"]])]


def test_a_connectors_conversion_may_make_links() -> None:
    mapping = one("links: {account_rule: {from: ., as: own}}", by_project)
    context = Context(settings={"rules": "OPS=C-7 DEV=C-8"})
    made = mapping.apply({"id": 1, "project": "OPS"}, context)
    assert made.links == (Link("account", "external_id", "C-7"),)


def no(value: Any, context: Context) -> Any:
    raise Unmappable("", "no such thing here")


OWN: dict[str, tuple[Callable[..., Any], Any, str]] = {
    "refuses": (no, "a", "no such thing here"),
    "breaks": (lambda value, context: value["x"], "a", "the value cannot be converted (TypeError)"),
    "wrong-kind": (lambda value, context: {"x": 1}, "a", "a number is due, not an object"),
}


@pytest.mark.parametrize(("own", "value", "told"), OWN.values(), ids=OWN.keys())
def test_a_connectors_conversion_that_fails(own: Callable[..., Any], value: Any, told: str) -> None:
    mapping = one("fields: {reopen_count: {from: r, as: own}}", own)
    with pytest.raises(Unmappable) as caught:
        mapping.apply({"id": 1, "r": value}, CONTEXT)
    assert ("r", told) == (caught.value.path, caught.value.sentence)


def test_a_connectors_conversion_is_held_to_the_fields_words() -> None:
    mapping = one("fields: {status: {from: s, as: own}}", lambda value, context: value.lower())
    assert mapping.apply({"id": 1, "s": "OPEN"}, CONTEXT).values == {"status": "open"}
    with pytest.raises(Unmappable, match="'ajar' is not mapped"):
        mapping.apply({"id": 1, "s": "AJAR"}, CONTEXT)


def test_an_overlay_changes_a_path_and_keeps_the_rest_of_the_rule() -> None:
    document = {
        "external_id": "properties.customer_no",
        "fields": {
            "annual_revenue": "properties.arr",
            "lifecycle": {"map": {"evangelist": "active"}},
            "domains": None,
        },
        "custom": {"plan": "plan__c", "seats": {"from": "seats__c", "as": "integer"}},
        "links": {"account_key": {"by": "external_id", "from": "properties.parent_no"}},
    }
    tenant = overlay(company(), document)
    properties = {
        "arr": "10",
        "lifecyclestage": "evangelist",
        "customer_no": "C-9",
        "plan__c": "gold",
        "seats__c": "12",
        "parent_no": "C-1",
    }
    made = tenant.apply({"id": 1, "properties": properties}, CONTEXT)
    assert made.values == {
        "annual_revenue": {"minor": 1000, "currency": "EUR", "exponent": 2},
        "lifecycle": "active",
    }
    assert made.custom == {"plan": "gold", "seats": 12}
    assert made.external_id == "C-9"
    assert made.links == (Link("account", "external_id", "C-1"),)
    assert {"properties.plan__c", "properties.seats__c"} <= set(tenant.source_fields)
    assert "properties.domain" not in tenant.source_fields


def test_an_overlay_keeps_the_words_of_the_base() -> None:
    tenant = overlay(company(), {"fields": {"lifecycle": {"map": {"evangelist": "active"}}}})
    record = {"id": 1, "properties": {"lifecyclestage": "lead"}}
    assert tenant.apply(record, CONTEXT).values == {"lifecycle": "prospect"}


def test_revisions_follow_the_content() -> None:
    base = company()
    assert base.rev == company().rev
    changed = overlay(base, {"fields": {"name": "properties.legal_name"}})
    assert base.rev != changed.rev
    assert changed.rev == overlay(base, {"fields": {"name": {"from": "properties.legal_name"}}}).rev
    assert base.rev == overlay(base, {}).rev
    assert base.rev == overlay(changed, {"fields": {"name": "properties.name"}}).rev
