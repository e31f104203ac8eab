"""The form of a connector's declared fields: read, and shown again with what was wrong."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import request

from hub.api import Connector
from hub.errors import HubError


@dataclass(slots=True)
class ConnectForm:
    """Values as typed (never a secret, which is asked for again), and errors by field."""

    connector: Connector
    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    problem: str = ""

    def refuse(self, error: HubError) -> None:
        """Say it at its field, or above the form if it has none here."""
        if error.field and error.field in {f.key for f in self.connector.fields}:
            self.errors[error.field] = error.sentence
        else:
            self.problem = error.sentence


def read(connector: Connector) -> tuple[dict[str, str], dict[str, str]]:
    """(settings, secrets) as typed; what is empty is left out."""
    given = {f.key: request.form.get(f.key, "").strip() for f in connector.fields}
    settings = {f.key: given[f.key] for f in connector.fields if not f.secret and given[f.key]}
    secrets = {f.key: given[f.key] for f in connector.fields if f.secret and given[f.key]}
    return settings, secrets
