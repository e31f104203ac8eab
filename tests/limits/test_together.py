"""Real processes against a vendor that counts: not one call is refused, and none is starved."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from pathlib import Path

from hub.embedded import Services
from hub.sandbox import Sandbox, Window
from hub.settings import ROOT
from tests.limits.caller import calling

A_SECOND = 40
LONGEST_S = 3.0
"""A window, and what a machine that is busy with something else may add."""


def test_two_processes_share_an_account_and_the_vendor_refuses_nothing(
    services: Services, tmp_path: Path
) -> None:
    """A backfill in four threads, beside an incremental sync and a person who waits."""
    account = f"jira:{uuid.uuid4().hex}"
    with Sandbox(vendors=["jira"], accounts=2, data_dir=tmp_path) as sandbox:
        site = sandbox["jira"]
        site.quota.enforce([Window(A_SECOND, 1.0)])
        known = site.credentials()
        login = f"{known['settings']['email']}:{known['secrets']['token']}"
        given = [services.redis_url, account, f"{site.url}/rest/api/3/field", login, "30"]
        other = subprocess.Popen(
            [sys.executable, "-m", "tests.limits.caller", *given, "last", "last", "next"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        here = calling(*given, "last", "last", "first")
        there = json.loads(other.communicate(timeout=60)[0])
        assert site.quota.refused == 0
    assert (here["refused"], there["refused"]) == (0, 0)
    assert (len(here["last"]), len(there["last"])) == (60, 60)
    assert max(here["first"]) < LONGEST_S
