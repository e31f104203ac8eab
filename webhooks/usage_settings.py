"""What analytics.js and the mobile SDKs ask for when they start: where to send, and nothing else.

They then need one address changed, that of these settings.
"""

from __future__ import annotations

import json
import re

from hub import endpoints
from hub.api import Reply
from hub.bootstrap import Hub

_PATH = re.compile(r"/v1/projects/([^/]+)/settings")


def key_in(path: str) -> str:
    """The write key of an address of settings; "" for any other address."""
    found = _PATH.fullmatch(path)
    return found.group(1) if found else ""


def settings(hub: Hub, key: str) -> Reply:
    """In the words of those SDKs: no other destination, no plan, no measuring of the SDK itself."""
    protocol, _, host = endpoints.base(hub).partition("://")
    ours = {"apiKey": key, "apiHost": f"{host}/v1", "protocol": protocol}
    said = {
        "integrations": {"Segment.io": ours},
        "plan": {},
        "edgeFunction": {},
        "middlewareSettings": {},
        "enabledMiddleware": {},
        "metrics": {"sampleRate": 0},
        "legacyVideoPluginsEnabled": False,
        "remotePlugins": [],
        "analyticsNextEnabled": True,
    }
    headers = {"Cache-Control": "public, max-age=300"}
    return Reply(200, json.dumps(said).encode(), "application/json", headers)
