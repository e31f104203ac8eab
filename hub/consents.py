"""Consent that an admin gives in the browser: asked for, answered, and made a connection.

What is wanted waits in the control database, under a token that only that person's browser has. A
grant that reaches several of the vendor's accounts waits there too, sealed, for one to be picked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hub import connections, grants, tokens
from hub.api import Choice, Connector
from hub.errors import CorrectInput, NotFound
from hub.fields import check_fields
from hub.store.client import Doc
from hub.store.control import hashed, new_token
from hub.tokens import Grant

if TYPE_CHECKING:
    from hub.bootstrap import Hub

CONSENT_FOR = timedelta(minutes=15)
"""How long an admin may take on the vendor's consent page, and to pick an account."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What was wanted, the grant for it, and the accounts of which one is to be picked, if any."""

    wanted: Doc
    grant: Grant
    choices: tuple[Choice, ...] = ()


def redirect_uri(hub: Hub) -> str:
    """Where vendors send the admin's browser back to; to be registered with each app."""
    return f"{hub.settings.public_url.rstrip('/')}/connections/consent"


def ask(
    hub: Hub,
    tenant_id: str,
    user_id: str,
    connector: Connector,
    settings: Mapping[str, str],
    name: str = "",
    connection_id: str = "",
) -> Doc:
    """Note what is wanted before the browser leaves: {"url": the consent page, "state"}.

    Raises CorrectInput for a bad setting, or where the operator has no app at this vendor.
    """
    app = grants.app_of(hub, connector)
    if app is None or connector.oauth is None:
        raise CorrectInput(
            f"The operator has set no app for {connector.title}: use a token instead.",
            reason="no_app",
        )
    plain, _ = check_fields(connector, settings, {}, granted=True)
    verifier = new_token()
    wanted = {
        "tenant_id": tenant_id,
        "user_id": user_id,
        "connector": connector.name,
        "settings": plain,
        "name": name,
        "connection_id": connection_id,
    }
    where = redirect_uri(hub)
    state = new_token()
    url = tokens.consent_url(connector.oauth, app, plain, state, verifier, where)
    tokens.own_address(connector.title, connector.oauth, url.partition("?")[0])
    _keep(hub, wanted, state, {"verifier": verifier})
    return {"url": url, "state": state}


def answered(hub: Hub, tenant_id: str, user_id: str, state: str, code: str) -> Answered:
    """The grant for what was wanted. A state is good once, for whoever asked.

    Raises NotFound for a state that we did not give to this person or that is too old,
    CorrectInput when the vendor refuses the code, or grants less than is needed.
    """
    asked = {**_mine(tenant_id, user_id, state), "choices": {"$exists": False}}
    wanted = hub.catalogue.control.consents.find_one_and_delete(asked)
    wanted, now = _fresh(hub, wanted), hub.now(tenant_id)
    verifier = hub.catalogue.vault.open(wanted["sealed"])["verifier"]
    connector = hub.plugins.connector(wanted["connector"])
    endpoint = _endpoint(hub, wanted)
    grant = endpoint.exchange(code, verifier, redirect_uri(hub), now)
    wanted["settings"] = {**wanted["settings"], **grant.pop("learnt")}
    choose = endpoint.oauth.choices
    if choose is None:
        _refuse_less(connector, grant)
        return Answered(wanted, grant)
    found = tuple(choose(wanted["settings"], grant["access_token"], endpoint.session))
    return _narrowed(hub, connector, Answered(wanted, grant, found))


def _narrowed(hub: Hub, connector: Connector, found: Answered) -> Answered:
    """Without a question where there is one answer: a single account, or the one we know."""
    if not found.choices:
        raise CorrectInput(
            f"With this access no account of {connector.title} can be reached. Ask for access to "
            "one there, and begin again.",
            reason="no_account",
        )
    known = found.wanted["connection_id"]
    fit = [
        c for c in found.choices if known and c.settings.items() <= found.wanted["settings"].items()
    ]
    if known and not fit:
        raise CorrectInput(
            f"This access does not reach the connection's own account at {connector.title}. Sign "
            "in as somebody who may use it, and begin again.",
            reason="other_account",
        )
    (*rest, only) = fit or found.choices
    return found if rest else _picked(connector, found, only)


def hold(hub: Hub, found: Answered) -> str:
    """Keep a grant until its account is picked; returns the token that finds it again."""
    wanted = {k: v for k, v in found.wanted.items() if k not in ("_id", "sealed", "expires_at")}
    choices = [asdict(choice) for choice in found.choices]
    key = new_token()
    _keep(hub, {**wanted, "choices": choices}, key, found.grant)
    return key


def held(hub: Hub, tenant_id: str, user_id: str, key: str) -> Answered:
    """What waits for an account to be picked; raises NotFound."""
    mine = {**_mine(tenant_id, user_id, key), "choices": {"$exists": True}}
    wanted = _fresh(hub, hub.catalogue.control.consents.find_one(mine))
    return Answered(wanted, hub.catalogue.vault.open(wanted["sealed"]), _choices(wanted["choices"]))


def pick(hub: Hub, tenant_id: str, user_id: str, key: str, choice_id: str) -> Doc:
    """Connect the account that was picked; what waits stays until that has worked.

    Raises what `finish` raises, NotFound, and CorrectInput for no choice of ours.
    """
    found = held(hub, tenant_id, user_id, key)
    chosen = next((choice for choice in found.choices if choice.id == choice_id), None)
    if chosen is None:
        raise CorrectInput("Pick one of them.", reason="no_choice")
    connector = hub.plugins.connector(found.wanted["connector"])
    made = finish(hub, _picked(connector, found, chosen))
    hub.catalogue.control.consents.delete_one(_mine(tenant_id, user_id, key))
    return made


def finish(hub: Hub, found: Answered) -> Doc:
    """The connection that was wanted, made or reconnected; raises as these do."""
    wanted, grant = found.wanted, found.grant
    tenant_id, settings = wanted["tenant_id"], wanted["settings"]
    if wanted["connection_id"]:
        return connections.reconnect(hub, tenant_id, wanted["connection_id"], settings, {}, grant)
    name = wanted["name"]
    return connections.add(hub, tenant_id, wanted["connector"], settings, {}, name, grant)


def _picked(connector: Connector, found: Answered, chosen: Choice) -> Answered:
    _refuse_less(connector, found.grant, chosen)
    settings = {**found.wanted["settings"], **chosen.settings}
    return Answered({**found.wanted, "settings": settings}, found.grant)


def _refuse_less(connector: Connector, grant: Grant, chosen: Choice | None = None) -> None:
    oauth = connector.oauth
    assert oauth is not None
    lacking = tokens.missing(oauth, grant, chosen)
    if lacking:
        where = oauth.scopes_at or f"Grant them in {connector.title}."
        raise CorrectInput(
            f"These permissions were not granted: {', '.join(lacking)}. {where} Then begin again.",
            reason="missing_scopes",
        )


def _endpoint(hub: Hub, wanted: Doc) -> tokens.TokenEndpoint:
    connector = hub.plugins.connector(wanted["connector"])
    tenant_id = wanted["tenant_id"]
    place = f"new:{tenant_id}:{connector.name}"
    return grants.endpoint(hub, connector, wanted["settings"], place, tenant_id)


def _keep(hub: Hub, wanted: Doc, key: str, secret: Mapping[str, Any]) -> None:
    tenant_id = wanted["tenant_id"]
    hub.catalogue.control.consents.insert_one(
        {
            **wanted,
            "_id": hashed(key),
            "sealed": hub.catalogue.vault.seal(tenant_id, secret),
            "expires_at": hub.now(tenant_id) + CONSENT_FOR,
        }
    )


def _mine(tenant_id: str, user_id: str, key: str) -> Doc:
    return {"_id": hashed(key), "tenant_id": tenant_id, "user_id": user_id}


def _fresh(hub: Hub, wanted: Doc | None) -> Doc:
    if wanted is None or wanted["expires_at"] < hub.now(wanted["tenant_id"]):
        raise NotFound("This answer does not belong to a connection you began: begin again.")
    return wanted


def _choices(stored: Sequence[Doc]) -> tuple[Choice, ...]:
    told = [doc["scopes"] for doc in stored]
    scopes = [None if one is None else tuple(one) for one in told]
    return tuple(Choice(**{**d, "scopes": s}) for d, s in zip(stored, scopes, strict=True))
