"""What is configured on the sandbox's Jira site: statuses, priorities, types and fields; and how
Jira writes times and text.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]

CATEGORIES = {
    "new": {"id": 2, "key": "new", "name": "To Do", "colorName": "blue-gray"},
    "indeterminate": {
        "id": 4,
        "key": "indeterminate",
        "name": "In Progress",
        "colorName": "yellow",
    },
    "done": {"id": 3, "key": "done", "name": "Done", "colorName": "green"},
}
STATUSES = {
    "10000": ("Open", "new"),
    "10001": ("Waiting for support", "indeterminate"),
    "10002": ("Waiting for customer", "indeterminate"),
    "10003": ("Pending", "indeterminate"),
    "10004": ("Resolved", "done"),
    "10005": ("Closed", "done"),
    "10010": ("To Do", "new"),
    "10011": ("In Progress", "indeterminate"),
    "10012": ("Done", "done"),
}
TICKET_STATUS = {
    "new": "10000",
    "open": "10001",
    "pending": "10002",
    "on_hold": "10003",
    "solved": "10004",
    "closed": "10005",
}
ISSUE_STATUS = {"to_do": "10010", "in_progress": "10011", "done": "10012"}
PRIORITIES = {
    "urgent": ("1", "Highest"),
    "high": ("2", "High"),
    "normal": ("3", "Medium"),
    "low": ("4", "Low"),
}
TICKET_TYPES = {
    "question": "[System] Service request",
    "incident": "[System] Incident",
    "problem": "[System] Problem",
    "task": "Task",
    "feature_request": "Suggestion",
}
ISSUE_TYPES = {"bug": "Bug", "feature": "Story", "task": "Task", "epic": "Epic"}
ORGANIZATIONS = "customfield_10002"
SLA = "customfield_10030"
CUSTOMER_DOMAIN = "customfield_10050"
SYSTEM = {
    "summary": ("Summary", {"type": "string"}),
    "description": ("Description", {"type": "string"}),
    "status": ("Status", {"type": "status"}),
    "issuetype": ("Issue Type", {"type": "issuetype"}),
    "priority": ("Priority", {"type": "priority"}),
    "project": ("Project", {"type": "project"}),
    "assignee": ("Assignee", {"type": "user"}),
    "reporter": ("Reporter", {"type": "user"}),
    "labels": ("Labels", {"type": "array", "items": "string"}),
    "created": ("Created", {"type": "datetime"}),
    "updated": ("Updated", {"type": "datetime"}),
    "resolutiondate": ("Resolved", {"type": "datetime"}),
    "duedate": ("Due date", {"type": "date"}),
    "timeoriginalestimate": ("Original estimate", {"type": "number"}),
    "timespent": ("Time Spent", {"type": "number"}),
    "issuelinks": ("Linked Issues", {"type": "array", "items": "issuelinks"}),
}
FIELDS: list[Json] = [
    *(
        {"id": id, "name": name, "custom": False, "clauseNames": [id], "schema": schema}
        for id, (name, schema) in SYSTEM.items()
    ),
    {
        "id": ORGANIZATIONS,
        "name": "Organisationen",
        "custom": True,
        "clauseNames": ["cf[10002]", "Organisationen"],
        "schema": {
            "type": "array",
            "items": "sd-customerorganization",
            "custom": "com.atlassian.servicedesk:sd-customer-organizations",
            "customId": 10002,
        },
    },
    {
        "id": SLA,
        "name": "Time to resolution",
        "custom": True,
        "clauseNames": ["cf[10030]", "Time to resolution"],
        "schema": {
            "type": "sd-servicelevelagreement",
            "custom": "com.atlassian.servicedesk:sd-sla-field",
        },
    },
    {
        "id": CUSTOMER_DOMAIN,
        "name": "Customer domain",
        "custom": True,
        "clauseNames": ["cf[10050]", "Customer domain"],
        "schema": {
            "type": "string",
            "custom": "com.atlassian.jira.plugin.system.customfieldtypes:textfield",
        },
    },
]
ROBOT = {
    "accountId": "557058:robot",
    "accountType": "app",
    "active": True,
    "displayName": "Automation for Jira",
}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def stamp(when: datetime) -> str:
    """Jira's time text, with milliseconds and an offset without a colon."""
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "+0000")


def millis(text: str) -> int:
    """Epoch milliseconds of a time text."""
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(milliseconds=1)


def status(id: str) -> Json:
    """A status with its category."""
    name, category = STATUSES[id]
    return {"id": id, "name": name, "statusCategory": CATEGORIES[category]}


def adf(text: str) -> Json:
    """Text as an Atlassian document, a paragraph for each line."""
    lines = [line for line in text.split("\n") if line]
    content = [{"type": "paragraph", "content": [{"type": "text", "text": line}]} for line in lines]
    return {"type": "doc", "version": 1, "content": content}


def document_text(document: Any) -> str | None:
    """A document as version 2 and webhooks send it."""
    if not isinstance(document, dict):
        return None
    return "\n".join("".join(t["text"] for t in p["content"]) for p in document["content"])
