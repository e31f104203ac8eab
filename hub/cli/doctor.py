"""`hub doctor`: the settings in force, and whether what they name answers."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from typing import Any

import click

from hub.cli.output import Exit, emit, json_option
from hub.settings import Settings, is_master_key, load_settings, unknown_names

MIB = 1024 * 1024


@click.command()
@json_option
def command(as_json: bool) -> None:
    """Show the settings, secrets masked, and check what they name; exit code 1 if a check fails."""
    settings = load_settings()
    checks = [_checked(name, check, settings) for name, check in CHECKS.items()]
    if as_json:
        emit({"settings": settings.masked(), "checks": checks}, as_json=True)
    else:
        emit(settings.masked(), as_json=False)
        click.echo()
        emit(checks, as_json=False, columns=("check", "ok", "says"))
    sys.exit(Exit.DONE if all(check["ok"] for check in checks) else Exit.FAILED)


def _checked(name: str, check: Callable[[Settings], str], settings: Settings) -> dict[str, Any]:
    try:
        return {"check": name, "ok": True, "says": check(settings)}
    except Exception as error:
        says = " ".join(str(error).split())[:200] or type(error).__name__
        return {"check": name, "ok": False, "says": says}


def _python(settings: Settings) -> str:
    return sys.version.split()[0]


def _names(settings: Settings) -> str:
    strange = unknown_names()
    if strange:
        hints = [f"{name} (did you mean {near}?)" if near else name for name, near in strange]
        raise ValueError(f"these mean nothing: {', '.join(hints)}")
    return "every HUB_ variable is known"


def _mongodb(settings: Settings) -> str:
    from hub.store.client import connect

    if not settings.mongodb_uri:
        return "embedded, started by `hub up`"
    with connect(settings.mongodb_uri, timeout_ms=3000) as client:
        if not client.admin.command("hello").get("setName"):
            raise ValueError("MongoDB runs, but not as a replica set, so it has no transactions")
        return f"MongoDB {client.server_info()['version']}, a replica set"


def _redis(settings: Settings) -> str:
    from hub import queue

    if not settings.redis_url:
        return "embedded, started by `hub up`"
    client = queue.connect(settings.redis_url)
    try:
        facts: Any = client.info("server")
        return f"Redis {facts['redis_version']}"
    finally:
        client.close()


def _programs(settings: Settings) -> str:
    from hub import binaries

    if settings.mongodb_uri and settings.redis_url:
        return "not needed: the stores are given"
    program, _ = binaries.mongod(settings.data_dir / "lib")
    return f"{program}, {binaries.redis_server()}"


def _key(settings: Settings) -> str:
    key = settings.master_key.get_secret_value()
    if not key and not settings.mongodb_uri:
        return "made at the first `hub up`"
    if not is_master_key(key):
        raise ValueError("there is no master key: set HUB_MASTER_KEY to 96 bytes in base64")
    return "96 bytes"


def _disk(settings: Settings) -> str:
    folder = next(p for p in (settings.data_dir, *settings.data_dir.parents) if p.exists())
    free = shutil.disk_usage(folder).free
    if free < settings.disk_free_min:
        raise ValueError(f"{free // MIB} MiB free: deliveries are refused until there is more")
    return f"{free // MIB} MiB free"


CHECKS: dict[str, Callable[[Settings], str]] = {
    "python": _python,
    "variables": _names,
    "programs": _programs,
    "mongodb": _mongodb,
    "redis": _redis,
    "master key": _key,
    "disk": _disk,
}
