"""What stands around every page: the tenant's name and what waits for a person."""

from __future__ import annotations

from flask import Flask

from hub.web.screens import lists
from hub.web.screens.here import here

MOST = 99
"""Counting stops here: beyond it the exact number tells nobody what to do."""


def install(app: Flask) -> None:
    app.jinja_env.globals.update(
        with_args=lists.with_args,
        waiting=waiting,
        reviews_waiting=reviews_waiting,
        tenant_name=tenant_name,
        now_ms=now_ms,
    )


def waiting() -> int:
    """Records in quarantine, up to `MOST`."""
    return here().store.quarantine.count({"state": "open"}, limit=MOST)


def reviews_waiting() -> int:
    """What waits for a person's word on identity, up to `MOST`."""
    return here().store.reviews.count({"state": "open"}, limit=MOST)


def tenant_name() -> str:
    asked = here()
    return str(asked.hub.catalogue.control.tenant(asked.tenant_id)["name"])


def now_ms() -> int:
    """The tenant's time in milliseconds, which the page's own clock follows."""
    return int(here().now.timestamp() * 1000)
