"""Signing in through Salesforce: the web server flow at the org's My Domain, or a general host.

Facts: help.salesforce.com, "OAuth 2.0 Web Server Flow" and "OAuth 2.0 Refresh Token Flow". The
answer has no life: 15 minutes is the shortest that a session policy can set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.api import OAuth
from hub.api.oauth import Settings

SHORTEST_SESSION_S = 900.0


def _path(settings: Settings, name: str) -> str:
    return f"{settings.get('instance_url', '').rstrip('/')}/services/oauth2/{name}"


def _instance(answer: Mapping[str, Any]) -> Settings:
    """All data calls go to the address in the answer, and so does the next renewal."""
    address = answer.get("instance_url")
    return {"instance_url": address} if isinstance(address, str) and address else {}


OAUTH = OAuth(
    authorize=lambda settings: _path(settings, "authorize"),
    token=lambda settings: _path(settings, "token"),
    revoke=lambda settings: _path(settings, "revoke"),
    hosts=("salesforce.com", "salesforce.mil"),
    scopes=("api", "refresh_token"),
    scopes_at=(
        "The app needs 'Manage user data via APIs (api)' and 'Perform requests at any time "
        "(refresh_token, offline_access)' under its OAuth settings."
    ),
    life_s=SHORTEST_SESSION_S,
    learnt=_instance,
    fills=("consumer_key", "username"),
    dead=("inactive_user", "inactive_org"),
)
