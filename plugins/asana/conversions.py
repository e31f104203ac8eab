"""What the mapping language cannot say: a task's customer by its projects' rules, its priority."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mappings import account_rules
from mappings.account_rules import AccountRules, Rule
from mappings.language import Context, Link

Record = Mapping[str, Any]

BASES = {
    "custom_field": "custom_field",
    "project_field": "project_map",
    "tag": "label",
    "account": "project_map",
}
"""The ways to tie a task to a customer, and the canonical word for each."""
RULES = AccountRules(
    BASES,
    {"custom_field": "field", "project_field": "field", "account": "value"},
    '{"120": {"by": "tag", "field": "cust-"}}',
)
rules = RULES.read
PRIORITY = "priority"
PRIORITIES = {
    "urgent": "urgent",
    "critical": "urgent",
    "highest": "urgent",
    "high": "high",
    "medium": "normal",
    "normal": "normal",
    "low": "low",
    "lowest": "low",
}


def account_links(record: Record, context: Context) -> tuple[Link, ...] | None:
    """Links to accounts by the rules of the task's projects; None without a rule or a match."""
    found = [link for _, links in _customers(record, context) for link in links]
    return tuple(found) or None


def link_basis(record: Record, context: Context) -> str | None:
    """By which means `account_links` found an account first; None if it did not."""
    return next((BASES[rule["by"]] for rule, links in _customers(record, context) if links), None)


def customer_visible(record: Record, context: Context) -> bool:
    """Whether the rule of one of its projects says that customers see the tasks."""
    return any(rule.get("customer_visible") for _, rule in _rules(record, context))


def priority(record: Record, context: Context) -> str | None:
    """The field that is called Priority, as Asana's own templates name it."""
    for field in record.get("custom_fields") or ():
        if str(field.get("name", "")).strip().lower() == PRIORITY:
            return PRIORITIES.get(str(field.get("display_value")).strip().lower())
    return None


def homes(record: Record) -> list[str]:
    """Gids of a task's projects; a subtask has none of its own and lives in its parent's."""
    task: Any = record
    while isinstance(task, Mapping):
        found = [m["project"]["gid"] for m in task.get("memberships") or () if m.get("project")]
        if found:
            return found
        task = task.get("parent")
    return []


def field_texts(record: Record, gid: str) -> list[str]:
    """What a custom field holds, as texts; empty if the record has no such field or value."""
    for field in record.get("custom_fields") or ():
        if field.get("gid") == gid:
            return [text for text in _texts(field) if text.strip()]
    return []


def _rules(record: Record, context: Context) -> Iterator[tuple[str, Rule]]:
    """The rule of each of the task's projects, else the one for `*`."""
    found = RULES.of(context)
    for project in homes(record):
        rule = found.get(project) or found.get("*")
        if rule:
            yield project, rule


def _customers(record: Record, context: Context) -> list[tuple[Rule, tuple[Link, ...]]]:
    """Each rule that applies with the accounts it leads to."""
    return [
        (rule, account_rules.links(_sources(record, project, rule, context), rule))
        for project, rule in _rules(record, context)
    ]


def _sources(record: Record, project: str, rule: Rule, context: Context) -> list[str]:
    """What the rule's source says about the customer, as text."""
    by = rule["by"]
    if by == "custom_field":
        return field_texts(record, rule["field"])
    if by == "project_field":
        facts = context.account.get("project_fields") or {}
        return list((facts.get(project) or {}).get(rule["field"]) or ())
    if by == "tag":
        prefix = rule.get("field", "")
        names = [str(tag.get("name", "")) for tag in record.get("tags") or ()]
        return [name.removeprefix(prefix) for name in names if name.startswith(prefix)]
    return [rule["value"]]


def _texts(field: Mapping[str, Any]) -> Iterator[str]:
    """One text for each choice; a number without the field's own formatting."""
    choices = field.get("multi_enum_values")
    number = field.get("number_value")
    if choices:
        yield from (str(choice.get("name", "")) for choice in choices)
    elif isinstance(number, int | float) and not isinstance(number, bool):
        yield f"{number:.15g}"
    elif field.get("display_value") is not None:
        yield str(field["display_value"])


CONVERSIONS = {
    "asana_account_links": account_links,
    "asana_link_basis": link_basis,
    "asana_customer_visible": customer_visible,
    "asana_priority": priority,
}
