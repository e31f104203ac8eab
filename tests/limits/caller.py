"""Calls a vendor from several threads, each in its class; also as a process of its own.

python -m tests.limits.caller REDIS ACCOUNT URL USER:TOKEN CALLS CLASS... prints what `calling`
returns, as JSON.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any

from hub import queue
from hub.api.limits import Purpose
from hub.budget import Budget
from hub.errors import RetryLater
from hub.http import VendorHttp
from plugins.jira.limits import LIMITS


def calling(
    redis_url: str, account: str, url: str, login: str, calls: str, *classes: str
) -> dict[str, Any]:
    """{class: [seconds from asking to answer of each call], "refused": calls by the vendor}."""
    redis = queue.connect(redis_url)
    user, _, token = login.partition(":")
    told: dict[str, Any] = {"refused": 0, "first": [], "next": [], "last": []}

    def work(purpose: Purpose) -> None:
        http = VendorHttp(redis, account, "", Budget(redis, account, LIMITS, purpose=purpose))
        done, asked = 0, monotonic()
        while done < int(calls):
            try:
                http.session.get(url, auth=(user, token))
            except RetryLater as error:
                told["refused"] += error.reason != "budget"
                continue
            told[purpose].append(round(monotonic() - asked, 3))
            done, asked = done + 1, monotonic()

    with ThreadPoolExecutor(len(classes)) as threads:
        list(threads.map(work, classes))
    redis.close()
    return told


if __name__ == "__main__":
    print(json.dumps(calling(*sys.argv[1:])))
