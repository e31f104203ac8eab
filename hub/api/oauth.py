"""How a vendor lets an admin grant access in the browser: OAuth 2, authorization code with PKCE."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Settings = Mapping[str, str]


def _nothing(answer: Mapping[str, Any]) -> Settings:
    return {}


@dataclass(frozen=True, slots=True)
class OAuth:
    """A vendor's consent page and token endpoint.

    authorize, token: their addresses, from the connection's settings. scopes: asked for, divided by
    spaces. body: how the token endpoint is spoken to. parameters: added to the consent page's
    address. life_s: how long an access token lives where the answer does not say. learnt: settings
    that the token's answer fixes, such as Salesforce's instance address.
    The connector's `open` finds the current token among its secrets, as `access_token`.
    """

    authorize: Callable[[Settings], str]
    token: Callable[[Settings], str]
    scopes: tuple[str, ...] = ()
    body: Literal["form", "json"] = "form"
    parameters: Mapping[str, str] = field(default_factory=dict)
    life_s: float = 3600.0
    learnt: Callable[[Mapping[str, Any]], Settings] = _nothing
