"""The rule on what a connector tells of the vendor's own fields."""

from __future__ import annotations

import json

from hub.conform.ground import Ground
from hub.conform.rule import require, rule
from mappings import described
from mappings.survey import value_at


@rule("schema", "silver", "What it tells of fields has the one shape, and paths that exist")
def describes(ground: Ground) -> None:
    """A connector that tells of no fields tells nothing wrong: they are seen in the records."""
    if ground.connector.describe is None:
        return
    facts = ground.connector.describe(ground.client())
    file = str(ground.folder / "__init__.py")
    try:
        json.dumps(facts)
    except (TypeError, ValueError) as error:
        require(False, f"describe() told what is no JSON: {error}.", file)
    for problem in described.problems(facts):
        require(False, problem, file)
    told = described.fields(facts)
    known = {*ground.mappings, *described.objects(facts)}
    for object in told:
        require(object in known, f"describe() tells of {object}, which nothing maps.", file)
    for stream in ground.connector.streams:
        fields, records = told.get(stream.object, ()), ground.records(stream)
        found = any(value_at(record, f.name) is not None for f in fields for record in records)
        wrong = f"No record of {stream.name} has anything at the paths that describe() names."
        require(found or not fields or not records, wrong, file)
