"""Signing in through Atlassian: OAuth 2.0 (3LO), and which of its sites a grant is for.

Facts: developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps. The host of the sign-in is the
same for all; only a test system on this machine is named by the field `site`.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

import requests

from hub.api import Choice, OAuth, RetryLater
from hub.api.oauth import Settings
from plugins.jira.client import LOOPBACK, base_url

SIGN_IN = "https://auth.atlassian.com"
GATEWAY = "https://api.atlassian.com"
SCOPES = ("read:jira-work", "read:jira-user", "manage:jira-webhook", "offline_access")


def sites(settings: Settings, token: str, session: requests.Session) -> Iterable[Choice]:
    """Every Jira site that the grant reaches; the id is the cloud id. Raises RetryLater."""
    gateway = _host(settings, GATEWAY)
    answer = session.get(
        f"{gateway}/oauth/token/accessible-resources",
        headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
    )
    try:
        found = answer.json()
        return [
            Choice(
                str(site["id"]),
                str(site["name"]),
                {"site": f"{gateway}/ex/jira/{site['id']}"},
                str(site["url"]),
                tuple(site["scopes"]),
            )
            for site in found
            if any(":jira" in scope for scope in site["scopes"])
        ]
    except (ValueError, TypeError, KeyError):
        raise RetryLater("Atlassian did not say which sites may be read.") from None


def _host(settings: Settings, own: str) -> str:
    typed = urlsplit(base_url(settings["site"])) if settings.get("site") else None
    if typed is None or typed.hostname not in LOOPBACK:
        return own
    return f"{typed.scheme}://{typed.netloc}"


OAUTH = OAuth(
    authorize=lambda settings: f"{_host(settings, SIGN_IN)}/authorize",
    token=lambda settings: f"{_host(settings, SIGN_IN)}/oauth/token",
    hosts=("atlassian.com",),
    scopes=SCOPES,
    scopes_at=(
        "The hub's operator adds them to the app (developer.atlassian.com, Permissions); whoever "
        "signs in has to be let into the site with them."
    ),
    body="json",
    parameters={"audience": "api.atlassian.com", "prompt": "consent"},
    fills=("site", "email"),
    choices=sites,
)
