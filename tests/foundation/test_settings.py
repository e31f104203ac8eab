"""Settings: where they come from, which wins, and what a wrong one is told."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest

from hub.embedded import note
from hub.errors import CorrectInput
from hub.settings import ensure_master_key, load_settings, unknown_names

KEY = base64.b64encode(bytes(range(96))).decode()


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path))


@pytest.mark.parametrize(
    ("given", "listed"),
    [
        ("https://Hub.Example.com:443/", "https://hub.example.com"),
        ("http://hub.example.com:80/In/", "http://hub.example.com/In"),
        ("https://hub.example.com:8443", "https://hub.example.com:8443"),
    ],
)
def test_the_public_address_is_written_as_vendors_list_it(given: str, listed: str) -> None:
    """Else a subscription of ours would be taken for one that points elsewhere, and removed."""
    assert load_settings(join=False, public_url=given).public_url == listed


def test_the_command_line_beats_the_environment_beats_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "hub.env"
    file.write_text("# ours\nHUB_PORT=1001\nHUB_WORKERS=11\nHUB_WEB_WORKERS=12\n")
    monkeypatch.setenv("HUB_SETTINGS_FILE", str(file))
    monkeypatch.setenv("HUB_PORT", "1002")
    monkeypatch.setenv("HUB_WORKERS", "21")
    settings = load_settings(port=1003)
    assert (settings.port, settings.workers, settings.web_workers) == (1003, 21, 12)


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [
        ("HUB_PORT", "http", "port"),
        ("HUB_PORT", "70000", "port"),
        ("HUB_PUBLIC_URL", "hub.example.com", "public_url"),
        ("HUB_MASTER_KEY", "c2hvcnQ=", "master_key"),
        ("HUB_MASTER_KEY", "not base64!", "master_key"),
        ("HUB_LOG_LEVEL", "LOUD", "log_level"),
    ],
)
def test_a_wrong_value_is_refused_by_name_and_never_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, field: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(CorrectInput) as refused:
        load_settings()
    assert refused.value.field == field
    assert field in refused.value.sentence
    if field == "master_key":
        assert value not in refused.value.sentence


def test_a_file_with_a_name_that_means_nothing_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hub.env").write_text("HUB_PROT=1001\n")
    monkeypatch.setenv("HUB_SETTINGS_FILE", str(tmp_path / "hub.env"))
    with pytest.raises(CorrectInput, match="prot"):
        load_settings()


def test_a_missing_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_SETTINGS_FILE", str(tmp_path / "absent"))
    with pytest.raises(CorrectInput, match="absent"):
        load_settings()


def test_an_apps_credentials_come_as_json_or_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_APPS", '{"hubspot": {"client_id": "abc"}}')
    monkeypatch.setenv("HUB_APPS__HUBSPOT__APP_SECRET", "s3cret")
    apps = load_settings().apps
    found = {key: value.get_secret_value() for key, value in apps["hubspot"].items()}
    assert found == {"client_id": "abc", "app_secret": "s3cret"}


def test_masked_settings_hold_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_MASTER_KEY", KEY)
    monkeypatch.setenv("HUB_APPS", '{"hubspot": {"app_secret": "s3cret"}}')
    monkeypatch.setenv("HUB_MONGODB_URI", "mongodb://me:pa55word@db.example:27017/?replicaSet=r")
    shown = load_settings().masked()
    text = repr(shown) + repr(load_settings())
    assert shown["master_key"] == "set"
    assert shown["apps"] == "hubspot (app_secret)"
    assert shown["mongodb_uri"] == "mongodb://•••@db.example:27017/?replicaSet=r"
    assert not [secret for secret in (KEY, "s3cret") if secret in text]
    assert "pa55word" not in repr(shown)


def test_the_embedded_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    ensure_master_key(tmp_path)
    first = load_settings().master_key.get_secret_value()
    ensure_master_key(tmp_path)
    assert load_settings().master_key.get_secret_value() == first
    assert len(base64.b64decode(first)) == 96
    assert stat.S_IMODE((tmp_path / "master.key").stat().st_mode) == 0o600


def test_sessions_are_signed_with_what_only_the_key_gives(tmp_path: Path) -> None:
    assert load_settings().session_secret.get_secret_value() == ""
    ensure_master_key(tmp_path)
    derived = load_settings().session_secret.get_secret_value()
    assert len(derived) == 128
    (tmp_path / "master.key").write_text(KEY)
    assert load_settings().session_secret.get_secret_value() not in ("", derived)


def test_a_command_joins_the_hub_that_runs_in_the_folder(tmp_path: Path) -> None:
    with pytest.raises(CorrectInput, match="hub up"):
        load_settings(need_stores=True)
    note(tmp_path, mongodb_uri="mongodb://127.0.0.1:5/", redis_url="redis://127.0.0.1:6/0", port=7)
    joined = load_settings(need_stores=True)
    assert (joined.mongodb_uri, joined.redis_url) == (
        "mongodb://127.0.0.1:5/",
        "redis://127.0.0.1:6/0",
    )
    assert (joined.port, joined.public_url) == (7, "http://127.0.0.1:7")
    alone = load_settings(join=False)
    assert (alone.mongodb_uri, alone.port) == ("", 8080)


def test_what_a_child_gets_reads_back_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_MASTER_KEY", KEY)
    monkeypatch.setenv("HUB_APPS", '{"hubspot": {"app_secret": "s3cret"}}')
    settings = load_settings(port=1234)
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    assert load_settings().environment() == settings.environment()


def test_a_variable_that_means_nothing_is_told_with_the_nearest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HUB_WORKRES", "3")
    monkeypatch.setenv("HUB_MONGOD", "/bin/true")
    assert unknown_names() == [("HUB_WORKRES", "HUB_WORKERS")]
