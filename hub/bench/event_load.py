"""The load of events as a process: `python -m hub.bench.event_load` reads a job as JSON, sends it,
and prints a result. A target is [write key, events in a batch].
"""

from __future__ import annotations

import base64
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime

from hub.bench.load import Job, Sender

PEOPLE, GROUPS = 5_000, 200
NAMES = ("Report Exported", "Dashboard Viewed", "Invoice Sent", "User Invited", "Search Done")
NUMBER = "0123456789"
"""Stands in the template of a batch where its number goes."""
EVENT = (
    '{"integrations":{},"anonymousId":null,"properties":{"format":"csv","rows":%d,"plan":"pro",'
    '"feature":"reports","duration_ms":%d},"timestamp":"%s","context":{"groupId":"group-%d",'
    '"library":{"name":"analytics-python","version":"2.4.0"}},"userId":"user-%d","type":"track",'
    '"event":"%s","messageId":"%s"}'
)


def template(job: Job) -> bytes:
    """A request with a batch of events; made once, so that sending costs next to nothing."""
    key, size = job.targets[0]
    now = datetime.now(UTC).isoformat()
    some = ",".join(_event(job, n, now) for n in range(int(size)))
    body = f'{{"batch":[{some}],"sentAt":"{now}","writeKey":"{key}"}}'.encode()
    who = base64.b64encode(f"{key}:".encode()).decode()
    head = (
        "POST /v1/batch HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Basic {who}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _event(job: Job, place: int, now: str) -> str:
    values = (place, place * 31, now, place % GROUPS, place % PEOPLE)
    message = f"{job.seed:08d}-{NUMBER}-{place:04d}-5f0adeff21"
    return EVENT % (*values, NAMES[place % len(NAMES)], message)


def main() -> None:
    job = Job(**json.loads(sys.stdin.readline()))
    batch, place = template(job), NUMBER.encode()
    result = Sender(job, lambda number: batch.replace(place, b"%010d" % number)).run()
    print(json.dumps(asdict(result)), flush=True)


if __name__ == "__main__":
    main()
