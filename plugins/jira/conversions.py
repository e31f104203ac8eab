"""What the mapping language cannot say: an issue's customer, reopenings, and who wrote when."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from mappings import account_rules
from mappings.account_rules import AccountRules, Rule
from mappings.language import Context, Link

Record = Mapping[str, Any]

BASES = {
    "organization": "organization",
    "custom_field": "custom_field",
    "label": "label",
    "reporter_domain": "reporter_domain",
    "account": "project_map",
}
"""The ways to tie an issue to a customer, and the canonical word for each."""
RULES = AccountRules(
    BASES, {"custom_field": "field", "account": "value"}, '{"CS": {"by": "organization"}}'
)
rules = RULES.read
ENDS = ("inwardIssue", "outwardIssue")
REPORTER = {"by": "reporter_domain"}


def account_links(record: Record, context: Context) -> tuple[Link, ...] | None:
    """Links to accounts by the rule of the issue's project; None without a rule or a match."""
    return _customer(record, context)[1] or None


def link_basis(record: Record, context: Context) -> str | None:
    """By which means `account_links` found the account; None if it did not."""
    basis, links = _customer(record, context)
    return basis if links else None


def ticket_links(links: Sequence[Record], context: Context) -> tuple[Link, ...]:
    """Links to the requests that a work item is linked with; other issues are no requests."""
    ends = [link[end]["id"] for link in links for end in ENDS if end in link]
    return tuple(Link("ticket", "record", f"request:{id}") for id in ends)


def customer_visible(record: Record, context: Context) -> bool:
    """Whether the project's rule says that customers see its issues."""
    rule = _rule(record, context)
    return bool(rule and rule.get("customer_visible"))


def reopens(record: Record, context: Context) -> int | None:
    """How often Jira's own change log moves the issue out of a status of the category done.

    A status that the site no longer has belongs to no category and is not counted.
    """
    if "changelog" not in record:
        return None
    categories: Mapping[str, str] = record["status_categories"]
    return sum(
        categories.get(str(item.get("from"))) == "done"
        and categories.get(str(item.get("to")), "done") != "done"
        for history in record["changelog"]
        for item in history["items"]
    )


def first_reply(record: Record, context: Context) -> datetime | None:
    """When a person other than the customer first wrote a public comment; robots do not count."""
    times = [
        moment(comment["created"])
        for comment in record.get("comments", [])
        if comment["public"]
        and comment["author_type"] == "atlassian"
        and not _customers(comment, record)
    ]
    return min(times, default=None)


def last_customer_message(record: Record, context: Context) -> datetime | None:
    """When the customer last wrote a public comment."""
    times = [
        moment(comment["created"])
        for comment in record.get("comments", [])
        if comment["public"] and _customers(comment, record)
    ]
    return max(times, default=None)


def _customer(record: Record, context: Context) -> tuple[str, tuple[Link, ...]]:
    """The basis and the account links; an issue without its organisation goes by its reporter."""
    rule = _rule(record, context)
    if rule is None:
        return "", ()
    links = _links(record, rule)
    if not links and rule["by"] == "organization":
        rule, links = REPORTER, _links(record, REPORTER)
    return BASES[rule["by"]], links


def _rule(record: Record, context: Context) -> Mapping[str, Any] | None:
    """The project's rule, else the one for `*`, else for a request its organisation or reporter."""
    found = RULES.of(context)
    project = record["fields"].get("project", {})
    desk = project.get("projectTypeKey") == "service_desk"
    default = {"by": "organization"} if desk else None
    return found.get(str(project.get("key"))) or found.get("*") or default


def _links(record: Record, rule: Rule) -> tuple[Link, ...]:
    return account_rules.links(_texts(record, rule), rule)


def _texts(record: Record, rule: Mapping[str, Any]) -> list[str]:
    """What the rule's source says about the customer, as text."""
    fields = record["fields"]
    by = rule["by"]
    if by == "organization":
        return [str(o.get("name", "")) for o in record.get("organizations", [])]
    if by == "custom_field":
        return list(_values(fields.get(rule["field"])))
    if by == "label":
        prefix = rule.get("field", "")
        return [
            text.removeprefix(prefix)
            for text in fields.get("labels", [])
            if text.startswith(prefix)
        ]
    if by == "account":
        return [rule["value"]]
    return list(_values((fields.get("reporter") or {}).get("emailAddress")))


def _values(value: object) -> Iterator[str]:
    """The texts of a custom field: text, number, option, cascading option, or a list of these."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield f"{value:g}" if isinstance(value, float) else str(value)
    elif isinstance(value, list):
        for part in value:
            yield from _values(part)
    elif isinstance(value, Mapping):
        for key in ("value", "name", "child"):
            yield from _values(value.get(key))


def _customers(comment: Mapping[str, Any], record: Record) -> bool:
    """Whether a comment is the customer's: of a portal customer, or of who raised the request."""
    reporter = (record["fields"].get("reporter") or {}).get("accountId")
    return comment["author_type"] == "customer" or (
        reporter is not None and comment["author"] == reporter
    )


def moment(text: object) -> datetime:
    """Jira's time text, or epoch milliseconds as some bulk answers have it."""
    if isinstance(text, int):
        return datetime.fromtimestamp(text / 1000, UTC)
    return datetime.fromisoformat(str(text)).astimezone(UTC)


CONVERSIONS: dict[str, Callable[..., Any]] = {
    "jira_account_links": account_links,
    "jira_link_basis": link_basis,
    "jira_ticket_links": ticket_links,
    "jira_customer_visible": customer_visible,
    "jira_reopens": reopens,
    "jira_first_reply": first_reply,
    "jira_last_customer_message": last_customer_message,
}
