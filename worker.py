"""The worker process: answers the doorbells of draining, settling and syncing.

`python worker.py [--queues drain,sync] [--burst]`
"""

from __future__ import annotations

import argparse

from hub import bootstrap, jobs, logs, queue
from hub.settings import load_settings

QUEUES = {"drain": queue.DRAIN, "sync": queue.SYNC}


def main() -> None:
    """Everything is imported and connected lazily here, once, and not anew in every job."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queues", default="drain,sync", help="in order of preference")
    parser.add_argument("--burst", action="store_true", help="end when the queues are empty")
    options = parser.parse_args()
    settings = load_settings()
    logs.configure(settings.log_level, settings.log_format)
    jobs.use(bootstrap.build(settings))
    names = [QUEUES[name] for name in options.queues.split(",")]
    queue.work(queue.connect(settings.redis_url, timeout_s=420), names, burst=options.burst)


if __name__ == "__main__":
    main()
