"""Sends one of each call and a crowd of tracks with a Python SDK: MODULE HOST KEY GZIP."""

from __future__ import annotations

import importlib
import sys
from datetime import UTC, datetime, timedelta

CROWD = 230
START = datetime(2026, 1, 5, 10, tzinfo=UTC)


def main() -> int:
    module, host, key, packed = sys.argv[1:]
    troubles: list[object] = []
    client = importlib.import_module(f"{module}.client").Client(
        key, host=host, gzip=packed == "gzip", on_error=lambda error, items: troubles.append(error)
    )
    at = {"timestamp": START}
    client.identify("u-81", {"email": "ana@acme.test", "name": "Ana Ruiz ✓"}, **at)
    client.group("u-81", "acme", {"name": "Acme GmbH", "employees": 240}, **at)
    client.page("u-81", "Docs", "Home", {"path": "/docs"}, **at)
    client.screen("u-81", "App", "Start", {"dark": True}, **at)
    client.alias("anonymous-7", "u-81", **at)
    for n in range(CROWD):
        client.track(
            1000 + n,  # A number: SDKs make a text of it.
            "Report Exported",
            {"n": n, "note": "Grüße"},
            context={"groupId": f"group-{n % 3}"},
            timestamp=START + timedelta(hours=n),
        )
    client.flush()
    client.join()
    print(troubles or "sent")
    return 1 if troubles else 0


if __name__ == "__main__":
    raise SystemExit(main())
