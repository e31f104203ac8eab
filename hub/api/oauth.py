"""How a vendor lets an admin grant access in the browser: OAuth 2, authorization code with PKCE."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import requests

Settings = Mapping[str, str]


def _nothing(answer: Mapping[str, Any]) -> Settings:
    return {}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several accounts that a grant reaches; `settings` are those of a connection to it.

    `url` is shown to tell them apart; `scopes` are those granted there, if the vendor says so.
    """

    id: str
    name: str
    settings: Settings
    url: str = ""
    scopes: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class OAuth:
    """A vendor's consent page and token endpoint.

    authorize, token: their addresses, from the connection's settings. hosts: the domains that these
    may lie in; the operator's app secret goes nowhere else but to this machine. scopes: asked for,
    divided by spaces, and all needed. scopes_at: a sentence that says where a missing one is
    granted. body: how the token endpoint is spoken to. asked: added to each request for a token.
    redirects: the vendor may want the address to which consent was sent back at a renewal, too.
    parameters: added to the consent page's address. life_s: how long an access token lives where
    the answer does not say. learnt: settings that the token's answer fixes, such as Salesforce's
    instance address. fills: keys of fields that belong to credentials and that nobody has to fill
    in, since consent stands for them. choices: the accounts that a grant reaches, where there may
    be several: from the settings, an access token and the hub's session; it raises the hub's
    errors. revoke: the address where a token is given back (RFC 7009). dead: the vendor's words for
    a grant that has ended, besides the standard's.
    The connector's `open` finds the current token among its secrets, as `access_token`.
    """

    authorize: Callable[[Settings], str]
    token: Callable[[Settings], str]
    hosts: tuple[str, ...]
    scopes: tuple[str, ...] = ()
    scopes_at: str = ""
    body: Literal["form", "json"] = "form"
    asked: Mapping[str, str | int] = field(default_factory=dict)
    redirects: bool = False
    parameters: Mapping[str, str] = field(default_factory=dict)
    life_s: float = 3600.0
    learnt: Callable[[Mapping[str, Any]], Settings] = _nothing
    fills: tuple[str, ...] = ()
    choices: Callable[[Settings, str, requests.Session], Iterable[Choice]] | None = None
    revoke: Callable[[Settings], str] | None = None
    dead: tuple[str, ...] = ()
