"""One noun of the API as a set of addresses; the one place that knows how they are described."""

from __future__ import annotations

from typing import Any

from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag

SECURITY: list[dict[str, list[str]]] = [{"key": []}]
Answers = dict[str | int, Any]


def noun(name: str, module: str, below: str) -> APIBlueprint:
    """Addresses under /api/v1 and `below`; all want a key and may answer the usual problems."""
    return APIBlueprint(
        name,
        module,
        url_prefix=f"/api/v1{below}",
        abp_tags=tagged(name) if below else [],
        abp_security=SECURITY,
        abp_responses=problems(),
    )


def tagged(*names: str) -> list[Any]:
    return [Tag(name=name) for name in names]


def problem(description: str) -> dict[str, Any]:
    """An error in the API's description."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": description,
        "content": {"application/problem+json": {"schema": schema}},
    }


def problems() -> Answers:
    """The errors that every address may answer with."""
    return {
        "401": problem("No good API key"),
        "404": problem("Not there, or not in this tenant"),
        "422": problem("What was sent cannot be right; `errors` names each field"),
        "503": problem("The store does not answer; Retry-After says when to come again"),
    }
