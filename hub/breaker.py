"""A connection's circuit breaker, shared by all workers: closed, open, or open for one probe.

After so many failures in a row nobody calls for a while; then exactly one call goes through. Its
success closes the breaker, its failure opens it again for longer.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

BREAK_AFTER, BREAK_FOR_S, LONGEST_S = 5, 15.0, 900.0
IN_A_ROW_S = 60
"""Failures further apart than this are not in a row."""
PROBE_LIFE_S = 150
"""A probe whose process was killed makes room for another after this."""
KEEP_S = 3600

_SCRIPT = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000) + tonumber(ARGV[2])
local h = redis.call('HMGET', KEYS[1], 'failures', 'last', 'opened', 'til', 'probe')
local failures, last, opened = tonumber(h[1] or 0), tonumber(h[2] or 0), tonumber(h[3] or 0)
local til, probe = tonumber(h[4] or 0), tonumber(h[5] or 0)

if ARGV[1] == 'enter' then
  if opened == 0 then return {0, failures} end
  if til > now then return {til - now, failures} end
  if probe > now then return {math.max(1000, math.min(probe - now, 5000)), failures} end
  redis.call('HSET', KEYS[1], 'probe', now + ARGV[3])
  return {0, failures}
elseif ARGV[1] == 'let_go' then
  redis.call('HDEL', KEYS[1], 'probe')
elseif ARGV[1] == 'succeeded' then
  redis.call('DEL', KEYS[1])
elseif ARGV[1] == 'failed' then
  local probed = opened > 0 and probe > 0
  failures = (now - last > tonumber(ARGV[4]) and opened == 0) and 1 or failures + 1
  redis.call('HSET', KEYS[1], 'failures', failures, 'last', now)
  if probed or (opened == 0 and failures >= tonumber(ARGV[5])) then
    local rest = math.min(ARGV[6] * 2 ^ opened, tonumber(ARGV[7])) * ARGV[8]
    redis.call('HSET', KEYS[1], 'opened', opened + 1, 'til', math.floor(now + rest))
    redis.call('HDEL', KEYS[1], 'probe')
  end
  redis.call('EXPIRE', KEYS[1], ARGV[9])
elseif ARGV[1] == 'look' then
  return {opened, til > now and til - now or 0, probe > now and 1 or 0, failures}
end
return 0
"""


class Breaker:
    """The breaker of one connection. Without Redis it is always closed."""

    def __init__(
        self, redis: Redis | None, connection_id: str, offset_s: Callable[[], float] = float
    ) -> None:
        self._script = redis.register_script(_SCRIPT) if redis is not None else None
        self._key = f"hub:breaker:{connection_id}"
        self._offset_s = offset_s

    def enter(self) -> tuple[float, bool]:
        """Seconds to stay away (0: this call may go, perhaps as the probe); whether any failed."""
        wait_ms, failures = self._run("enter") or (0, 0)
        return wait_ms / 1000, failures > 0

    def let_go(self) -> None:
        """The call was not made: another may be the probe."""
        self._run("let_go")

    def succeeded(self) -> None:
        self._run("succeeded")

    def failed(self) -> None:
        self._run("failed")

    def look(self) -> dict[str, Any]:
        """{"state": closed|open|probing, "for_s": seconds until the next probe, "failures"}."""
        opened, for_ms, probing, failures = self._run("look") or (0, 0, 0, 0)
        state = "closed" if not opened else "open" if for_ms and not probing else "probing"
        return {"state": state, "for_s": for_ms / 1000, "failures": failures}

    def _run(self, step: str) -> Any:
        if self._script is None:
            return None
        args = (
            round(self._offset_s() * 1000),
            PROBE_LIFE_S * 1000,
            IN_A_ROW_S * 1000,
            BREAK_AFTER,
            BREAK_FOR_S * 1000,
            LONGEST_S * 1000,
            random.uniform(1, 1.3),
            KEEP_S,
        )
        try:
            return self._script(keys=[self._key], args=[step, *args])
        except RedisError:
            return None
