"""Connectors as they are shown: what each asks for and offers, and which plugins failed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from hub.api import Connector, Webhook
from hub.conform import report
from hub.plugin_host import PluginHost
from hub.store.client import Doc


def everything(host: PluginHost) -> Doc:
    """{"items": [connector], "failed": [{"name", "origin", "reason"}]}, by name."""
    items = [one(host, name) for name in sorted(host.connectors)]
    failed = [
        {"name": p.name, "origin": p.origin, "reason": p.reason} for p in host.report if p.reason
    ]
    return {"items": items, "failed": failed}


def one(host: PluginHost, name: str) -> Doc:
    """Raises NotFound, with the reason where the plugin failed to load."""
    connector = host.connector(name)
    quality = report.read(connector.mapping.parent)
    origin = next((p.origin for p in host.report if name in p.connectors), "")
    return {
        "name": connector.name,
        "title": connector.title,
        "source_kind": connector.source_kind,
        "origin": origin,
        "authoritative": connector.authoritative,
        "requires_hub": connector.requires_hub,
        "grade": quality["grade"],
        "quality": quality,
        "fields": [asdict(field) for field in connector.fields],
        "streams": _streams(connector),
        "webhooks": [_webhook(webhook) for webhook in connector.webhooks],
    }


def _streams(connector: Connector) -> list[dict[str, Any]]:
    names = ("name", "object", "entity", "interval_s", "deletes")
    return [{name: getattr(stream, name) for name in names} for stream in connector.streams]


def _webhook(webhook: Webhook) -> dict[str, Any]:
    return {
        "name": webhook.name,
        "title": webhook.title,
        "scope": webhook.scope,
        "secret_by": webhook.secret,
        "registers": webhook.register is not None,
        "setup": webhook.setup,
    }
