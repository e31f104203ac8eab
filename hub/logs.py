"""Structured logs: one JSON object a line, with tenant, connection and delivery, without secrets.

Bodies of deliveries and records are never logged; what looks like a secret is masked here once
more, because an exception's text can carry what nobody meant to log.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, Literal, TextIO

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

MASK = "•••"
_SECRET_KEY = re.compile(
    r"secret|token|authorization|passw|api_?key|cookie|credential|private|signature|master_key",
    re.IGNORECASE,
)
_BODY_KEY = re.compile(r"^(raw_)?(body|payload|record|raw)$", re.IGNORECASE)
_SECRET_TEXT = re.compile(
    r"(?i:bearer|basic)\s+[\w.~+/=-]{8,}"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"
    r"|[A-Za-z0-9_+/-]{40,}={0,2}"
)

bound = structlog.contextvars.bound_contextvars
"""`with bound(tenant=..., connection=..., delivery=...):` adds these to every line inside."""


def configure(
    level: str = "INFO", format: Literal["json", "console"] = "json", stream: TextIO | None = None
) -> None:
    """Set logging up for this process; the standard library's loggers write the same lines."""
    shared = _shared_processors()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_last(format)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("urllib3", "pymongo", "rq", "simple_salesforce", "hubspot", "jira"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level)))


def _shared_processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _last(format: str) -> list[Processor]:
    if format == "console":
        return [
            redact,
            structlog.dev.ConsoleRenderer(
                colors=False, exception_formatter=structlog.dev.plain_traceback
            ),
        ]
    return [structlog.processors.format_exc_info, redact, structlog.processors.JSONRenderer()]


def redact(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """A structlog processor: the same event with secrets and bodies masked, at any depth."""
    return {key: _masked(key, value) for key, value in event.items()}


def _masked(key: str, value: Any) -> Any:
    if is_secret(key) and value is not None and not isinstance(value, bool):
        return MASK
    if _BODY_KEY.match(key) or isinstance(value, bytes | bytearray):
        return f"<{len(value)} not logged>" if hasattr(value, "__len__") else MASK
    if isinstance(value, Mapping):
        return {str(k): _masked(str(k), v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked("", item) for item in value]
    return text(value) if isinstance(value, str) else value


def is_secret(key: str) -> bool:
    """Whether a field of this name holds what nobody may see."""
    return _SECRET_KEY.search(key) is not None


def text(value: str) -> str:
    """`value` with what looks like a credential masked."""
    return _SECRET_TEXT.sub(_mask_unless_path, value)


def _mask_unless_path(found: re.Match[str]) -> str:
    piece = found.group()
    is_path = piece.count("/") > len(piece) / 20 or not re.search(r"[0-9]", piece)
    return piece if is_path and " " not in piece and ":" not in piece else MASK
