"""Logs: one JSON object a line, with context, and without secrets wherever they hide."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from hub import logs

BEARER = "Bearer abcdEFGH12345678"


@pytest.fixture
def lines() -> Iterator[Any]:
    root = logging.getLogger()
    before, config = (root.handlers[:], root.level), structlog.get_config()
    stream = io.StringIO()
    logs.configure("INFO", "json", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:], level = before
    root.setLevel(level)
    structlog.configure(**config)


def test_context_is_on_every_line_inside_and_none_outside(lines: Any) -> None:
    log = structlog.get_logger("t")
    with logs.bound(tenant="t1", connection="c1", delivery="d1"):
        log.info("received", size=3)
        logging.getLogger("library").warning("slow %s", "answer")
    log.info("after")
    inside, library, after = lines()
    assert inside["event"] == "received"
    assert inside["size"] == 3
    assert inside["timestamp"].endswith("Z")
    assert (library["event"], library["level"], library["tenant"]) == (
        "slow answer",
        "warning",
        "t1",
    )
    assert (inside["tenant"], inside["connection"], inside["delivery"]) == ("t1", "c1", "d1")
    assert "tenant" not in after


@pytest.mark.parametrize(
    "key", ["secret", "client_secret", "access_token", "Authorization", "password", "api_key"]
)
def test_a_secret_is_masked_by_its_name_at_any_depth(lines: Any, key: str) -> None:
    structlog.get_logger("t").info("x", **{key: "hunter2"}, deep=[{"headers": {key: "hunter2"}}])
    (line,) = lines()
    assert line[key] == "•••"
    assert "hunter2" not in json.dumps(line)


def test_bodies_are_not_logged(lines: Any) -> None:
    structlog.get_logger("t").info("x", body={"email": "ada@example.com"}, other=b"ada@example.com")
    assert "ada" not in json.dumps(lines())


def test_what_looks_like_a_credential_is_masked_in_text_and_tracebacks(lines: Any) -> None:
    uri = "mongodb://me:pa55word@db.example/"
    try:
        raise ValueError(f"cannot reach {uri} with {BEARER}")
    except ValueError:
        structlog.get_logger("t").exception("failed")
    (line,) = lines()
    assert "pa55word" not in json.dumps(line)
    assert "abcdEFGH12345678" not in json.dumps(line)
    assert "db.example" in line["exception"]
    assert __file__ in line["exception"]


@given(st.binary(min_size=33, max_size=96).map(lambda raw: raw.hex() + "A1"))
def test_a_long_key_is_masked_in_any_text(key: str) -> None:
    assert logs.text(f"the key {key}, again") == "the key •••, again"


def test_ids_and_paths_stay_readable() -> None:
    for plain in (
        "0a1b2c3d-0a1b-4c3d-8e9f-0a1b2c3d4e5f",
        "/srv/hub1/releases/2026/hub/store/tenant",
    ):
        assert logs.text(plain) == plain
