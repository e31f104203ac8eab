"""The operator's settings: from the environment (`HUB_*`) or a file of such lines, read once."""

from __future__ import annotations

import base64
import binascii
import difflib
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from hub.errors import CorrectInput

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / ".hub" / "data" if (ROOT / "setup.cfg").is_file() else Path.home() / ".hub"
"""A checkout keeps its data in itself; an installed hub has no business among the packages."""
MASTER_KEY_BYTES = 96
RUNNING, MASTER_KEY = "running.json", "master.key"
OTHER_NAMES = (
    "HUB_SETTINGS_FILE",
    "HUB_MONGOD",
    "HUB_REDIS_SERVER",
    "HUB_CHROMIUM",
    "HUB_VENDOR_SPECS",
    "HUB_CRASH_AT",
    "HUB_FREEZE_AT",
)


class Settings(BaseSettings):
    """Everything an operator may set. Environment names are `HUB_` and the upper-case name."""

    model_config = SettingsConfigDict(
        env_prefix="HUB_",
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
    )

    mongodb_uri: str = Field("", description="MongoDB (a replica set); empty: embedded")
    redis_url: str = Field("", description="Redis; empty: embedded")
    data_dir: Path = Field(DATA, description="embedded stores, logs, keys")
    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8080, ge=1, le=65535, description="port to listen on")
    public_url: str = Field("", description="the base URL by which vendors and people reach us")
    trusted_proxies: int = Field(0, ge=0, description="reverse proxies in front of us")
    master_key: SecretStr = Field(SecretStr(""), description="96 random bytes in base64")
    master_key_previous: SecretStr = Field(
        SecretStr(""), description="the former master key, while it is replaced"
    )
    session_secret: SecretStr = Field(SecretStr(""), description="signs sessions; default: derived")
    workers: int = Field(2, ge=1, le=64, description="worker processes")
    web_workers: int = Field(2, ge=1, le=64, description="web processes")
    body_limit: int = Field(
        8 * 1024 * 1024, ge=1024, description="bytes a delivery may have; most webhooks allow less"
    )
    connection_rate: int = Field(2000, ge=1, description="deliveries a second and connection")
    connection_backlog: int = Field(1_000_000, ge=1, description="deliveries waiting a connection")
    admission_max_age_ms: int = Field(2000, ge=1, description="age of the oldest commit waiting")
    admission_max_queue: int = Field(5000, ge=1, description="deliveries waiting for a commit")
    disk_free_min: int = Field(
        256 * 1024 * 1024, ge=0, description="bytes; below it nothing is taken"
    )
    retention_days: int = Field(30, ge=1, description="raw deliveries are kept so long")
    usage_retention_days: int = Field(
        400, ge=1, description="raw usage events are kept so long, where a tenant says nothing else"
    )
    usage_rate: int = Field(5000, ge=1, description="events a second of a new write key")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="log from here on"
    )
    log_format: Literal["json", "console"] = Field("json", description="shape of log lines")
    mongodb_cache_gb: float = Field(0.5, ge=0.25, description="cache of the embedded MongoDB")
    apps: dict[str, dict[str, SecretStr]] = Field(
        default_factory=dict, description="an app's own credentials, by connector"
    )
    sandbox_ca: str = Field("", description="CA file of sandbox vendors, for loopback only")
    loopback_limits: bool = Field(
        False, description="hold the vendors' published limits also against vendors on this machine"
    )
    connectors_path: str = Field("", description="a folder with further connectors")

    @field_validator("master_key", "master_key_previous")
    @classmethod
    def _is_a_key(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value().strip()
        if text and not is_master_key(text):
            raise ValueError(
                "must be 96 bytes in base64 (`head -c 96 /dev/urandom | base64 -w0` makes one)"
            )
        return SecretStr(text)

    @field_validator("public_url")
    @classmethod
    def _is_a_base(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return _as_listed(value.rstrip("/")) if value else ""

    def masked(self) -> dict[str, Any]:
        """Every setting as text for people; a secret shows only whether it is set."""
        return {name: _shown(getattr(self, name)) for name in type(self).model_fields}

    def environment(self) -> dict[str, str]:
        """These settings as `HUB_*` variables, for a child process."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {f"HUB_{name.upper()}": _plain(value) for name, value in values.items()}


def load_settings(*, need_stores: bool = False, join: bool = True, **given: Any) -> Settings:
    """Read the settings; `given` (from the command line) wins over the environment over the file.

    With `join`, what is not set is filled from a hub that runs in the data folder: its stores and
    port. Raises CorrectInput naming the setting; with `need_stores`, also when none are known.
    """
    settings = _read({name: value for name, value in given.items() if value is not None})
    settings = complete(settings, running(settings.data_dir) if join else {})
    if need_stores and not (settings.mongodb_uri and settings.redis_url):
        raise CorrectInput(
            f"No stores are known: start `hub up` in {settings.data_dir}, or set HUB_MONGODB_URI "
            "and HUB_REDIS_URL.",
            field="mongodb_uri",
        )
    return settings


def unknown_names(env: Mapping[str, str] | None = None) -> list[tuple[str, str]]:
    """`HUB_*` variables that mean nothing, each with the nearest name that does (or "")."""
    env = os.environ if env is None else env
    known = [*(f"HUB_{name.upper()}" for name in Settings.model_fields), *OTHER_NAMES]
    strange = [n for n in env if n.startswith("HUB_") and n.split("__")[0] not in known]
    return [(n, next(iter(difflib.get_close_matches(n, known, 1)), "")) for n in sorted(strange)]


def is_master_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == MASTER_KEY_BYTES
    except (binascii.Error, ValueError):
        return False


def ensure_master_key(data_dir: Path) -> None:
    """Make the embedded stores' master key once; raises CorrectInput if it was lost."""
    path = data_dir / MASTER_KEY
    if path.exists():
        return
    if (data_dir / "mongodb" / "WiredTiger").exists():
        raise CorrectInput(
            f"{path} is missing, and without it the stored secrets cannot be read: restore it, "
            "or start with another --data-dir.",
            field="master_key",
        )
    data_dir.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(base64.b64encode(os.urandom(MASTER_KEY_BYTES)))


def running(data_dir: Path) -> dict[str, Any]:
    """What the hub that runs (or last ran) in this folder wrote about itself; {} if none did."""
    try:
        return dict(json.loads((data_dir / RUNNING).read_text()))
    except (OSError, ValueError):
        return {}


def _read(given: Mapping[str, Any]) -> Settings:
    file = os.environ.get("HUB_SETTINGS_FILE")
    if file and not Path(file).is_file():
        raise CorrectInput(f"HUB_SETTINGS_FILE={file} is not a file.", field="settings_file")
    try:
        return Settings(_env_file=file, **given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise CorrectInput(f"The setting {name}: {first['msg']}.", field=name) from None
    except SettingsError as error:
        raise CorrectInput(f"The settings cannot be read: {error}.", field="settings") from None


def complete(settings: Settings, now: Mapping[str, Any]) -> Settings:
    """What was left open: stores and port from a hub that runs now, keys from the data folder."""
    key = settings.master_key.get_secret_value() or _kept_key(settings.data_dir)
    session = settings.session_secret.get_secret_value() or _derived(key, b"hub-session")
    port = (
        settings.port if "port" in settings.model_fields_set else now.get("port") or settings.port
    )
    found = {
        "port": port,
        "mongodb_uri": settings.mongodb_uri or now.get("mongodb_uri", ""),
        "redis_url": settings.redis_url or now.get("redis_url", ""),
        "master_key": SecretStr(key),
        "session_secret": SecretStr(session),
        "public_url": settings.public_url or f"http://{settings.host}:{port}",
    }
    return settings.model_copy(update=found)


def _kept_key(data_dir: Path) -> str:
    try:
        return (data_dir / MASTER_KEY).read_text().strip()
    except OSError:
        return ""


def _derived(key: str, purpose: bytes) -> str:
    if not key:
        return ""
    return hashlib.blake2b(purpose, key=hashlib.sha256(key.encode()).digest()).hexdigest()


def _shown(value: Any) -> str:
    if isinstance(value, SecretStr):
        return "set" if value.get_secret_value() else "not set"
    if isinstance(value, dict):
        return ", ".join(f"{k} ({', '.join(sorted(v))})" for k, v in sorted(value.items()))
    return _without_password(str(value))


def _without_password(text: str) -> str:
    head, at, tail = text.rpartition("@")
    return f"{head.split('://')[0]}://•••@{tail}" if at and "://" in head else text


def _as_listed(url: str) -> str:
    """As vendors list an address that they were given: theirs are compared with ours."""
    parts = urlsplit(url)
    port = {"http": ":80", "https": ":443"}[parts.scheme]
    return urlunsplit((parts.scheme, parts.netloc.lower().removesuffix(port), parts.path, "", ""))


def _plain(value: Any) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, dict):
        return json.dumps({k: {n: _plain(s) for n, s in v.items()} for k, v in value.items()})
    return str(value)
