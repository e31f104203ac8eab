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
        given = [services.redis_url, account, f"{site.url}/rest/api/3/field", login, "15"]
        callers = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.limits.caller", *given, *classes],
                cwd=ROOT, stdout=subprocess.PIPE, text=True,
            )
            for classes in (("last", "last", "first"), ("last", "last", "next"))
        ]  # fmt: skip
        told = [json.loads(caller.communicate(timeout=60)[0]) for caller in callers]
        assert site.quota.refused == 0
    assert [one["refused"] for one in told] == [0, 0]
    assert [len(one["last"]) for one in told] == [30, 30]
    assert max(told[0]["first"]) < LONGEST_S
