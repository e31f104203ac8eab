"""A connector's fields as an admin fills them in: defaults, and what can be checked here."""

from __future__ import annotations

import json
from collections.abc import Mapping

from hub.api import Connector, Field
from hub.errors import CorrectInput


def check_fields(
    connector: Connector,
    settings: Mapping[str, str],
    secrets: Mapping[str, str],
    *,
    granted: bool = False,
) -> tuple[dict[str, str], dict[str, str]]:
    """Fill in defaults and check what can be checked here; raises CorrectInput for the first.

    With `granted` access that an admin gave in the browser stands for the secrets, and for the
    fields that consent fills in.
    """
    known = {field.key: field for field in connector.fields}
    for key in (*settings, *secrets):
        if key not in known:
            raise CorrectInput(
                f"{connector.title} has no field {key}; it has {', '.join(known)}.", field=key
            )
    given = {**settings, **secrets}
    asked = {k: field for k, field in known.items() if not (granted and field.secret)}
    filled = connector.oauth.fills if granted and connector.oauth else ()
    values = {
        key: _value(field, given.get(key, ""), needed=field.required and key not in filled)
        for key, field in asked.items()
    }
    plain = {k: v for k, v in values.items() if v and not known[k].secret}
    hidden = {k: v for k, v in values.items() if v and known[k].secret}
    return plain, hidden


def _value(field: Field, given: str, *, needed: bool) -> str:
    value = given.strip() or field.default
    if not value and needed:
        raise CorrectInput(f"{field.title} is required.", field=field.key)
    if value and field.kind == "integer" and not value.lstrip("-").isdigit():
        raise CorrectInput(f"{field.title} must be a whole number.", field=field.key)
    if value and field.kind == "url" and not value.startswith(("https://", "http://")):
        raise CorrectInput(f"{field.title} must begin with https://.", field=field.key)
    if value and field.kind == "choice" and value not in field.choices:
        raise CorrectInput(
            f"{field.title} must be one of {', '.join(field.choices)}.", field=field.key
        )
    if value and field.kind == "json":
        _check_json(field, value)
    return value


def _check_json(field: Field, value: str) -> None:
    try:
        parsed = json.loads(value)
    except ValueError as error:
        raise CorrectInput(f"{field.title} is not valid JSON: {error}.", field=field.key) from error
    if not isinstance(parsed, dict):
        raise CorrectInput(f"{field.title} must be a JSON object.", field=field.key)
