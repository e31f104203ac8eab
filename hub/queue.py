"""Doorbells: jobs that say "there is work", coalesced, and never the place where work is kept.

The inbox and the due marks in MongoDB are the truth. Redis may be emptied or be down at any
moment: ringing then fails silently, and the sweep rings again wherever work waits.
"""

from __future__ import annotations

import threading
import uuid
from typing import Any

import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from rq.timeouts import BaseTimeoutException as JobTimeout

__all__ = ["DRAIN", "SYNC", "Doorbell", "JobTimeout", "connect", "work"]

log = structlog.get_logger(__name__)

DRAIN, SYNC = "hub-drain", "hub-sync"
FLAG_LIFE_S = 30
JOB_TIMEOUT_S = 300
"""Ten times the deadline that a job keeps by itself: only a hung job meets it."""


def connect(url: str, *, timeout_s: float = 2) -> Redis:
    """A client that fails within its time-out; redis-py's default would wait for a minute."""
    return Redis.from_url(
        url,
        socket_timeout=timeout_s,
        socket_connect_timeout=min(timeout_s, 2),
        retry=Retry(NoBackoff(), 0),
    )


class Doorbell:
    """Rings for one kind of work of one tenant's connection."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._queues = {
            name: Queue(
                name, connection=redis, serializer=JSONSerializer, default_timeout=JOB_TIMEOUT_S
            )
            for name in (DRAIN, SYNC)
        }

    def ring_drain(self, tenant_id: str, connection_id: str) -> bool:
        return self._ring(DRAIN, "hub.jobs.drain", tenant_id, connection_id)

    def ring_settle(self, tenant_id: str) -> bool:
        return self._ring(DRAIN, "hub.jobs.settle", tenant_id)

    def ring_usage(self, tenant_id: str) -> bool:
        return self._ring(DRAIN, "hub.jobs.usage", tenant_id)

    def ring_sync(self, tenant_id: str, connection_id: str, stream: str) -> bool:
        return self._ring(SYNC, "hub.jobs.sync", tenant_id, connection_id, stream)

    def ring_remap(self, tenant_id: str, connection_id: str, object: str) -> bool:
        return self._ring(DRAIN, "hub.jobs.remap", tenant_id, connection_id, object)

    def ring_look(self, tenant_id: str, connection_id: str) -> bool:
        return self._ring(SYNC, "hub.jobs.look", tenant_id, connection_id)

    def ring_write_back(self, tenant_id: str, connection_id: str) -> bool:
        return self._ring(SYNC, "hub.jobs.write_back", tenant_id, connection_id)

    def ring_scorecards(self, tenant_id: str) -> bool:
        return self._ring(DRAIN, "hub.jobs.scorecards", tenant_id)

    def ring_tick(self, slot: int) -> bool:
        return self._ring(DRAIN, "hub.jobs.tick", str(slot))

    def lower(self, job: str, *args: str) -> None:
        """Say that a bell rung from now on means new work; called before the final look."""
        try:
            self._redis.delete(_flag(job, args))
        except RedisError:
            log.warning("doorbell_unreachable")

    def publish(self, tenant_id: str, event: str, data: str = "") -> None:
        """Tell open screens of this tenant that something moved."""
        try:
            self._redis.publish(f"hub:live:{tenant_id}", f"{event}\n{data}")
        except RedisError:
            log.debug("live_unreachable")

    def _ring(self, queue: str, job: str, *args: str) -> bool:
        """True when a job was put on the queue or one is already waiting."""
        try:
            if self._redis.set(_flag(job, args), "1", nx=True, ex=FLAG_LIFE_S):
                self._enqueue(queue, job, args)
        except RedisError:
            log.warning("doorbell_unreachable", job=job)
            return False
        return True

    def _enqueue(self, queue: str, job: str, args: tuple[str, ...]) -> None:
        try:
            self._queues[queue].enqueue(
                job, *args, job_id=uuid.uuid4().hex, result_ttl=0, failure_ttl=3600
            )
        except RedisError:
            self._redis.delete(_flag(job, args))
            raise


def _flag(job: str, args: tuple[str, ...]) -> str:
    return ":".join(("hub:bell", job.rsplit(".", 1)[1], *args))


def _answers(redis: Redis) -> bool:
    try:
        return bool(redis.ping())
    except RedisError as error:
        log.warning("redis_awaited", error=type(error).__name__)
        return False


def work(redis: Redis, queues: list[str], *, burst: bool = False, **options: Any) -> None:
    """Run jobs in this process until told to stop; a job under way is finished first."""
    while not _answers(redis):
        threading.Event().wait(1)
    worker = SimpleWorker(queues, connection=redis, serializer=JSONSerializer, **options)
    worker.work(burst=burst, logging_level="WARNING", with_scheduler=False)
