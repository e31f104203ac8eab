"""An address that a vendor pushes to: its secret, and whether it can be reached."""

from __future__ import annotations

import requests
from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub import endpoints
from hub.errors import HubError, NotFound
from hub.store.client import Doc
from hub.web.screens.here import here

pages = Blueprint(
    "endpoint", __name__, url_prefix="/connections/<connection_id>/endpoints/<endpoint_id>"
)

PROBE_S = 5.0
GUARDED = (400, 401)
"""What an endpoint answers to a body that no vendor signed."""


def _own(connection_id: str, endpoint_id: str) -> Doc:
    asked = here()
    for one in endpoints.describe(
        asked.hub, asked.tenant_id, asked.hub.connection(asked.store, connection_id)
    ):
        if one["id"] == endpoint_id and one["state"] != "app":
            return one
    raise NotFound("There is no such endpoint.")


@pages.post("/secret")
def paste_secret(connection_id: str, endpoint_id: str) -> Response:
    """The vendor's secret, pasted; the former one stays active for a day."""
    asked, _ = here(), _own(connection_id, endpoint_id)
    try:
        secret = request.form.get("secret", "")
        endpoints.set_secret(asked.hub, asked.tenant_id, endpoint_id, secret)
    except HubError as error:
        return _back(connection_id, error.sentence, "error")
    _noted("webhook secret set", connection_id)
    return _back(connection_id, "The secret is set. A former one stays valid for a day.")


@pages.post("/rotate")
def rotate(connection_id: str, endpoint_id: str) -> str:
    """A new secret of ours, shown this once."""
    asked, one = here(), _own(connection_id, endpoint_id)
    secret = endpoints.rotate(asked.hub, asked.tenant_id, endpoint_id)
    _noted("webhook secret rotated", connection_id)
    return render_template(
        "secret_once.html",
        title=f"New secret for {one['title']}",
        secret=secret,
        say="Paste it at the vendor now; it is not shown again here. The former one stays valid "
        "for 24 hours, so nothing is refused meanwhile.",
        back=url_for("connection.page", connection_id=connection_id),
    )


@pages.post("/probe")
def probe(connection_id: str, endpoint_id: str) -> Response:
    """Call the public address as a stranger would: it must be reached, and must refuse."""
    one = _own(connection_id, endpoint_id)
    try:
        answer = requests.post(
            one["url"],
            data=b"{}",
            headers={"Content-Type": "application/json", "X-Hub-Test": "1"},
            timeout=PROBE_S,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        words = f"The address could not be reached from here ({type(error).__name__}): check "
        return _back(connection_id, words + "HUB_PUBLIC_URL, DNS and the proxy.", "error")
    if answer.status_code in GUARDED:
        words = (
            f"The address is reached, and refuses a test without signature ({answer.status_code})"
        )
        return _back(connection_id, f"{words} as it should. Now let the vendor send one.")
    words = f"The address answered {answer.status_code}, which is not this hub's answer: check "
    return _back(connection_id, words + "HUB_PUBLIC_URL and the proxy in front.", "error")


def _noted(what: str, connection_id: str) -> None:
    asked = here()
    asked.hub.catalogue.control.note(
        asked.tenant_id, asked.person.email, what, asked.now, connection=connection_id
    )


def _back(connection_id: str, words: str, kind: str = "message") -> Response:
    flash(words, kind)
    return redirect(url_for("connection.page", connection_id=connection_id))
