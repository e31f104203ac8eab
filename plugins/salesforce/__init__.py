"""Salesforce: accounts, contacts, opportunities, cases, activities and users of one org."""

from __future__ import annotations

from pathlib import Path

from hub.api import Connector, hookimpl
from plugins.salesforce.connection import FIELDS, check, describe, open
from plugins.salesforce.consent import OAUTH
from plugins.salesforce.conversions import CONVERSIONS
from plugins.salesforce.limits import LIMITS
from plugins.salesforce.streams import STREAMS
from plugins.salesforce.webhook import CALLOUTS, CHANGE_EVENTS, OUTBOUND
from plugins.salesforce.writing import WRITE_BACK

HERE = Path(__file__).parent

CONNECTOR = Connector(
    name="salesforce",
    title="Salesforce",
    source_kind="crm",
    fields=FIELDS,
    open=open,
    check=check,
    describe=describe,
    streams=STREAMS,
    webhooks=(OUTBOUND, CALLOUTS, CHANGE_EVENTS),
    mapping=HERE / "mapping.yaml",
    conversions=CONVERSIONS,
    readme=HERE / "README.md",
    limits=LIMITS,
    authoritative=True,
    oauth=OAUTH,
    write_back=WRITE_BACK,
)


@hookimpl
def register_connectors() -> list[Connector]:
    """The one connector of this folder."""
    return [CONNECTOR]
